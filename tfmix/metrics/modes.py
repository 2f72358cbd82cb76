"""Mode coverage: which modes of a toy data set a generator finds, and how often it draws each."""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import spatial, stats

from tfmix import checks
from tfmix.metrics import _checks

_NEAR = 3  # standard deviations from a centre within which a sample is of high quality


@dataclasses.dataclass(frozen=True)
class ModeCoverage:
    """How a sample covers the modes of a mixture.

    Attributes:
        modes: Number of modes with at least one sample within 3 std of their centre.
        high_quality: Share of samples within 3 std of a centre.
        reverse_kl: KL divergence of the histogram of those samples over the modes from the true
            weights, in nats; inf if there is no such sample, so that any histogram is better.
    """

    modes: int
    high_quality: float
    reverse_kl: float


def mode_coverage(
    points: ArrayLike, centers: ArrayLike, std: float, *, weights: ArrayLike | None = None
) -> ModeCoverage:
    """Counts the modes that were found and the samples in them, and compares their histogram.

    These are the three measures of PacGAN (Lin et al., NeurIPS 2018), usually of 2,500 samples. In
    the histogram a sample belongs to its nearest mode. The order of the rows changes nothing. Of
    samples of the true mixture in the plane, 1 - exp(-9/2) = 0.989 are of high quality.

    Args:
        points: Generated points, floats [N, D], N at least 2.
        centers: The centres of the modes, [M, D].
        std: The standard deviation of every mode, in each coordinate.
        weights: The mixture weights, [M], above 0 with sum 1. None: all are equal.

    Raises:
        ValueError: Points or centres are not finite or not of the same width, or the std or the
            weights are out of range.
    """
    points = _checks.features("points", points)
    centers = _centers(centers, points.shape[1])
    std = checks.number("std", "std is a finite number above 0", std, lambda value: value > 0)
    weights = _weights(weights, len(centers))
    radius = _NEAR * std
    to_centers, nearest = spatial.KDTree(centers).query(points)
    to_points, _ = spatial.KDTree(points).query(centers)  # a sample may lie near two centres
    good = to_centers <= radius
    reverse_kl = math.inf
    if good.any():
        histogram = np.bincount(nearest[good], minlength=len(centers))
        reverse_kl = max(0.0, float(stats.entropy(histogram, weights)))  # rounding may be below 0
    return ModeCoverage(int((to_points <= radius).sum()), float(good.mean()), reverse_kl)


def _centers(centers: ArrayLike, width: int) -> np.ndarray:
    wanted = f"centers are finite numbers [M, {width}], M at least 1, as wide as the points"
    centers = checks.numbers("centers", wanted, centers)
    if centers.shape[1:] != (width,) or not len(centers):
        raise ValueError(f"{wanted}. Received: shape {list(centers.shape)}.")
    checks.all_good("centers", wanted, centers, np.isfinite(centers))
    return centers


def _weights(weights: ArrayLike | None, num_modes: int) -> np.ndarray:
    if weights is None:
        return np.full(num_modes, 1 / num_modes)
    wanted = f"weights are {num_modes} numbers above 0, one for each mode, that sum to 1"
    weights = checks.numbers("weights", wanted, weights)
    if weights.shape != (num_modes,):
        raise ValueError(f"{wanted}. Received: shape {list(weights.shape)}.")
    checks.all_good("weights", wanted, weights, weights > 0)
    if abs(weights.sum() - 1) > 1e-4:
        raise ValueError(f"{wanted}. Received: a sum of {weights.sum():.6g}.")
    return weights
