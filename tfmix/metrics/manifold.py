"""How far real and generated features overlap: precision, recall, density, coverage."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from tfmix.checks import positive_int
from tfmix.metrics import _checks, _neighbours


@dataclasses.dataclass(frozen=True)
class PrecisionRecall:
    """How much of one set lies on the manifold of the other.

    Attributes:
        precision: Share of generated images on the real ones' manifold, in [0, 1].
        recall: Share of real images on the generated ones' manifold, in [0, 1].
    """

    precision: float
    recall: float


@dataclasses.dataclass(frozen=True)
class DensityCoverage:
    """How the generated images fill the balls around the real ones.

    Attributes:
        density: Mean number of real balls that a generated image lies in, over k; about 1 for the
            real distribution, and not bounded by it.
        coverage: Share of real balls with a generated image in them, in [0, 1]; for the real
            distribution 1 - (N - 1) ... (N - k) / ((N + M - 1) ... (N + M - k)).
    """

    density: float
    coverage: float


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al., NeurIPS 2019, equations 1 and 2).

    The manifold of a set is the union of the closed balls around its members that reach to their
    k-th nearest other member. The order of the rows changes nothing.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: Which neighbour a ball reaches to.

    Returns:
        Both shares.

    Raises:
        ValueError: Features that are not finite or not of one width, or no more rows than k.
    """
    real, fake = _checked(real, fake, positive_int("k", k), both=True)
    real_radii, fake_radii = (_neighbours.squared_radii(rows, k) for rows in (real, fake))
    return PrecisionRecall(
        precision=float((_neighbours.balls_around(fake, real, real_radii) > 0).mean()),
        recall=float((_neighbours.balls_around(real, fake, fake_radii) > 0).mean()),
    )


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> DensityCoverage:
    """Density and coverage (Naeem et al., ICML 2020, equations 3 and 4).

    Only real images have balls, so that an outlier among the generated ones covers nothing. The
    order of the rows changes nothing.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        k: Which neighbour a ball reaches to.

    Returns:
        Both numbers.

    Raises:
        ValueError: Features that are not finite or not of one width, or no more real rows than k.
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
            f"A k-th neighbour takes more than k = {k} rows {sides}. "
            f"Received: {len(real)} real, {len(fake)} fake."
        )
    return _neighbours.centered(real, fake)
