"""A cache of decoded pictures, so that a folder is decoded once, until one of its files changes."""

import hashlib
import json
import os
import pathlib
from collections.abc import Sequence

import PIL
from PIL import Image, ImageFile

from tfmix import cache
from tfmix.data import decoding
from tfmix.data.decoding import Pictures

_FORMAT = 2  # raised whenever what is kept, or how it is decoded, changes
_LEAST = 100  # pictures; fewer are decoded fast enough without a cache


def pictures(
    folder: pathlib.Path,
    names: Sequence[str],
    image_size: int,
    channels: int,
    data_dir: str | os.PathLike | None,
) -> Pictures:
    """Decodes the pictures of a folder as `decoding.decode` does, or reads them from the cache.

    Folders of at least 100 pictures are cached, in a file `FOLDER_<hash>.npz` of N * H * W * C
    bytes for each folder, `image_size` and `channels`, which may be deleted at any time. It is
    written again when a picture was added, removed or changed (by its size or time of change), by
    another version of Pillow, and where it is damaged; see `tfmix.cache`. The folder of the cache
    is `data_dir`; None: `tfmix/folders` in XDG_CACHE_HOME or in ~/.cache.

    Raises:
        ValueError: As in `decode`.
        OSError: A file has been removed since it was named.
    """
    if len(names) < _LEAST:
        return decoding.decode(folder, names, image_size, channels)
    path = _directory(data_dir) / _name(folder, image_size, channels)
    # Computed before decoding, so that a file which changes meanwhile is noticed the next time.
    fingerprint = _fingerprint(folder, names, image_size, channels)
    arrays = cache.load(path, fingerprint)
    if arrays is not None:
        about = json.loads(str(arrays["about"]))
        return Pictures(arrays["images"], tuple(about["files"]), about["unreadable"])
    found = decoding.decode(folder, names, image_size, channels)
    if found.repeatable:
        about = json.dumps({"files": found.files, "unreadable": found.unreadable})
        cache.save(path, fingerprint, {"about": about, "images": found.images})
    return found


def _directory(data_dir: str | os.PathLike | None) -> pathlib.Path:
    if data_dir is not None:
        return pathlib.Path(os.path.expanduser(data_dir))
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(os.path.expanduser(caches)) / "tfmix" / "folders"


def _name(folder: pathlib.Path, image_size: int, channels: int) -> str:
    folder = folder.resolve()
    of = hashlib.sha256(json.dumps([str(folder), int(image_size), int(channels)]).encode())
    return f"{folder.name[:40]}_{of.hexdigest()[:16]}.npz"


def _fingerprint(folder: pathlib.Path, names: Sequence[str], image_size: int, channels: int) -> str:
    """A hash of everything that decides what is decoded."""
    found = [(name, os.stat(folder / name)) for name in names]
    decided = [
        [_FORMAT, PIL.__version__, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES],
        [int(image_size), int(channels)],
        [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found],
    ]
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()
