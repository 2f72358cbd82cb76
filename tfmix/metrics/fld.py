"""Whether the likelihood of features generalises from training images to others."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from sklearn.metrics.pairwise import euclidean_distances

from tfmix.metrics import _checks

_STEPS = 10  # of expectation maximisation, which brings the gap to within 2 % of its limit
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
        fake: Features of generated images, floats [M, F]. Memory grows as (T + N) M.

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
    width, to_train = fake.shape[1], euclidean_distances(train, fake, squared=True)
    variances = _fitted(train, to_train)

    def nll(squared: np.ndarray) -> float:
        return -float(special.logsumexp(_log_density(squared, variances, width), axis=1).mean())

    return 100 * (nll(to_train) - nll(euclidean_distances(real, fake, squared=True))) / width


def _fitted(train: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """The variances [M] of Gaussians at squared distances [T, M] from training images [T, F]."""
    width = train.shape[1]
    variances = np.maximum(squared.min(axis=0) / width, _LEAST)
    to_mean = np.square(train - train.mean(axis=0)).sum(axis=1)[:, None]
    background = np.maximum(to_mean.mean(axis=0) / width, _LEAST)
    for _ in range(_STEPS):
        logs = _log_density(squared, variances, width)
        of_background = _log_density(to_mean, background, width)
        total = np.logaddexp(special.logsumexp(logs, axis=1, keepdims=True), of_background)
        variances = _step(np.exp(logs - total), squared, variances, width)
        background = _step(np.exp(of_background - total), to_mean, background, width)
    return variances


def _log_density(squared: np.ndarray, variances: np.ndarray, width: int) -> np.ndarray:
    """log of variance^(-width / 2) exp(-squared / (2 variance)) / M, [T, M]: 2 pi cancels."""
    logs = squared / (-2 * variances)
    logs -= width / 2 * np.log(variances) + np.log(len(variances))
    return logs


def _step(shares: np.ndarray, squared: np.ndarray, before: np.ndarray, width: int) -> np.ndarray:
    """The variances that the training images of each Gaussian have; as before where it has none."""
    count = shares.sum(axis=0)
    has = count > np.finfo(float).tiny
    summed = np.einsum("tm,tm->m", shares, squared)
    return np.maximum(np.where(has, summed / np.where(has, width * count, 1), before), _LEAST)
