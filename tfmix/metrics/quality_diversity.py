"""Quality and diversity: how typical each image is, and how much images differ.

GM-GAN (Ben-Yosef and Weinshall, 2018) proposes to measure the two separately, as they conflict.
We have no source of its formulas; these are our own.
"""

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.covariance import LedoitWolf

from tfmix.metrics import _checks
from tfmix.metrics.vendi import vendi, vendi_bandwidth

_ROWS_PER_FEATURE = 4  # real images of a class, below which its covariance is too noisy


@dataclasses.dataclass(frozen=True)
class QualityDiversity:
    """Quality and diversity; real images have about 1 in both.

    Attributes:
        quality: In [0, 2]. Above 1, images are more typical of their class than real images; at 0,
            all are far from their class.
        diversity: In [0, 1].
    """

    quality: float
    diversity: float


class _Class(NamedTuple):
    """The features [., F] of one class: two halves of its real images, and its generated images."""

    fitted: np.ndarray
    held_out: np.ndarray
    fake: np.ndarray


def quality_diversity(
    real: ArrayLike,
    real_labels: ArrayLike,
    fake: ArrayLike,
    fake_labels: ArrayLike,
    *,
    seed: int = 0,
) -> QualityDiversity:
    """Measures how typical images are of their class, and how diverse within and over classes.

    Quality: the mean and covariance (Ledoit-Wolf) of a class are fitted to half of its real images.
    For a generated image of the class, q is the share of the other half that is at least as far
    from the mean, by Mahalanobis distance. Quality is twice the mean of q over all images.

    Diversity: (1 - T) times the mean over the real classes of min(1, V_fake / V_real). T is the
    total variation between the two class histograms. V is the Vendi score of the generated and of
    as many held-out real images of the class, with the median distance of a real image to its 5th
    neighbour in the class as bandwidth. A class without generated images counts 0.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        real_labels: Their classes, ints [N].
        fake: Features of generated images, floats [M, F].
        fake_labels: Their classes, as assigned to them, ints [M], none above the largest real one.
        seed: Seed of the permutation of the rows before they are halved and counted.

    Raises:
        ValueError: The features are not finite or not of the same width, the labels do not fit
            them, or a real class has fewer than 4 images for each feature.
    """
    real, fake = _checks.pair(real, fake)
    real_labels = _checks.labels(real_labels, len(real), name="real_labels")
    num_classes = int(real_labels.max()) + 1
    fake_labels = _checks.labels(fake_labels, len(fake), num_classes, name="fake_labels")
    width = real.shape[1]
    counts = np.bincount(real_labels)
    smallest = counts[counts > 0].min()
    if smallest < _ROWS_PER_FEATURE * width:
        raise ValueError(
            f"Quality needs {_ROWS_PER_FEATURE} real images per class for each of {width} "
            f"features, {_ROWS_PER_FEATURE * width} in all. Received: {smallest} of class "
            f"{int(np.flatnonzero(counts == smallest)[0])}."
        )
    typical, diversity, generator = 0.0, [], _checks.generator(seed)
    for label in np.unique(real_labels):
        of_class = generator.permutation(real[real_labels == label])
        half = (len(of_class) + 1) // 2
        generated = generator.permutation(fake[fake_labels == label])
        each = _Class(of_class[:half], of_class[half:], generated)
        typical += _typical(each)
        diversity.append(_diversity(each))
    shares = np.bincount(fake_labels, minlength=num_classes) / len(fake)
    apart = np.abs(counts / len(real) - shares).sum() / 2
    return QualityDiversity(
        quality=float(2 * typical / len(fake)), diversity=float((1 - apart) * np.mean(diversity))
    )


def _typical(of: _Class) -> float:
    """The sum over generated images of the share of held-out images at least as far out."""
    if not len(of.fake):
        return 0.0
    fit = LedoitWolf().fit(of.fitted)
    inner = np.searchsorted(np.sort(fit.mahalanobis(of.held_out)), fit.mahalanobis(of.fake))
    return float((1 - inner / len(of.held_out)).sum())


def _diversity(of: _Class) -> float:
    """min(1, V_fake / V_real); 0 without generated images."""
    count = min(len(of.fake), len(of.held_out))
    if not count:
        return 0.0
    width = vendi_bandwidth(of.fitted)
    if not width:
        raise ValueError("`real` needs images that differ within a class. Received: all the same.")
    return min(1.0, vendi(of.fake[:count], width) / vendi(of.held_out[:count], width))
