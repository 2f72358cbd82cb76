"""The overlap of real and generated features: precision, recall, density and coverage."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

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
    """

    density: float
    coverage: float


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al., NeurIPS 2019, equations 1 and 2).

    The manifold of a set is the union of closed balls around its members, whose radius is the
    distance to the k-th nearest other member. The result does not depend on the order of the rows.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: The number of the neighbour that defines the radius of a ball.

    Raises:
        ValueError: The features are not finite or not of the same width, or have at most k rows.
    """
    real, fake = _checked(real, fake, positive_int("k", k), both=True)
    real_radii, fake_radii = (_neighbours.squared_radii(rows, k) for rows in (real, fake))
    return PrecisionRecall(
        precision=float((_neighbours.balls_around(fake, real, real_radii) > 0).mean()),
        recall=float((_neighbours.balls_around(real, fake, fake_radii) > 0).mean()),
    )


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> DensityCoverage:
    """Density and coverage (Naeem et al., ICML 2020, equations 3 and 4).

    Only real images have balls, so that an outlier among the generated images covers nothing. The
    result does not depend on the order of the rows.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: The number of the neighbour that defines the radius of a ball.

    Raises:
        ValueError: The features are not finite or not of the same width, or have at most k real
            rows.
    """
    real, fake = _checked(real, fake, positive_int("k", k), both=False)
    radii = _neighbours.squared_radii(real, k)
    return DensityCoverage(
        density=float(_neighbours.balls_around(fake, real, radii).mean() / k),
        coverage=float((_neighbours.squared_nearest(real, fake) <= radii).mean()),
    )


def _checked(real: ArrayLike, fake: ArrayLike, k: int, both: bool) -> list[np.ndarray]:
    real, fake = _checks.pair(real, fake)
    if min(len(real), len(fake) if both else len(real)) <= k:
        sides = "on each side" if both else "of real images"
        raise ValueError(
            f"A k-th neighbour needs more than k = {k} rows {sides}. "
            f"Received: {len(real)} real, {len(fake)} fake."
        )
    return _neighbours.centered(real, fake)
