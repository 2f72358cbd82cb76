"""Whether the likelihood of features generalises from training images to others."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics.pairwise import euclidean_distances

from tfmix.metrics import _checks

_STEPS = 10  # of expectation maximisation, which brings the gap to within 2 % of its limit
_CACHED = 2**17  # distances
_LEAST = 1e-4  # variance of a Gaussian, where real features have variance 1


def fld_gap(train: ArrayLike, real: ArrayLike, fake: ArrayLike) -> float:
    """The train-test gap of the feature likelihood divergence (FLD).

    A mixture of isotropic Gaussians of equal weights has its means at the generated images, and
    variances that are fitted to training images by maximum likelihood (Jiralerspong et al., NeurIPS
    2023, arXiv 2302.04440). With NLL the mean of -log p(x) / F, in nats,

        gap = 100 (NLL(train) - NLL(real)).

    It is below 0 as far as training images are more likely than others under the generated ones.
    Where generated images are copies, their Gaussians become narrow, and the gap far below 0. The
    fit itself brings it somewhat below 0, the more the fewer the images: it is read beside the gap
    of real images in place of generated ones, at the same counts.

    As in the authors' code, features are standardised by those of `real`, and during the fit one
    more Gaussian of weight 1/2 around the mean takes what lies far from all generated images. The
    fit is by 10 steps of expectation maximisation from the distance to the nearest training image,
    where theirs is by 50 of Adam, and no variance falls below 1e-4.

    Args:
        train: Features of images that the model was trained on, floats [T, F].
        real: Features of real images that it was not trained on, floats [N, F].
        fake: Features of generated images, floats [M, F]. Memory grows as T M.

    Raises:
        ValueError: The features are not finite or not of the same width, or all images of `real`
            have the same.
    """
    real, fake = _checks.pair(real, fake)
    train, _ = _checks.pair(train, fake, names=("train", "fake"))
    varies = np.ptp(real, axis=0) > 0
    if not varies.any():
        raise ValueError("`real` needs images that differ. Received: all the same.")
    train, real, fake = (rows[:, varies] for rows in (train, real, fake))
    mean, std = real.mean(axis=0), real.std(axis=0)
    train, real, fake = ((rows - mean) / std for rows in (train, real, fake))
    variances = _fitted(train, fake)
    likely, other = (_log_likelihood(rows, fake, variances) for rows in (train, real))
    return float(100 * (other - likely) / fake.shape[1])


def _fitted(train: np.ndarray, fake: np.ndarray) -> np.ndarray:
    """The variances [M] of Gaussians around generated images [M, F], fitted to [T, F]."""
    width, to_mean = fake.shape[1], np.square(train - train.mean(axis=0)).sum(axis=1)
    squared = euclidean_distances(train, fake, squared=True)
    variances = np.maximum(squared.min(axis=0) / width, _LEAST)
    background = np.maximum(to_mean.mean() / width, _LEAST)
    for _ in range(_STEPS):
        of_background = _log_density(to_mean, background, width)
        count, summed = np.zeros_like(variances), np.zeros_like(variances)
        shares_of_background = np.empty(len(train))
        for some in _parts(train, fake):
            shares = _log_density(squared[some], variances, width)
            most = np.maximum(shares.max(axis=1), of_background[some])
            np.exp(np.subtract(shares, most[:, None], out=shares), out=shares)
            other = np.exp(of_background[some] - most)
            total = shares.sum(axis=1) + other
            shares_of_background[some] = other / total
            count += (1 / total) @ shares
            shares *= squared[some]
            summed += (1 / total) @ shares
        variances = _variance(count, summed, variances, width)
        by_background = shares_of_background.sum(), shares_of_background @ to_mean
        background = _variance(*by_background, background, width)
    return variances


def _log_likelihood(rows: np.ndarray, fake: np.ndarray, variances: np.ndarray) -> float:
    """The mean over rows [N, F] of the log density of Gaussians of these variances, [M]."""
    total = 0.0
    for some in _parts(rows, fake):
        squared = euclidean_distances(rows[some], fake, squared=True)
        logs = _log_density(squared, variances, fake.shape[1])
        most = logs.max(axis=1, keepdims=True)
        np.exp(np.subtract(logs, most, out=logs), out=logs)
        total += (np.log(logs.sum(axis=1)) + most[:, 0]).sum()
    return total / len(rows)


def _parts(rows: np.ndarray, fake: np.ndarray) -> Iterator[slice]:
    """Parts of the rows, whose distances to all generated images the processor's cache holds."""
    size = max(1, _CACHED // len(fake))
    return (slice(start, start + size) for start in range(0, len(rows), size))


def _log_density(squared: np.ndarray, variances: np.ndarray, width: int) -> np.ndarray:
    """log of variance^(-width / 2) exp(-squared / (2 variance)) / M, [T, M]: 2 pi cancels."""
    logs = squared * (-0.5 / variances)
    logs -= width / 2 * np.log(variances) + np.log(np.size(variances))
    return logs


def _variance(count: np.ndarray, summed: np.ndarray, before: np.ndarray, width: int) -> np.ndarray:
    """The variances that the training images of each Gaussian have; as before where it has none."""
    has = count > np.finfo(float).tiny
    return np.maximum(np.where(has, summed / np.where(has, width * count, 1), before), _LEAST)
