"""What generated images are compared with: images that no model was trained on, and others."""

import dataclasses
import os
import pathlib

import numpy as np

from tfmix import data

_OWN = ("folder", "npz")  # kinds of data that may hold no test split


def load(
    dataset: str,
    *,
    data_dir: str | os.PathLike | None = None,
    image_size: int = 0,
    channels: int = 0,
) -> tuple[data.ImageSet, data.ImageSet]:
    """Loads the test split and the training split of a data set.

    Of a folder, or an .npz file without a test split, one half of the images takes the place of the
    test split. Arguments and errors are those of `tfmix.data.load`.

    Returns:
        Images to compare with, and training images; none is in both.

    Raises:
        ValueError: A set of points.
    """
    if dataset in data.toy.NAMES:
        raise ValueError(
            f"Images are scored against images, and {dataset} is a set of points. "
            f"Received: dataset={dataset!r}."
        )
    wanted = {"data_dir": data_dir, "image_size": image_size, "channels": channels}
    train = data.load(dataset, "train", **wanted)
    kind, _, path = dataset.partition(":")
    if kind not in _OWN or (kind == "npz" and _has_test(path)):
        return data.load(dataset, "test", **wanted), train
    return halves(train)


def halves(images: data.ImageSet) -> tuple[data.ImageSet, data.ImageSet]:
    """Cuts a set without a test split in two: images to compare with, and training images."""
    size = len(images.images)
    train, real = images.split(0, size - size // 2, seed=0)
    return dataclasses.replace(real, source={**real.source, "split": "half of train"}), train


def _has_test(path: str) -> bool:
    with np.load(pathlib.Path(path).expanduser()) as arrays:
        return "x_test" in arrays.files
