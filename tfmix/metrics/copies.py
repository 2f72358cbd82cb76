"""Whether a generator repeats its training images."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks, _neighbours

_NEARER = 0.05  # share of real images nearer to a training image than a copy's bound


def copy_share(real: ArrayLike, fake: ArrayLike, train: ArrayLike) -> float:
    """The share of images that lie nearer to a training image than 95 % of real ones do.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        fake: Features of generated images, floats [M, F].
        train: Features of training images, floats [T, F].

    Returns:
        In [0, 1]: about .05 for real images, 1 for copies.

    Raises:
        ValueError: Features that are not finite or not of one width.
    """
    real, fake = _checks.pair(real, fake)
    train, _ = _checks.pair(train, fake, names=("train", "fake"))
    real, fake, train = _neighbours.centered(real, fake, train)
    bound = np.quantile(_neighbours.squared_nearest(real, train), _NEARER)
    return float((_neighbours.squared_nearest(fake, train) < bound).mean())
