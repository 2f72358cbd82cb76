"""The Vendi score: the effective number of different images in a set."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from sklearn.metrics.pairwise import rbf_kernel

from tfmix.checks import number
from tfmix.metrics import _checks, _neighbours

_NEIGHBOUR = 5  # the neighbour whose distance is the bandwidth


def vendi_score(features: ArrayLike, bandwidth: float) -> float:
    """exp of the von Neumann entropy of K / N (Friedman and Dieng, TMLR 2023, equation 3).

    K is the kernel matrix exp(-d^2 / (2 bandwidth^2)) of the distances d between images. Memory
    grows as N^2 and time as N^3: N = 2,000 takes a second.

    Args:
        features: Floats [N, F].
        bandwidth: The bandwidth of the kernel in units of the features, above 0.

    Returns:
        1 if all images are the same, N if each is far from all others.

    Raises:
        ValueError: The features are not finite or have fewer than 2 rows, or the bandwidth is not
            above 0.
    """
    features = _checks.features("features", features)
    wanted = "bandwidth is a finite number above 0"
    bandwidth = number("bandwidth", wanted, bandwidth, lambda value: value > 0)
    return vendi(features, bandwidth)


def vendi_bandwidth(real: ArrayLike) -> float:
    """The bandwidth for `vendi_score`: the median distance of a real image to its 5th neighbour.

    Args:
        real: Features of real images, floats [N, F].

    Returns:
        A distance in units of the features; 0 if the images are the same.

    Raises:
        ValueError: The features are not finite or have fewer than 6 rows.
    """
    real = _checks.features("real", real)
    if len(real) <= _NEIGHBOUR:
        raise ValueError(
            f"A {_NEIGHBOUR}th neighbour needs at least {_NEIGHBOUR + 1} rows. "
            f"Received: {len(real)}."
        )
    (real,) = _neighbours.centered(real)
    return float(np.median(np.sqrt(_neighbours.squared_radii(real, _NEIGHBOUR))))


def vendi(features: np.ndarray, bandwidth: float) -> float:
    """The score of float64 [N, F], N at least 1, without checks."""
    centered = features - features.mean(axis=0)  # so that the distances round least
    kernel = rbf_kernel(centered, gamma=0.5 / bandwidth**2)
    shares = np.linalg.eigvalsh(kernel / len(features))
    return float(np.exp(special.entr(np.maximum(shares, 0)).sum()))
