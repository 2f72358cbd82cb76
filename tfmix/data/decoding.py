"""Picture files of any format, size and mode, decoded in threads."""

import collections
import dataclasses
import errno
import functools
import os
import pathlib
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures

import keras
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from tfmix.data import fitting

_THREADS = min(8, os.cpu_count() or 1)  # each may hold a whole photograph
_AHEAD = 4 * _THREADS  # pictures decoded before their turn: a slow one does not stop the others
_MANY = 1000  # pictures; more of them take long enough for a progress bar


@dataclasses.dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class Pictures:
    """What could be read of a folder's files.

    Attributes:
        images: uint8 [N, H, W, C], N at least 1.
        files: Paths inside the folder, as `cats/1.png`, one for each image.
        unreadable: Of each file that cannot be read its path inside the folder, and why.
        lasting: Whether the files alone decided that; False where the machine kept some of them
            back, so that more may be read another time.
    """

    images: np.ndarray
    files: tuple[str, ...]
    unreadable: dict[str, str]
    lasting: bool = True


def decode(folder: pathlib.Path, names: Sequence[str], image_size: int, channels: int) -> Pictures:
    """Reads pictures in their order; with many of them, shows a progress bar.

    Args:
        folder: Where they lie.
        names: Their paths inside it, at least one.
        image_size: As of `tfmix.data.fitting.fit`; each picture is fitted when it is decoded, so
            that no more than a few are held in their own size.
        channels: 1 or 3; 0: 1 where no picture has a colour, else 3.

    Returns:
        The images, and which files they are of.

    Raises:
        ValueError: No file can be read, or sizes differ without an `image_size`.
    """
    images, files, unreadable, lasting = [], [], {}, True
    grey = channels == 0
    tell = _progress(len(names))
    decoded = functools.partial(_decoded, image_size=image_size, channels=channels or 3)
    Image.init()  # the threads would load Pillow's formats all at once
    # Pillow warns of large pictures and odd metadata in files that it can read all the same. One
    # block around all threads: it changes the filters of the whole process.
    with warnings.catch_warnings(action="ignore"), futures.ThreadPoolExecutor(_THREADS) as pool:
        found = _in_order(pool, decoded, (folder / name for name in names))
        for done, (name, image) in enumerate(zip(names, found, strict=True), start=1):
            if isinstance(image, _Unreadable):
                unreadable[name] = image.reason
                lasting = lasting and image.lasting
            elif images and image.shape != images[0].shape:
                raise ValueError(
                    "image_size is needed for a folder with pictures of several sizes. Received: "
                    f"image_size=0, {_size(images[0])} in {folder / files[0]}, {_size(image)} in "
                    f"{folder / name}."
                )
            else:
                images.append(image)
                files.append(name)
                grey = grey and bool((image == image[..., :1]).all())
            tell(done)
    if not images:
        name, reason = next(iter(unreadable.items()))
        raise ValueError(
            "folder:PATH needs a picture that can be read. "
            f"Received: {folder}, where none of {len(names)} can, {name} ({reason}) first."
        )
    stacked = np.stack([image[..., :1] for image in images] if grey else images)
    return Pictures(stacked, tuple(files), unreadable, lasting)


@dataclasses.dataclass(frozen=True)
class _Unreadable:
    reason: str
    lasting: bool


def _in_order(
    pool: futures.Executor, work: Callable[[pathlib.Path], object], paths: Iterator[pathlib.Path]
) -> Iterator[object]:
    """As `pool.map`, which would begin with all of them at once."""
    waiting = collections.deque()
    for path in paths:
        waiting.append(pool.submit(work, path))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _decoded(path: pathlib.Path, image_size: int, channels: int) -> np.ndarray | _Unreadable:
    """Gives a picture as uint8 [H, W, channels]."""
    try:
        # Given the name alone, Pillow maps uncompressed TIFFs into memory, and mixes up the pixels
        # of those that lie on their side.
        with open(path, "rb") as file, Image.open(file) as opened:
            picture = np.asarray(fitting.opaque(_upright(opened)).convert("RGB"))
    except UnidentifiedImageError:
        return _Unreadable("no picture of a known format", lasting=True)
    except Exception as error:  # on a damaged file Pillow's decoders raise whatever they trip over
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        # Rights, disks and memory have numbers of their own; a damaged file, as it sends its
        # decoder to a place before the beginning, has EINVAL.
        number = getattr(error, "errno", None)
        lasting = number in (None, errno.EINVAL) and not isinstance(error, MemoryError)
        return _Unreadable(reason or type(error).__name__, lasting)
    return fitting.fit(picture[None], image_size, channels)[0]


def _upright(opened: Image.Image) -> Image.Image:
    """Turns a picture as its EXIF data say, with 16 bits a pixel scaled to 8.

    Pillow's own conversion to 8 bits clips at 255.
    """
    wide = opened.mode.startswith("I;16") or (opened.mode, opened.format) == ("I", "PPM")
    if opened.mode in ("F", "I") and not wide:
        raise ValueError("32 bits a pixel have no fixed range: save it with 8 or 16")
    picture = ImageOps.exif_transpose(opened)
    if not wide:
        return picture
    values = np.asarray(picture)
    grey = Image.fromarray(np.rint(values / 257).astype(np.uint8))
    if "transparency" in picture.info:  # of a PNG: the one value that stands for it
        shown = values != picture.info["transparency"]
        grey.putalpha(Image.fromarray(shown.astype(np.uint8) * 255))
    return grey


def _size(image: np.ndarray) -> str:
    return f"{image.shape[1]}x{image.shape[0]}"


def _progress(total: int) -> Callable[[int], None]:
    if total <= _MANY:
        return lambda done: None
    interval = 0.1 if sys.stdout.isatty() else 15.0
    return keras.utils.Progbar(total, unit_name="picture", interval=interval).update
