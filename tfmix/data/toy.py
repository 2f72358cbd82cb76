"""Toy data sets in the plane, whose modes and weights are known."""

import dataclasses
import zlib
from typing import Any

import numpy as np

from tfmix import checks
from tfmix.data.image_set import RowSet


@dataclasses.dataclass(frozen=True, eq=False)  # comparing arrays gives no single truth value
class PointSet(RowSet):
    """Points in the plane, drawn from a known mixture of isotropic Gaussians.

    Attributes:
        points: float32 [N, 2], N at least 1.
        labels: int32 [N], the mode that each point was drawn from, in 0 .. M-1.
        class_names: A name for each of the M modes.
        centers: The centres of the modes, float64 [M, 2].
        std: The standard deviation of every mode, in each coordinate.
        weights: The mixture weights, float64 [M], above 0 with sum 1.
        source: As in `ImageSet`.

    Raises:
        ValueError: The arrays are of another type or shape, numbers are not finite, or labels, std
            or weights are out of range.
    """

    VALUES = "points"

    points: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    centers: np.ndarray
    std: float
    weights: np.ndarray
    source: dict[str, Any]

    def __post_init__(self):
        points, modes = self.points, self.num_classes
        good = points.dtype == np.float32 and points.shape[1:] == (2,) and len(points)
        checks.array("A PointSet takes float32 points [N, 2], N at least 1", points, good)
        if not np.isfinite(points).all():
            raise ValueError(
                "A PointSet takes finite points. "
                f"Received: {np.sum(~np.isfinite(points))} coordinates that are NaN or infinite."
            )
        self._check_labels()
        for name, shape in (("centers", (modes, 2)), ("weights", (modes,))):
            array = getattr(self, name)
            if array.dtype != np.float64 or array.shape != shape or not np.isfinite(array).all():
                raise ValueError(
                    f"A PointSet of {modes} modes takes {name} that are finite float64 of shape "
                    f"{shape}. Received: {array.dtype} of shape {array.shape}, "
                    f"{np.sum(~np.isfinite(array))} not finite."
                )
        if self.weights.min() <= 0 or abs(self.weights.sum() - 1) > 1e-6:
            raise ValueError(
                "A PointSet takes weights that are above 0 and sum to 1. "
                f"Received: weights={self.weights.tolist()}."
            )
        if not 0 < self.std < np.inf:
            raise ValueError(f"A PointSet takes a finite std above 0. Received: std={self.std!r}.")


@dataclasses.dataclass(frozen=True, eq=False)
class _Mixture:
    centers: np.ndarray
    std: float
    weights: np.ndarray
    counts: dict[str, int]  # of points, by split
    exact: bool = False  # each mode has exactly its share of the points


def _equal(num_modes: int) -> np.ndarray:
    return np.full(num_modes, 1 / num_modes)


def _circle(num_modes: int, first: float) -> np.ndarray:
    """Points at equal angles on the unit circle, the first at an angle in degrees."""
    angles = np.radians(first + 360 / num_modes * np.arange(num_modes))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _magic_weights() -> np.ndarray:
    """Weights in even steps from 1 to 10 on the 5x5 grid, arranged as a pandiagonal magic square.

    Every row, column and diagonal, broken ones too, has a fifth of the weight, so that the weight
    of a mode does not depend on its place. The two digits of a rank in base 5 form Latin squares.
    """
    x, y = np.divmod(np.arange(25), 5)
    ranks = 5 * ((x + 2 * y) % 5) + (x + 3 * y) % 5
    weights = 1 + 9 / 24 * ranks
    return weights / weights.sum()


_MANY, _FEW = {"train": 50_000, "test": 10_000}, {"train": 400, "test": 400}
_SIDE = np.arange(-4.0, 5.0, 2.0)
_GRID = np.stack(np.meshgrid(_SIDE, _SIDE, indexing="ij"), axis=-1).reshape(25, 2)
_MIXTURES = {
    "ring": _Mixture(_circle(8, 0.0), 0.01, _equal(8), _MANY),
    "grid": _Mixture(_GRID, 0.05, _equal(25), _MANY),
    "grid_unequal": _Mixture(_GRID, 0.05, _magic_weights(), _MANY),
    "blobs": _Mixture(_circle(3, 90.0), 0.15, np.array([0.7, 0.2, 0.1]), _MANY),
    "unimodal": _Mixture(np.zeros([1, 2]), 0.3, _equal(1), _FEW),
    "bimodal": _Mixture(np.array([[0.6, 0.6], [-0.6, -0.6]]), 0.15, _equal(2), _FEW, exact=True),
}
NAMES = tuple(_MIXTURES)


def load(name: str, split: str, *, image_size: int, channels: int) -> PointSet:
    """Draws a toy data set, always the same points for a name and split.

    `ring` has 8 modes on the unit circle (std 0.01) and `grid` 25 on {-4, -2, 0, 2, 4}^2
    (std 0.05), as in PacGAN (Lin et al., NeurIPS 2018). `grid_unequal` is that grid with weights in
    even steps from 1 to 10, shuffled. `blobs` has 3 modes (std 0.15) with weights 0.7, 0.2 and 0.1.
    `unimodal` (std 0.3 at the origin) and `bimodal` (std 0.15, exactly half of the points at each
    of (0.6, 0.6) and (-0.6, -0.6)) are those of DeLiGAN's authors (their `src/Toy/dg_toy.py`).

    The splits are `train` (50,000 points) and `test` (10,000); `unimodal` and `bimodal` have 400
    each. Points are in random order.

    Raises:
        ValueError: There is no such split, or `image_size` or `channels` is not 0, as points have
            neither.
    """
    if image_size or channels:
        raise ValueError(
            f"{name} contains points in the plane: image_size and channels must be 0. "
            f"Received: image_size={image_size!r}, channels={channels!r}."
        )
    if split not in ("train", "test"):
        raise ValueError(f"{name} has the splits train, test. Received: split={split!r}.")
    mixture = _MIXTURES[name]
    modes, count = len(mixture.centers), mixture.counts[split]
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(f"{name}/{split}".encode())))
    if mixture.exact:
        each = np.rint(count * mixture.weights).astype(int)
        labels = generator.permutation(np.repeat(np.arange(modes), each))
    else:
        labels = generator.choice(modes, count, p=mixture.weights)
    points = mixture.centers[labels] + mixture.std * generator.normal(size=[count, 2])
    return PointSet(
        points.astype(np.float32),
        labels.astype(np.int32),
        tuple(str(mode) for mode in range(modes)),
        mixture.centers.copy(),
        mixture.std,
        mixture.weights.copy(),
        {"name": name, "version": None, "split": split, "count": count},
    )
