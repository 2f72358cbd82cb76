"""Images for people to look at: uint8, and many in one picture."""

import io
import math
import os
from collections.abc import Mapping

import numpy as np
from PIL import Image, PngImagePlugin

from tfmix.files import atomic_write

_READABLE = 48  # pixels on a side below which an image in a file is enlarged


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Maps images from [-1, 1] to uint8.

    Args:
        images: float32 [..., H, W, C] in [-1, 1]; values outside are clipped.

    Returns:
        uint8, of the same shape.
    """
    return np.rint((np.clip(images, -1.0, 1.0) + 1.0) * 127.5).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Lays images out row by row in one picture.

    Args:
        images: uint8 [N, H, W, C], C 1 or 3.
        columns: Images per row; None: as square as possible.
        gap: Pixels between images, and around them.

    Returns:
        uint8 [rows * (H + gap) + gap, columns * (W + gap) + gap, C], white where no image lies.

    Raises:
        ValueError: No images, or images that are not uint8 [N, H, W, C].
    """
    images = _checked(images)
    number, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(number)) if columns is None else columns
    if columns < 1:
        raise ValueError(f"A grid has at least 1 column. Received: columns={columns}.")
    rows = math.ceil(number / columns)
    picture = np.full(
        [rows * (height + gap) + gap, columns * (width + gap) + gap, channels], 255, np.uint8
    )
    for i, image in enumerate(images):
        top = gap + i // columns * (height + gap)
        left = gap + i % columns * (width + gap)
        picture[top : top + height, left : left + width] = image
    return picture


def save_grid(images: np.ndarray, path: str | os.PathLike, columns: int | None = None) -> None:
    """Writes a grid as a PNG; small images are enlarged by a whole factor to be readable.

    Args:
        images: uint8 [N, H, W, C], C 1 or 3.
        path: The file; it is written completely or not at all.
        columns: Images per row; None: as square as possible.

    Raises:
        ValueError: As in `grid`.
        OSError: The file cannot be written.
    """
    png = grid_png(images, columns)
    with atomic_write(path) as beside:
        beside.write_bytes(png)


def grid_png(images: np.ndarray, columns: int | None = None) -> bytes:
    """Returns what `save_grid` writes, the bytes of a PNG; it has the same arguments and errors."""
    images = _checked(images)
    zoom = max(1, _READABLE // max(images.shape[1:3]))
    return encode_png(grid(images.repeat(zoom, axis=1).repeat(zoom, axis=2), columns))


def encode_png(picture: np.ndarray, text: Mapping[str, str] | None = None) -> bytes:
    """Encodes one picture as a PNG.

    Args:
        picture: uint8 [H, W, C], C 1 or 3.
        text: Metadata of the file by keyword, such as the seed.

    Returns:
        The file's bytes.

    Raises:
        ValueError: As in `grid`, for one picture.
    """
    (picture,) = _checked(np.asarray(picture)[None])
    metadata = PngImagePlugin.PngInfo()
    for keyword, value in (text or {}).items():
        metadata.add_text(keyword, value)
    file = io.BytesIO()
    grey = picture.shape[-1] == 1
    Image.fromarray(picture.squeeze(-1) if grey else picture).save(file, "PNG", pnginfo=metadata)
    return file.getvalue()


def _checked(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    shaped = images.ndim == 4 and min(images.shape) > 0 and images.shape[-1] in (1, 3)
    if images.dtype != np.uint8 or not shaped:
        raise ValueError(
            "A grid takes uint8 images [N, H, W, C], N at least 1 and C 1 or 3, as "
            f"`Sampler.images` returns them. Received: {images.dtype} of shape {images.shape}."
        )
    return images
