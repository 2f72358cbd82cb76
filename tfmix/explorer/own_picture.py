"""A picture of the user's own, made into what a model takes."""

import pathlib

import numpy as np

from tfmix.data import decoding


def read(path: str, image_shape: tuple[int, int, int]) -> np.ndarray:
    """Reads a picture of any format and size, and fits it as `tfmix cluster` does.

    Args:
        path: The file.
        image_shape: (H, W, C) of the model and of what is returned, in uint8.

    Raises:
        ValueError: The file is no picture, or the model's images are not square.
    """
    height, width, channels = image_shape
    if height != width:
        raise ValueError(f"Pictures are made square, and this model's are {width} x {height}.")
    file = pathlib.Path(path)
    try:
        return decoding.decode(file.parent, [file.name], height, channels).images[0]
    except ValueError as error:
        raise ValueError(
            f"{file.name} cannot be read as a picture. Give a whole PNG, JPEG or WebP of less than "
            "178 million pixels."
        ) from error
