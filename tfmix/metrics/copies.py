"""Whether a generator copies its training images."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks, _neighbours

_NEARER = 0.05  # share of real images that are nearer to a training image than `copy_distance`


def nearest_rows(rows: ArrayLike, others: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Finds the nearest of other images to each image.

    Args:
        rows: Features, floats [N, F].
        others: Features, floats [M, F].

    Returns:
        Which of the others is nearest, ints [N], the first of equally near ones; and its distance,
        float64 [N].

    Raises:
        ValueError: The features are not finite or not of the same width.
    """
    rows, others = _neighbours.centered(*_checks.pair(rows, others, names=("rows", "others")))
    index, squared = _neighbours.nearest(rows, others)
    return index, np.sqrt(squared)


def copy_distance(real: ArrayLike, train: ArrayLike) -> float:
    """The distance to a training image below which an image counts as a copy.

    It is the 5 % quantile of the distances of real images to their nearest training image.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        train: Features of training images, floats [T, F].

    Returns:
        A distance in units of the features.

    Raises:
        ValueError: The features are not finite or not of the same width.
    """
    real, train = _checks.pair(real, train, names=("real", "train"))
    return float(np.quantile(nearest_rows(real, train)[1], _NEARER))


def copy_share(
    real: ArrayLike, fake: ArrayLike, train: ArrayLike, *, distance: float | None = None
) -> float:
    """The share of images that are nearer to a training image than 95 % of real ones.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        fake: Features of generated images, floats [M, F].
        train: Features of training images, floats [T, F].
        distance: `copy_distance(real, train)`, if it is known already.

    Returns:
        A share in [0, 1]: about 0.05 for real images, 1 for copies.

    Raises:
        ValueError: The features are not finite or not of the same width.
    """
    real, fake = _checks.pair(real, fake)
    train, _ = _checks.pair(train, fake, names=("train", "fake"))
    distance = copy_distance(real, train) if distance is None else distance
    return float((nearest_rows(fake, train)[1] <= distance).mean())
