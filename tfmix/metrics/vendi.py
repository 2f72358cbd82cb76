"""The Vendi score: how many different images a set is worth."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from sklearn.metrics.pairwise import rbf_kernel

from tfmix.checks import number
from tfmix.metrics import _checks, _neighbours

_NEIGHBOUR = 5  # whose distance is the kernel's width


def vendi_score(features: ArrayLike, bandwidth: float) -> float:
    """exp of the von Neumann entropy of K / N (Friedman and Dieng, TMLR 2023, equation 3).

    K is the kernel matrix exp(-d^2 / (2 bandwidth^2)) of the images' distances d. It takes N^2
    numbers of memory and N^3 of time: a second for N = 2,000.

    Args:
        features: Floats [N, F].
        bandwidth: In units of the features, above 0.

    Returns:
        1 where all images are the same, N where each is far from every other.

    Raises:
        ValueError: Features that are not finite, fewer than 2 rows, or a bandwidth not above 0.
    """
    features = _checks.features("features", features)
    wanted = "bandwidth is a finite number above 0"
    bandwidth = number("bandwidth", wanted, bandwidth, lambda value: value > 0)
    return vendi(features, bandwidth)


def vendi_bandwidth(real: ArrayLike) -> float:
    """The width of a kernel that tells real images apart: how far the 5th neighbour of one lies.

    Args:
        real: Features of real images, floats [N, F].

    Returns:
        The median over the images, in units of the features; 0 where they coincide.

    Raises:
        ValueError: Features that are not finite, or fewer than 6 rows.
    """
    real = _checks.features("real", real)
    if len(real) <= _NEIGHBOUR:
        raise ValueError(
            f"A {_NEIGHBOUR}th neighbour takes at least {_NEIGHBOUR + 1} rows. "
            f"Received: {len(real)}."
        )
    (real,) = _neighbours.centered(real)
    return float(np.median(np.sqrt(_neighbours.squared_radii(real, _NEIGHBOUR))))


def vendi(features: np.ndarray, bandwidth: float) -> float:
    """The score of float64 [N, F], N at least 1, past the checks."""
    centered = features - features.mean(axis=0)  # where the kernel's distances round least
    kernel = rbf_kernel(centered, gamma=0.5 / bandwidth**2)
    shares = np.linalg.eigvalsh(kernel / len(features))
    return float(np.exp(special.entr(np.maximum(shares, 0)).sum()))
