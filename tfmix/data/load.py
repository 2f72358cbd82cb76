"""Data sets by name: scikit-learn's digits, TFDS, a folder of pictures, an .npz file, toy sets."""

import os

from tfmix.data import digits, fitting, folder, npz, toy
from tfmix.data.image_set import ImageSet
from tfmix.data.toy import PointSet


def load(
    dataset: str,
    split: str = "train",
    *,
    data_dir: str | os.PathLike | None = None,
    image_size: int = 0,
    channels: int = 0,
) -> ImageSet | PointSet:
    """Reads one split of a data set into memory, always in the same order.

    Args:
        dataset: `digits` (scikit-learn's, 8x8 and grey: 1,297 images for training and 500 for
            testing, no download); the TFDS name, such as `mnist`, `cifar10` or `stl10:1.0.0`, of a
            data set with a feature `image`; `stacked_mnist` (three digits of MNIST as channels, see
            `tfmix.data.stacked_mnist`); `folder:PATH` (see `tfmix.data.folder`); `npz:PATH`
            (see `tfmix.data.npz`); or a toy set of points in the plane, `ring`, `grid`,
            `grid_unequal`, `blobs`, `unimodal` or `bimodal` (see `tfmix.data.toy`).
        split: Name of the split. A folder has only `train`.
        data_dir: The folder of the TFDS data sets; None: TFDS_DATA_DIR, or the default of TFDS. A
            data set that is not there is downloaded; one that is there needs no network. For
            `folder:PATH`, the folder in which decoded pictures are cached, from 100 pictures on;
            None: ~/.cache/tfmix/folders (see `tfmix.data.folder_cache`).
        image_size: S: the largest square at the centre of each picture, resized to [S, S] with
            antialiasing. 0: the size of the pictures, where all have the same. Toy sets take only
            0.
        channels: 1 (grey) or 3 (RGB). 0: as many as the data set has; for a folder 1 where all
            pictures are grey, else 3. Toy sets take only 0.

    Returns:
        The images, with their classes where the data set has them; of a toy set the points, with
        the modes that they come from.

    Raises:
        ValueError: No such data set or split, pictures that cannot be used, or a bad argument.
        OSError: A file or folder is missing or cannot be read, or a download failed.
    """
    fitting.check(image_size, channels)
    kind, _, path = str(dataset).partition(":")
    wanted = {"image_size": image_size, "channels": channels}
    if kind in ("folder", "npz") and not path:
        raise ValueError(f"{kind}:PATH needs a path. Received: dataset={dataset!r}.")
    if kind == "folder":
        return folder.load(path, split, data_dir=data_dir, **wanted)
    if kind == "npz":
        return npz.load(path, split, **wanted)
    if dataset == "digits":
        return digits.load(split, **wanted)
    if dataset in toy.NAMES:
        return toy.load(dataset, split, **wanted)
    from tfmix.data import stacked_mnist, tfds  # import tensorflow_datasets: slow and noisy

    if dataset == stacked_mnist.NAME:
        return stacked_mnist.load(split, data_dir=data_dir, **wanted)
    return tfds.load(str(dataset), split, data_dir=data_dir, **wanted)
