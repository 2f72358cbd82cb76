"""Pictures of any size and colour made into images of one size, all of it by Pillow."""

import numbers

import numpy as np
from PIL import Image, ImageOps

_MODES = {1: "L", 3: "RGB"}


def check(image_size: int, channels: int) -> None:
    """Refuses a size or a number of channels that `fit` could not make.

    Raises:
        ValueError: `image_size` is no integer of at least 0, or `channels` is not 0, 1 or 3.
    """
    if not isinstance(image_size, numbers.Integral) or image_size < 0:
        raise ValueError(
            "image_size is a side in pixels, or 0 for the data set's own size. "
            f"Received: image_size={image_size!r}."
        )
    if channels not in (0, *_MODES):
        raise ValueError(
            "channels is 1 (grey), 3 (RGB), or 0 for the data set's own. "
            f"Received: channels={channels!r}."
        )


def fit(images: np.ndarray, image_size: int = 0, channels: int = 0) -> np.ndarray:
    """Crops, resizes and converts images; what needs no change is returned as it is.

    Args:
        images: uint8 [N, H, W, C], where C is 1 (grey), 3 (RGB) or 4 (RGBA, laid on white).
        image_size: S: the largest square at the centre is cut out and resized, with antialiasing,
            to [S, S]; 0: the size stays.
        channels: 1 or 3; 0: those of `images`, 3 for RGBA.

    Returns:
        uint8 [N, S, S, channels], or [N, H, W, channels] for an `image_size` of 0.

    Raises:
        ValueError: Images of another type or number of channels.
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
    """Lays a picture on white where it is transparent; others are returned as they are."""
    if not picture.has_transparency_data:
        return picture
    picture = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")


def _fit(image: np.ndarray, size: tuple[int, int], channels: int) -> np.ndarray:
    picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture = opaque(picture).convert(_MODES[channels])
    return np.atleast_3d(ImageOps.fit(picture, size))
