"""The overlap of real and generated features: precision, recall, density and coverage."""

import dataclasses
import functools

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from tfmix.checks import positive_int
from tfmix.metrics import _checks, _neighbours


@dataclasses.dataclass(frozen=True)
class PrecisionRecall:
    """The shares of each set that lie on the manifold of the other.

    Attributes:
        precision: Share of generated images on the manifold of real images, in [0, 1].
        recall: Share of real images on the manifold of generated images, in [0, 1].
    """

    precision: float
    recall: float


@dataclasses.dataclass(frozen=True)
class DensityCoverage:
    """How generated images fill the balls around real images.

    Attributes:
        density: Mean number of balls that a generated image lies in, divided by k; about 1 for the
            real distribution, and it can be larger.
        coverage: Share of balls that contain a generated image, in [0, 1]; for the real
            distribution it is 1 - (N - 1) ... (N - k) / ((N + M - 1) ... (N + M - k)).
        clipped_density: Density that neither images in crowded regions nor real outliers raise, in
            [0, 1]; about 1 for the real distribution.
        clipped_coverage: The share of generated images of the real distribution, among others far
            away, that would cover as much, in [0, 1]; about 1 for the real distribution.
    """

    density: float
    coverage: float
    clipped_density: float
    clipped_coverage: float


class RealBalls:
    """The balls around real images, by which many sets of generated images are measured.

    The radius of each is the distance to the k-th nearest other real image.

    Args:
        real: Features of real images, floats [N, F].
        k: The number of the neighbour, below N.

    Raises:
        ValueError: The features are not finite, or have at most k rows.
    """

    def __init__(self, real: ArrayLike, k: int):
        real, _ = _checked(real, real, positive_int("k", k), both=False)
        self.k = k
        self.squared_radii = _neighbours.squared_radii(real, k)
        self.clipped = np.minimum(self.squared_radii, np.median(self.squared_radii))
        self._centers = real

    @functools.cached_property
    def ideal(self) -> float:
        """The mean of min(r_i, k) of `density_coverage`, by which clipped density is divided."""
        ((count, _),) = _neighbours.in_balls(self._centers, self._centers, self.clipped)
        return float(np.minimum(count - 1, self.k).mean())  # without its own ball


def precision_recall(
    real: ArrayLike, fake: ArrayLike, k: int = 3, *, balls: RealBalls | None = None
) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al., NeurIPS 2019, equations 1 and 2).

    The manifold of a set is the union of closed balls around its members, whose radius is the
    distance to the k-th nearest other member. The result does not depend on the order of the rows.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: The number of the neighbour that defines the radius of a ball.
        balls: `RealBalls(real, k)`, if they are known already.

    Raises:
        ValueError: The features are not finite or not of the same width, or have at most k rows.
    """
    real, fake = _checked(real, fake, positive_int("k", k), both=True)
    around_real = (balls or RealBalls(real, k)).squared_radii
    around_fake = _neighbours.squared_radii(fake, k)
    precise, recalled = _neighbours.covered(fake, real, around_fake, around_real)
    return PrecisionRecall(precision=float(precise.mean()), recall=float(recalled.mean()))


def density_coverage(
    real: ArrayLike, fake: ArrayLike, k: int = 5, *, balls: RealBalls | None = None
) -> DensityCoverage:
    """Density and coverage, and both clipped.

    Only real images have balls, so that an outlier among the generated images covers nothing. With
    c_j, how many of the balls around real images the generated image j lies in, and n_i, how many
    generated images the ball around the real image i contains:

    - density = mean_j c_j / k and coverage = mean_i [n_i > 0] (Naeem et al., ICML 2020, equations
      3 and 4).
    - clipped density = min(1, mean_j min(c_j, k) / mean_i min(r_i, k)), where no radius is larger
      than the median of all, and r_i is how many balls around other real images the real image i
      lies in (Salvy et al., ICLR 2026, arXiv 2507.01761).
    - clipped coverage = g / M, where g of M images of the real distribution are expected to reach
      mean_i min(n_i, k): it is the sum over i of E[min(n, k)] for a beta-binomial n of g trials,
      with parameters k and N - k (the same paper; here between whole g by a straight line).

    The result does not depend on the order of the rows.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: The number of the neighbour that defines the radius of a ball.
        balls: `RealBalls(real, k)`, if they are known already.

    Raises:
        ValueError: The features are not finite or not of the same width, or have at most k real
            rows.
    """
    real, fake = _checked(real, fake, positive_int("k", k), both=False)
    balls = balls or RealBalls(real, k)
    (lies_in, images), (fewer, _) = _neighbours.in_balls(
        fake, real, balls.squared_radii, balls.clipped
    )
    expected, count = _expected_in_ball(len(real), len(fake), k), np.arange(len(fake) + 1)
    of_this_many = np.interp(np.minimum(images, k).mean(), expected, count)
    return DensityCoverage(
        density=float(lies_in.mean() / k),
        coverage=float((images > 0).mean()),
        clipped_density=float(min(1.0, np.minimum(fewer, k).mean() / balls.ideal)),
        clipped_coverage=float(of_this_many / len(fake)),
    )


def _expected_in_ball(num_real: int, num_fake: int, k: int) -> np.ndarray:
    """E[min(n, k)] of the number n of m images of the real distribution in a ball, [num_fake + 1].

    m is 0 to num_fake. The share of the distribution that lies in the ball of a real image is
    distributed as Beta(k, num_real - k).
    """
    images, few = np.arange(num_fake + 1), np.arange(k)[:, None]
    return k - ((k - few) * stats.betabinom.pmf(few, images, k, num_real - k)).sum(axis=0)


def _checked(real: ArrayLike, fake: ArrayLike, k: int, both: bool) -> list[np.ndarray]:
    real, fake = _checks.pair(real, fake)
    if min(len(real), len(fake) if both else len(real)) <= k:
        sides = "on each side" if both else "of real images"
        raise ValueError(
            f"A k-th neighbour needs more than k = {k} rows {sides}. "
            f"Received: {len(real)} real, {len(fake)} fake."
        )
    return _neighbours.centered(real, fake)
