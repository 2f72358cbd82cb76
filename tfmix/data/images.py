"""Image sets by name: scikit-learn's digits, TFDS, a folder of pictures, an .npz file."""

import os

from tfmix.data import digits, fitting, folder, npz
from tfmix.data.image_set import ImageSet

__all__ = ["ImageSet", "load"]


def load(
    dataset: str,
    split: str = "train",
    *,
    data_dir: str | os.PathLike | None = None,
    image_size: int = 0,
    channels: int = 0,
) -> ImageSet:
    """Reads one split of an image set into memory, always in the same order.

    Args:
        dataset: `digits` (scikit-learn's, 8x8 and grey: 1,297 to train, 500 to test, no download);
            a TFDS name such as `mnist`, `cifar10` or `stl10:1.0.0`, of any set with a feature
            `image`; `folder:PATH` (see `tfmix.data.folder`); `npz:PATH` (see `tfmix.data.npz`).
        split: Name of the split. A folder has `train` alone.
        data_dir: Where TFDS keeps its sets; None: TFDS_DATA_DIR, or TFDS's own default. A set that
            is not there is downloaded; one that is there needs no network.
        image_size: S: the largest square at the centre of each picture, resized to [S, S] with
            antialiasing. 0: the set's own size, where its pictures have one.
        channels: 1 (grey) or 3 (RGB). 0: the set's own; for a folder 1 where no picture has a
            colour, else 3.

    Returns:
        The images, with their classes where the set has them.

    Raises:
        ValueError: No such set or split, pictures that cannot be used, or a bad argument.
        OSError: A file or folder is missing or cannot be read, or a download failed.
    """
    fitting.check(image_size, channels)
    kind, _, path = str(dataset).partition(":")
    if kind in ("folder", "npz"):
        if not path:
            raise ValueError(f"{kind}:PATH needs a path. Received: dataset={dataset!r}.")
        reader = folder if kind == "folder" else npz
        return reader.load(path, split, image_size=image_size, channels=channels)
    if dataset == "digits":
        return digits.load(split, image_size=image_size, channels=channels)
    from tfmix.data import tfds  # imports tensorflow_datasets: slow, noisy and for these sets alone

    return tfds.load(
        str(dataset), split, data_dir=data_dir, image_size=image_size, channels=channels
    )
