"""Stacked MNIST: three digits as the channels of an image, a data set of 1,000 modes."""

import os
import zlib

import numpy as np

from tfmix.data import tfds
from tfmix.data.image_set import ImageSet

NAME = "stacked_mnist"
_COUNTS = {"train": 128_000, "test": 26_000}


def load(
    split: str, *, data_dir: str | os.PathLike | None, image_size: int, channels: int
) -> ImageSet:
    """Draws three images of MNIST's split for each image, always the same.

    There are 128,000 images for training and 26,000 for testing, as in PacGAN (Lin et al., NeurIPS
    2018, section 4.2). The class of an image whose channels are the digits a, b and c is
    100 a + 10 b + c. Arguments and errors are those of `tfmix.data.load`.

    Raises:
        ValueError: Also for one channel.
    """
    if channels == 1:
        raise ValueError(f"The digits of {NAME} are 3 channels. Received: channels=1.")
    digits = tfds.load("mnist", split, data_dir=data_dir, image_size=image_size, channels=1)
    count = _COUNTS[split]
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(f"{NAME}/{split}".encode())))
    rows = generator.integers(len(digits.images), size=[count, 3])
    images = np.empty([count, *digits.images.shape[1:3], 3], np.uint8)
    for channel in range(3):
        images[..., channel] = digits.images[rows[:, channel], ..., 0]
    labels = digits.labels[rows] @ np.array([100, 10, 1], np.int32)
    names = tuple(f"{mode:03d}" for mode in range(1000))
    source = {"name": NAME, "version": digits.source["version"], "split": split, "count": count}
    return ImageSet(images, labels, names, source)
