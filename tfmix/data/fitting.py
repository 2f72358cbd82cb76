"""Crops, resizes and converts pictures of any size and colour, with Pillow."""

import numbers

import numpy as np
from PIL import Image, ImageOps

_MODES = {1: "L", 3: "RGB"}


def check(image_size: int, channels: int) -> None:
    """Checks the size and the number of channels that `fit` is to make.

    Raises:
        ValueError: `image_size` is not an integer of at least 0, or `channels` not 0, 1 or 3.
    """
    if not isinstance(image_size, numbers.Integral) or image_size < 0:
        raise ValueError(
            "image_size is the side of the images in pixels, or 0 for the data set's own size. "
            f"Received: image_size={image_size!r}."
        )
    if channels not in (0, *_MODES):
        raise ValueError(
            "channels is 1 (grey), 3 (RGB), or 0 for the data set's own. "
            f"Received: channels={channels!r}."
        )


def fit(images: np.ndarray, image_size: int = 0, channels: int = 0) -> np.ndarray:
    """Crops, resizes and converts images; those that need no change are returned as they are.

    Args:
        images: uint8 [N, H, W, C]; C is 1 (grey), 3 (RGB) or 4 (RGBA; gets a white background).
        image_size: S: the largest square at the centre is cut out and resized, with antialiasing,
            to [S, S]; 0: the size stays as it is.
        channels: 1 or 3; 0: as many as `images` have, 3 for RGBA.

    Returns:
        uint8 [N, S, S, channels], or [N, H, W, channels] for an `image_size` of 0.

    Raises:
        ValueError: The images are of another type or number of channels.
    """
    height, width, own_channels = images.shape[1:]
    if images.dtype != np.uint8 or own_channels not in (1, 3, 4):
        raise ValueError(
            "Images are uint8 with 1 (grey), 3 (RGB) or 4 (RGBA) channels. "
            f"Received: {images.dtype} with {own_channels} channels."
        )
    channels = channels or min(own_channels, 3)
    size = (image_size or width, image_size or height)
    if size == (width, height) and channels == own_channels:
        return images
    return np.stack([_fit(image, size, channels) for image in images])


def opaque(picture: Image.Image) -> Image.Image:
    """Gives a picture with transparency a white background; returns others as they are."""
    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _fit(image: np.ndarray, size: tuple[int, int], channels: int) -> np.ndarray:
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture = opaque(picture).convert(_MODES[channels])
    return np.atleast_3d(ImageOps.fit(picture, size))
