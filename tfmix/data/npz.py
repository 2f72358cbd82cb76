"""A data set from an .npz file, with the array names of Keras or simpler ones."""

import pathlib
import zipfile
import zlib

import numpy as np

from tfmix import checks
from tfmix.data import fitting
from tfmix.data.image_set import ImageSet

_MAX_CLASSES = 65536  # labels above this are hardly class numbers


def load(path: str, split: str, *, image_size: int, channels: int) -> ImageSet:
    """Reads the arrays `x_SPLIT` and `y_SPLIT`.

    For the split `train`, also `images` with `labels` are read, or the only array of the file.

    Args:
        path: The file; a leading ~ is the home folder. Images are uint8 [N, H, W] (grey) or
            [N, H, W, C]; labels, which may be missing, are integers from 0, [N] or [N, 1].
        split: The part of the array names after `x_`, as in `x_train` and `x_test` of Keras.
        image_size: As in `tfmix.data.load`.
        channels: As in `tfmix.data.load`.

    Returns:
        The images; where there are labels, with classes from 0 to the largest label.
    """
    images, labels = _read(pathlib.Path(path).expanduser(), split)
    wanted = f"npz:{path} needs images that are uint8 [N, H, W] or [N, H, W, C], values 0 to 255"
    good = images.dtype == np.uint8 and images.ndim in (3, 4) and 0 not in images.shape
    checks.array(wanted, images, good)
    images = images[..., None] if images.ndim == 3 else images
    if labels is not None:
        labels = _checked(labels, len(images), path)
    return ImageSet(
        fitting.fit(images, image_size, channels),
        labels,
        None if labels is None else tuple(str(label) for label in range(labels.max() + 1)),
        {"name": f"npz:{path}", "version": None, "split": split, "count": len(images)},
    )


def _read(path: pathlib.Path, split: str) -> tuple[np.ndarray, np.ndarray | None]:
    if not path.is_file():
        raise FileNotFoundError(f"npz:PATH needs a file. Received: {path}, which is none.")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"npz:PATH needs a file from numpy.savez. Received: {path}.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            images, labels = _names(arrays.files, split, path)
            # NumPy gives a member of the archive that is no array as bytes, hence asarray.
            return np.asarray(arrays[images]), arrays.get(labels)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise OSError(f"A damaged .npz file cannot be read. Received: {path} ({error}).") from error


def _names(names: list[str], split: str, path: pathlib.Path) -> tuple[str, str]:
    if f"x_{split}" in names:
        return f"x_{split}", f"y_{split}"
    if split == "train" and "images" in names:
        return "images", "labels"
    if split == "train" and len(names) == 1:
        return names[0], "labels"
    or_images = ", or images with labels" if split == "train" else ""
    raise ValueError(
        f"Split {split} of npz:PATH needs the arrays x_{split} and, if labelled, y_{split}"
        f"{or_images}. Received: {path}, which contains {', '.join(names) or 'nothing'}."
    )


def _checked(labels: np.ndarray, count: int, path: str) -> np.ndarray:
    good = np.issubdtype(labels.dtype, np.integer) and labels.shape in ((count,), (count, 1))
    wanted = f"npz:{path} needs one integer label for each of its {count} images"
    checks.array(wanted, labels, good)
    if labels.min() < 0 or labels.max() >= _MAX_CLASSES:
        raise ValueError(
            f"npz:{path} needs labels that number the classes from 0 to at most "
            f"{_MAX_CLASSES - 1}. Received: labels from {labels.min()} to {labels.max()}."
        )
    return labels.reshape(count).astype(np.int32)
