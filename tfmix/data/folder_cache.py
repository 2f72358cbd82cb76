"""Decodes the pictures of a folder once, and keeps what came of it until a file changes."""

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
    """Decodes the pictures of a folder, or reads what was decoded before.

    From 100 pictures on, what came of them is kept in `FOLDER_<hash>.npz`, one file for each
    folder, `image_size` and `channels`: N * H * W * C bytes, there whole or not at all, which may
    be deleted at any time. It is made again when a picture is added, removed or changed (as sizes
    and times of change tell), by another version of Pillow, and, with a warning, where it is
    damaged. Where it cannot be written, a warning says so.

    Args:
        folder: As of `tfmix.data.decoding.decode`.
        names: As of `decode`.
        image_size: As of `decode`.
        channels: As of `decode`.
        data_dir: Where it is kept; None: tfmix/folders in XDG_CACHE_HOME, or else in ~/.cache.

    Returns:
        The same whether it was kept or not.

    Raises:
        ValueError: As of `decode`.
        OSError: A file has gone since it was named.
    """
    if len(names) < _LEAST:
        return decoding.decode(folder, names, image_size, channels)
    path = _place(data_dir) / _name(folder, image_size, channels)
    # Taken before decoding, so that a file which changes meanwhile is noticed the next time.
    fingerprint = _fingerprint(folder, names, image_size, channels)
    arrays = cache.load(path, fingerprint)
    if arrays is not None:
        about = json.loads(str(arrays["about"]))
        return Pictures(arrays["images"], tuple(about["files"]), about["unreadable"])
    found = decoding.decode(folder, names, image_size, channels)
    if found.lasting:
        about = json.dumps({"files": found.files, "unreadable": found.unreadable})
        cache.save(path, fingerprint, {"about": about, "images": found.images})
    return found


def _place(data_dir: str | os.PathLike | None) -> pathlib.Path:
    if data_dir is not None:
        return pathlib.Path(os.path.expanduser(data_dir))
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return pathlib.Path(os.path.expanduser(caches)) / "tfmix" / "folders"


def _name(folder: pathlib.Path, image_size: int, channels: int) -> str:
    folder = folder.resolve()
    of = hashlib.sha256(json.dumps([str(folder), int(image_size), int(channels)]).encode())
    return f"{folder.name[:40]}_{of.hexdigest()[:16]}.npz"


def _fingerprint(folder: pathlib.Path, names: Sequence[str], image_size: int, channels: int) -> str:
    """Hashes all that decides what is decoded."""
    found = [(name, os.stat(folder / name)) for name in names]
    decided = [
        [_FORMAT, PIL.__version__, Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES],
        [int(image_size), int(channels)],
        [[name, stat.st_size, stat.st_mtime_ns] for name, stat in found],
    ]
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()
