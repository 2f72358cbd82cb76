"""Scores of a classifier's predictions: the inception score and its variant within classes."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks, tfgan

_FLOOR = 1e-12  # of a probability in m-IS, so that its logarithm is finite


@dataclasses.dataclass(frozen=True)
class InceptionScore:
    """An inception score, in [1, C].

    Attributes:
        value: Over all samples.
        mean: Over the splits.
        std: Over the splits, of the population.
    """

    value: float
    mean: float
    std: float


@dataclasses.dataclass(frozen=True)
class ModifiedInceptionScore:
    """A modified inception score, at least 1.

    Attributes:
        value: The mean over the classes that have samples.
        per_class: One score for each class; NaN: no sample.
        missing: The classes without a sample.
        std: Over the classes that have samples, of the population.
    """

    value: float
    per_class: tuple[float, ...]
    missing: tuple[int, ...]
    std: float


def inception_score(probs: ArrayLike, num_splits: int = 10, seed: int = 0) -> InceptionScore:
    """exp(E_x KL(p(y|x) || p(y))), natural logarithm (Salimans et al. 2016, section 4).

    Args:
        probs: The classifier's softmax for each generated image, floats [N, C].
        num_splits: Into how many parts, equal to within one row, the rows go for mean and std.
        seed: Permutes the rows before they are split. The value over all does not depend on it.

    Returns:
        The score: 1 when all predictions agree, C for one-hot predictions, equally many a class.

    Raises:
        ValueError: Rows that are no probabilities, or fewer rows than splits.
    """
    probs = _checks.probabilities(probs)
    if not 1 <= num_splits <= len(probs):
        raise ValueError(
            f"`num_splits` takes 1 to the number of rows, {len(probs)}. Received: {num_splits}."
        )
    shuffled = _checks.generator(seed).permutation(probs)
    scores = [tfgan.inception_score(part) for part in np.array_split(shuffled, num_splits)]
    return InceptionScore(
        value=tfgan.inception_score(probs),
        mean=float(np.mean(scores)),
        std=float(np.std(scores)),
    )


def modified_inception_score(
    probs: ArrayLike, labels: ArrayLike | None = None
) -> ModifiedInceptionScore:
    """exp(E_ij KL(p_i || p_j)) over the samples i, j of one class, then the mean over classes.

    From DeLiGAN (Gurumurthy et al. 2017, arXiv 1706.02071), with j = i included. It is the
    classifier's disagreement within a class, which grows with diversity and with images that are no
    class at all: it says little without the value of real images beside it.

    Args:
        probs: The classifier's softmax for each generated image, floats [N, C].
        labels: The class of each image, ints [N]; by default the most probable one.

    Returns:
        The score: 1 when the samples of each class have one prediction.

    Raises:
        ValueError: Rows that are no probabilities, or labels that do not fit them.
    """
    probs = np.maximum(_checks.probabilities(probs), _FLOOR)
    num_classes = probs.shape[1]
    if labels is None:
        labels = probs.argmax(axis=1)
    else:
        labels = _checks.labels(labels, len(probs), num_classes)
    counts = np.bincount(labels, minlength=num_classes)
    per_class = np.full(num_classes, np.nan)
    for label in np.flatnonzero(counts):
        per_class[label] = np.exp(_mean_divergence(probs[labels == label]))
    present = per_class[counts > 0]
    return ModifiedInceptionScore(
        value=float(present.mean()),
        per_class=tuple(per_class.tolist()),
        missing=tuple(np.flatnonzero(counts == 0).tolist()),
        std=float(present.std()),
    )


def _mean_divergence(probs: np.ndarray) -> float:
    """E_ij KL(p_i || p_j) in O(N): the mean negative entropy less the mean cross term."""
    logs = np.log(probs)
    return (probs * logs).sum(axis=1).mean() - probs.mean(axis=0) @ logs.mean(axis=0)
