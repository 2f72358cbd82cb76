"""Whether a generator copies its training images."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks, _neighbours

_NEARER = 0.05  # share of real images that are nearer to a training image than `copy_distance`


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
    real, train = _neighbours.centered(*_checks.pair(real, train, names=("real", "train")))
    _, squared = _neighbours.nearest(real, train)
    return float(np.quantile(np.sqrt(squared), _NEARER))


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
    real, fake, train = _neighbours.centered(real, fake, train)
    _, squared = _neighbours.nearest(fake, train)
    return float((np.sqrt(squared) <= distance).mean())
