"""Distances between the features of real and of generated images: FID and KID."""

import dataclasses
import functools
import math
import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from tfmix.metrics import _checks, tfgan

_WIDE = 512  # features, above which TF-GAN's singular values take too long
_CUSTOMARY = 10_000  # images on each side, below which the bias of FID is large
_NUM_SIZES = 10  # sample sizes that are extrapolated from, including the full one
_MAX_BLOCK = 1024  # rows of a block of KID, whose cost is quadratic
_MIN_BLOCKS = 10  # blocks of KID, over which its standard error is computed


@dataclasses.dataclass(frozen=True)
class FrechetDistance:
    """A Fréchet distance (FID); `float()` gives the value.

    Attributes:
        value: The distance of all rows, with an upward bias that falls as 1/N.
    """

    value: float
    _features: tuple[np.ndarray, np.ndarray] = dataclasses.field(repr=False, compare=False)

    @property
    def extrapolated(self) -> float:
        """The value extrapolated to infinitely many rows; it can be a little below 0.

        It is computed at the first access, which takes about ten times as long as `value`.
        """
        return float(self._line.intercept)

    @property
    def std_error(self) -> float:
        """The standard error of `extrapolated`, which is the intercept of a regression line."""
        return float(self._line.intercept_stderr)

    @functools.cached_property
    def _line(self):
        return _regress_on_size(*self._features, self.value)

    def __float__(self) -> float:
        return self.value


@dataclasses.dataclass(frozen=True)
class KernelDistance:
    """A kernel distance (KID).

    Attributes:
        value: The distance, unbiased, so it can be negative.
        std_error: Its standard error over blocks of rows.
    """

    value: float
    std_error: float


def frechet_distance(real: ArrayLike, fake: ArrayLike) -> FrechetDistance:
    """|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2) of the two sets' means and covariances.

    FID (Heusel et al. 2017, equation 6), and its value at infinitely many rows by regression in 1/N
    (Chong and Forsyth 2020, arXiv 1911.07023; here both sets are subsampled, so that the bias of
    both is removed). The two sets are assumed to be independent: a set compared with itself has
    value 0 and a negative extrapolated value. Rows are sorted before subsampling, so their order
    changes no number beyond rounding.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].

    Returns:
        The distance, in squared units of the features. Below 10,000 rows it warns.

    Raises:
        ValueError: The features are not finite or not of the same width, or have fewer rows than
            2 F.
    """
    real, fake = _checks.pair(real, fake)
    count, width = min(len(real), len(fake)), real.shape[1]
    if count < 2 * width:
        raise ValueError(
            f"FID of features {width} wide takes at least {2 * width} rows on each side. "
            f"Received: {len(real)} real, {len(fake)} fake."
        )
    if count < _CUSTOMARY:
        warnings.warn(
            f"FID of {count} images is biased upwards: compare it only at this count, or take "
            f".extrapolated ({_CUSTOMARY:,} are customary)",
            stacklevel=2,
        )
    by = tfgan.frechet_distance if width <= _WIDE else frechet_distance_by_eigenvalues
    return FrechetDistance(by(real, fake), (real, fake))


def kernel_distance(real: ArrayLike, fake: ArrayLike, seed: int = 0) -> KernelDistance:
    """The squared MMD of two sets of features under the kernel (x.y / F + 1)^3.

    KID (Bińkowski et al. 2018, arXiv 1801.01401) by TF-GAN's block estimator: the mean of the
    unbiased estimates of blocks of at most 1,024 rows, at least 10 of them where both sets have 20.

    Args:
        real: Features of real images, floats [N, F].
        fake: Features of generated images, floats [M, F].
        seed: Seed of the permutation of the rows before they are divided into blocks.

    Raises:
        ValueError: The features are not finite or not of the same width, or have fewer than 4 rows.
    """
    real, fake = _checks.pair(real, fake)
    fewer, more = sorted((len(real), len(fake)))
    if fewer < 4:
        raise ValueError(
            "KID takes at least 4 rows on each side, two blocks of 2. "
            f"Received: {len(real)} real, {len(fake)} fake."
        )
    num_blocks = min(max(_MIN_BLOCKS, math.ceil(more / _MAX_BLOCK)), fewer // 2)
    generator = _checks.generator(seed)
    real, fake = generator.permutation(real), generator.permutation(fake)
    return KernelDistance(*tfgan.kernel_distance(real, fake, math.ceil(more / num_blocks)))


def frechet_distance_by_eigenvalues(real: np.ndarray, fake: np.ndarray) -> float:
    """FID of float64 [N, F] by symmetric eigenvalues, several times faster than TF-GAN's.

    tr (S1 S2)^1/2 is the sum of the square roots of the eigenvalues of R^T S2 R, if R R^T = S1.
    """
    real_cov, fake_cov = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (real, fake))
    root = _root(real_cov)
    cross = np.linalg.eigvalsh(root.T @ fake_cov @ root)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    roots = np.sqrt(np.maximum(cross, 0))
    return float(shift @ shift + np.trace(real_cov) + np.trace(fake_cov) - 2 * roots.sum())


def _root(covariance: np.ndarray) -> np.ndarray:
    """R with R R^T = the covariance: Cholesky's factor, or another if a feature is constant."""
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        eigenvalues, vectors = np.linalg.eigh(covariance)
        return vectors * np.sqrt(np.maximum(eigenvalues, 0))


def _regress_on_size(real: np.ndarray, fake: np.ndarray, value: float):
    """The regression line of FID on N / n, for n of N rows: at 0, n is infinite."""
    real, fake = _sorted_rows(real), _sorted_rows(fake)
    generator = np.random.default_rng(0)  # fixed, as the subsets are part of the estimator
    factors = np.linspace(1, _largest_factor(real, fake), _NUM_SIZES)
    distances = [value]
    for factor in factors[1:]:
        parts = (
            generator.choice(rows, round(len(rows) / factor), replace=False)
            for rows in (real, fake)
        )
        distances.append(frechet_distance_by_eigenvalues(*parts))
    return stats.linregress(factors, distances)


def _largest_factor(real: np.ndarray, fake: np.ndarray) -> float:
    """5, or less to keep 2 F rows, below which FID is not linear in 1/n, but at least 2."""
    return max(2.0, min(5.0, min(len(real), len(fake)) / (2 * real.shape[1])))


def _sorted_rows(rows: np.ndarray) -> np.ndarray:
    """The rows sorted by their bytes."""
    rows = np.ascontiguousarray(rows + 0.0)  # -0.0 becomes 0.0, so that equal rows have equal bytes
    as_bytes = rows.view(np.dtype((np.void, rows.itemsize * rows.shape[1]))).ravel()
    return rows[np.argsort(as_bytes)]
