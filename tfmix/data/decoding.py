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
_AHEAD = 4 * _THREADS  # pictures decoded before their turn, so that a slow one stops no other
_MANY = 1000  # pictures, above which a progress bar is shown


@dataclasses.dataclass(frozen=True, eq=False)  # comparing arrays gives no single truth value
class Pictures:
    """What could be read of a folder's files.

    Attributes:
        images: uint8 [N, H, W, C], N at least 1.
        files: Paths inside the folder, as `cats/1.png`, one for each image.
        unreadable: The path inside the folder of each file that cannot be read, and the reason.
        repeatable: Whether reading the same files again gives the same; False where the system
            refused some of them, as for missing permissions, so that more may be read later.
    """

    images: np.ndarray
    files: tuple[str, ...]
    unreadable: dict[str, str]
    repeatable: bool = True


def decode(folder: pathlib.Path, names: Sequence[str], image_size: int, channels: int) -> Pictures:
    """Reads pictures in the given order, and shows a progress bar where there are many.

    Args:
        folder: The folder of the pictures.
        names: Their paths inside the folder, at least one.
        image_size: As in `tfmix.data.fitting.fit`. Each picture is resized as soon as it is
            decoded, so that only a few are in memory in their original size.
        channels: 1 or 3; 0 means 1 where all pictures are grey, else 3.

    Raises:
        ValueError: No file can be read, or the pictures are of several sizes and `image_size` is 0.
    """
    images, files, unreadable, repeatable = [], [], {}, True
    grey = channels == 0
    show = _progress(len(names))
    decoded = functools.partial(_decoded, image_size=image_size, channels=channels or 3)
    Image.init()  # loads Pillow's formats once, before the threads would
    # Pillow warns of large pictures and odd metadata in files that it can read. The filter is set
    # around all threads, as it holds for the whole process.
    with warnings.catch_warnings(action="ignore"), futures.ThreadPoolExecutor(_THREADS) as pool:
        found = _in_order(pool, decoded, (folder / name for name in names))
        for done, (name, image) in enumerate(zip(names, found, strict=True), start=1):
            if isinstance(image, _Unreadable):
                unreadable[name] = image.reason
                repeatable = repeatable and image.repeatable
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
            show(done)
    if not images:
        name, reason = next(iter(unreadable.items()))
        raise ValueError(
            f"folder:PATH needs at least one picture that can be read. Received: {folder}, where "
            f"none of {len(names)} can be read; the first is {name} ({reason})."
        )
    stacked = np.stack([image[..., :1] for image in images] if grey else images)
    return Pictures(stacked, tuple(files), unreadable, repeatable)


@dataclasses.dataclass(frozen=True)
class _Unreadable:
    reason: str
    repeatable: bool


def _in_order(
    pool: futures.Executor, work: Callable[[pathlib.Path], object], paths: Iterator[pathlib.Path]
) -> Iterator[object]:
    """Gives results in order, as `pool.map` does, which would start all the work at once."""
    waiting = collections.deque()
    for path in paths:
        waiting.append(pool.submit(work, path))
        if len(waiting) > _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _decoded(path: pathlib.Path, image_size: int, channels: int) -> np.ndarray | _Unreadable:
    """Decodes a picture to uint8 [H, W, channels], or says why it cannot be read."""
    try:
        # Pillow maps an uncompressed TIFF that it opens by name into memory, and then mixes up its
        # pixels where EXIF data rotate it.
        with open(path, "rb") as file, Image.open(file) as opened:
            picture = np.asarray(fitting.opaque(_upright(opened)).convert("RGB"))
    except UnidentifiedImageError:
        return _Unreadable("no picture of a known format", repeatable=True)
    except Exception as error:  # Pillow's decoders raise many kinds of errors on damaged files
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        # Missing permissions and failing disks have error numbers of their own. EINVAL comes from
        # a damaged file that makes its decoder seek to a place before the beginning.
        number = getattr(error, "errno", None)
        repeatable = number in (None, errno.EINVAL) and not isinstance(error, MemoryError)
        return _Unreadable(reason or type(error).__name__, repeatable)
    return fitting.fit(picture[None], image_size, channels)[0]


def _upright(opened: Image.Image) -> Image.Image:
    """Rotates a picture as its EXIF data say, and scales 16 bits per pixel to 8.

    Pillow's own conversion to 8 bits clips at 255.
    """
    wide = opened.mode.startswith("I;16") or (opened.mode, opened.format) == ("I", "PPM")
    if opened.mode in ("F", "I") and not wide:
        raise ValueError("32 bits per pixel have no fixed range: save it with 8 or 16")
    picture = ImageOps.exif_transpose(opened)
    if not wide:
        return picture
    values = np.asarray(picture)
    grey = Image.fromarray(np.rint(values / 257).astype(np.uint8))
    if "transparency" in picture.info:  # in a PNG, the one value that is transparent
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
