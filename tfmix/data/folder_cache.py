"""Pictures of a folder decoded once: what came of it is kept, and holds until a file changes."""

import fcntl
import hashlib
import json
import logging
import os
import pathlib
from collections.abc import Sequence

import numpy as np
import PIL
from PIL import Image, ImageFile

from tfmix import files
from tfmix.data import decoding
from tfmix.data.decoding import Pictures

_LOGGER = logging.getLogger(__name__)
_FORMAT = 1  # raised whenever what is kept, or how it is decoded, becomes another
_LEAST = 100  # pictures; fewer are decoded in no time


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
    found = _read(path, fingerprint)
    if found is None:
        found = decoding.decode(folder, names, image_size, channels)
        if found.lasting:
            _keep(path, fingerprint, found)
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


def _read(path: pathlib.Path, fingerprint: str) -> Pictures | None:
    try:
        if not path.exists():
            return None
        with open(path, "rb") as file, np.load(file) as arrays:
            about = json.loads(str(arrays["about"]))
            if about["fingerprint"] != fingerprint:
                return None
            return Pictures(arrays["images"], tuple(about["files"]), about["unreadable"])
    except Exception as error:  # NumPy raises whatever the broken part does
        _LOGGER.warning("%s cannot be read (%s) and is made again.", path, error)
        return None


def _keep(path: pathlib.Path, fingerprint: str, found: Pictures) -> None:
    about = {"fingerprint": fingerprint, "files": found.files, "unreadable": found.unreadable}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.parent / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with files.atomic_write(path) as beside, open(beside, "wb") as file:
                np.savez(file, about=json.dumps(about), images=found.images)
    except BlockingIOError:  # another process writes here just now: this one's turn comes again
        return
    except OSError as error:  # the pictures themselves are there
        _LOGGER.warning("Decoded pictures are not kept in %s (%s).", path.parent, error)
        return
    _LOGGER.info("Decoded pictures are kept in %s.", path)
