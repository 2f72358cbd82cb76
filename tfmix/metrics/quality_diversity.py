"""Two scores in place of one: how typical each image is, and how varied they are together.

GM-GAN (Ben-Yosef and Weinshall, 2018) proposes to measure quality and diversity apart, as they
conflict. Its formulas are not in our sources; these are ours.
"""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.covariance import LedoitWolf

from tfmix.metrics import _checks
from tfmix.metrics.vendi import vendi, vendi_bandwidth

_ROWS_A_FEATURE = 4  # real images of a class, below which its covariance is no use


@dataclasses.dataclass(frozen=True)
class QualityDiversity:
    """Quality and diversity; real images have about 1 in both.

    Attributes:
        quality: In [0, 2]. 1 is the aim: above it images are more typical of their class than real
            ones, 0 is off every class.
        diversity: At least 0, at most 1.
    """

    quality: float
    diversity: float


class _Class(NamedTuple):
    """The features of one class, [., F]: two halves of its real images, and its generated ones."""

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
    """How typical generated images are of their class, and how varied within it and over classes.

    Quality: on half of the real images of a class its mean and covariance (Ledoit-Wolf) are fitted.
    Of a generated image of the class, q is the share of the other half that lies at least as far
    from the mean, by Mahalanobis distance; quality is twice the mean of q over images.

    Diversity: (1 - T) times the mean over the real classes of min(1, V_fake / V_real). T is the
    total variation between the two class histograms. V is the Vendi score of as many generated as
    held-out real images of the class, by a kernel as wide as the median distance of a real image to
    its 5th neighbour in the class; a class without generated images counts 0.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        real_labels: Their classes, ints [N].
        fake: Features of generated images, floats [M, F].
        fake_labels: The class that each is assigned to, ints [M], none above the largest real one.
        seed: Permutes the rows before they are halved and counted off.

    Returns:
        The two scores.

    Raises:
        ValueError: Features that are not finite or not of one width, labels that do not fit them,
            or a real class of fewer images than 4 times their width.
    """
    real, fake = _checks.pair(real, fake)
    real_labels = _checks.labels(real_labels, len(real), name="real_labels")
    num_classes = int(real_labels.max()) + 1
    fake_labels = _checks.labels(fake_labels, len(fake), num_classes, name="fake_labels")
    width = real.shape[1]
    counts = np.bincount(real_labels)
    smallest = counts[counts > 0].min()
    if smallest < _ROWS_A_FEATURE * width:
        raise ValueError(
            f"Quality takes {_ROWS_A_FEATURE} real images a class for each of {width} features, "
            f"{_ROWS_A_FEATURE * width} in all. Received: {smallest} of class "
            f"{int(np.flatnonzero(counts == smallest)[0])}."
        )
    typical, variety = 0.0, []
    for each in _classes(real, real_labels, fake, fake_labels, _checks.generator(seed)):
        typical += _typical(each)
        variety.append(_variety(each))
    histograms = [
        np.bincount(labels, minlength=num_classes) / len(labels)
        for labels in (real_labels, fake_labels)
    ]
    apart = np.abs(histograms[0] - histograms[1]).sum() / 2
    return QualityDiversity(
        quality=float(2 * typical / len(fake)),
        diversity=float((1 - apart) * np.mean(variety)),
    )


def _classes(
    real: np.ndarray,
    real_labels: np.ndarray,
    fake: np.ndarray,
    fake_labels: np.ndarray,
    generator: np.random.Generator,
) -> Iterator[_Class]:
    for label in np.unique(real_labels):
        of_class = generator.permutation(real[real_labels == label])
        half = (len(of_class) + 1) // 2
        generated = generator.permutation(fake[fake_labels == label])
        yield _Class(of_class[:half], of_class[half:], generated)


def _typical(of: _Class) -> float:
    """The sum over generated images of the share of held-out ones that lie at least as far out."""
    if not len(of.fake):
        return 0.0
    fit = LedoitWolf().fit(of.fitted)
    inner = np.searchsorted(np.sort(fit.mahalanobis(of.held_out)), fit.mahalanobis(of.fake))
    return float((1 - inner / len(of.held_out)).sum())


def _variety(of: _Class) -> float:
    """min(1, V_fake / V_real); 0 without generated images."""
    count = min(len(of.fake), len(of.held_out))
    if not count:
        return 0.0
    width = vendi_bandwidth(of.fitted)
    if not width:
        raise ValueError("`real` takes images that differ within a class. Received: all alike.")
    return min(1.0, vendi(of.fake[:count], width) / vendi(of.held_out[:count], width))
