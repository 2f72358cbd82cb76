"""A folder of pictures of any format, size and mode: somebody's own few hundred images."""

import os
import pathlib
import warnings

import numpy as np
from PIL import Image, ImageOps

from tfmix.data import fitting
from tfmix.data.image_set import ImageSet

_SUFFIXES = {
    *(".avif", ".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
    *(".pbm", ".pgm", ".ppm"),
}


def load(path: str, split: str, *, image_size: int, channels: int) -> ImageSet:
    """Reads every picture in a folder and the folders in it, sorted by path.

    Files of other kinds and hidden ones are passed over. Pictures are turned as their EXIF data
    say, laid on white where they are transparent, and of an animation the first frame counts.

    Args:
        path: The folder; a leading ~ is the home folder.
        split: `train`; there is no other.
        image_size: As in `tfmix.data.load`.
        channels: As in `tfmix.data.load`.

    Returns:
        The images, without labels.

    Raises:
        ValueError: Another split, no picture, one that cannot be read, or sizes that differ
            without an `image_size` to bring them to.
        OSError: There is no such folder.
    """
    if split != "train":
        raise ValueError(f"folder:{path} has the split train alone. Received: split={split!r}.")
    files = paths(path)
    # Everything is read as RGB: whether all of it is grey shows at the end.
    images = _stack(files, image_size, channels or 3)
    if channels == 0 and (images == images[..., :1]).all():
        images = images[..., :1]
    return ImageSet(
        images,
        None,
        None,
        {"name": f"folder:{path}", "version": None, "split": split, "count": len(images)},
    )


def paths(path: str | os.PathLike) -> list[pathlib.Path]:
    """Finds the pictures in a folder and the folders in it, in the order that `load` reads them.

    Args:
        path: The folder; a leading ~ is the home folder.

    Raises:
        ValueError: It holds no picture.
        OSError: There is no such folder.
    """
    folder = pathlib.Path(path).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"folder:PATH needs a folder. Received: {folder}, which is none.")
    inside = sorted(file.relative_to(folder) for file in folder.rglob("*"))
    found = [
        folder / file
        for file in inside
        if file.suffix.lower() in _SUFFIXES
        # Hidden files are thumbnails and macOS's notes on a picture, named like the picture.
        and not any(part.startswith(".") for part in file.parts)
        and (folder / file).is_file()
    ]
    if not found:
        raise ValueError(
            f"folder:PATH needs pictures ({' '.join(sorted(_SUFFIXES))}). "
            f"Received: {folder}, which holds none."
        )
    return found


def _stack(files: list[pathlib.Path], image_size: int, channels: int) -> np.ndarray:
    images = []
    for path in files:
        images.append(fitting.fit(_read(path)[None], image_size, channels))
        if images[-1].shape != images[0].shape:
            raise ValueError(
                "image_size is needed for a folder with pictures of several sizes. Received: "
                f"image_size=0, {_size(images[0])} in {files[0]}, {_size(images[-1])} in {path}."
            )
    return np.concatenate(images)


def _read(path: pathlib.Path) -> np.ndarray:
    """Gives a picture as uint8 [H, W, 3]."""
    try:
        # Pillow warns of large pictures and odd metadata in files that it can read all the same;
        # what it cannot read, it raises.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as opened:
            return np.asarray(fitting.opaque(_upright(opened)).convert("RGB"))
    except Exception as error:  # on a damaged file Pillow's decoders raise whatever they trip over
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"A picture cannot be read; remove or replace it. Received: {path} ({reason})."
        ) from error


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
    return Image.fromarray(np.rint(np.asarray(picture) / 257).astype(np.uint8))


def _size(images: np.ndarray) -> str:
    return f"{images.shape[2]}x{images.shape[1]}"
