"""Sets by name: scikit-learn's digits, TFDS, a folder of pictures, an .npz file, toy sets."""

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
    """Reads one split of a set into memory, always in the same order.

    Args:
        dataset: `digits` (scikit-learn's, 8x8 and grey: 1,297 to train, 500 to test, no download);
            a TFDS name such as `mnist`, `cifar10` or `stl10:1.0.0`, of any set with a feature
            `image`; `folder:PATH` (see `tfmix.data.folder`); `npz:PATH` (see `tfmix.data.npz`); a
            toy set of points in the plane, `ring`, `grid`, `grid_unequal`, `blobs`, `unimodal` or
            `bimodal` (see `tfmix.data.toy`).
        split: Name of the split. A folder has `train` alone.
        data_dir: Where TFDS keeps its sets; None: TFDS_DATA_DIR, or TFDS's own default. A set that
            is not there is downloaded; one that is there needs no network. Of a folder of 100
            pictures or more, where they are kept decoded; None: ~/.cache/tfmix/folders (see
            `tfmix.data.folder_cache`).
        image_size: S: the largest square at the centre of each picture, resized to [S, S] with
            antialiasing. 0: the set's own size, where its pictures have one. Toy sets take 0 alone.
        channels: 1 (grey) or 3 (RGB). 0: the set's own; for a folder 1 where no picture has a
            colour, else 3. Toy sets take 0 alone.

    Returns:
        The images, with their classes where the set has them; of a toy set the points, with the
        modes that they come from.

    Raises:
        ValueError: No such set or split, pictures that cannot be used, or a bad argument.
        OSError: A file or folder is missing or cannot be read, or a download failed.
    """
    fitting.check(image_size, channels)
    kind, _, path = str(dataset).partition(":")
    if kind in ("folder", "npz"):
        if not path:
            raise ValueError(f"{kind}:PATH needs a path. Received: dataset={dataset!r}.")
        wanted = {"image_size": image_size, "channels": channels}
        if kind == "folder":
            return folder.load(path, split, data_dir=data_dir, **wanted)
        return npz.load(path, split, **wanted)
    if dataset == "digits":
        return digits.load(split, image_size=image_size, channels=channels)
    if dataset in toy.NAMES:
        return toy.load(dataset, split, image_size=image_size, channels=channels)
    from tfmix.data import tfds  # imports tensorflow_datasets: slow, noisy and for these sets alone

    return tfds.load(
        str(dataset), split, data_dir=data_dir, image_size=image_size, channels=channels
    )
