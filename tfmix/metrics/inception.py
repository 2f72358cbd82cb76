"""Scores of the predictions of a classifier: inception score and modified inception score."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks, tfgan

_FLOOR = 1e-12  # the least probability in m-IS, so that its logarithm is finite


@dataclasses.dataclass(frozen=True)
class InceptionScore:
    """An inception score, in [1, C].

    Attributes:
        value: The score of all samples.
        mean: The mean over the splits.
        std: The population standard deviation over the splits.
    """

    value: float
    mean: float
    std: float


@dataclasses.dataclass(frozen=True)
class ModifiedInceptionScore:
    """A modified inception score, at least 1.

    Attributes:
        value: The mean over the classes that have samples.
        per_class: One score per class; NaN for a class without samples.
        missing: The classes without samples.
        std: The population standard deviation over the classes that have samples.
    """

    value: float
    per_class: tuple[float, ...]
    missing: tuple[int, ...]
    std: float


def inception_score(probs: ArrayLike, num_splits: int = 10, seed: int = 0) -> InceptionScore:
    """exp(E_x KL(p(y|x) || p(y))), natural logarithm (Salimans et al. 2016, section 4).

    Args:
        probs: The classifier's softmax for each generated image, floats [N, C].
        num_splits: The number of parts, equal to within one row, for mean and std.
        seed: Seed of the permutation of the rows before they are split. `value` does not depend on
            it.

    Returns:
        The score: 1 if all predictions are the same, C for one-hot predictions that are equally
        many for each class.

    Raises:
        ValueError: The rows are not probabilities, or fewer than the splits.
    """
    probs = _checks.probabilities(probs)
    if not 1 <= num_splits <= len(probs):
        raise ValueError(
            f"`num_splits` takes 1 to the number of rows, {len(probs)}. Received: {num_splits}."
        )
    shuffled = _checks.generator(seed).permutation(probs)
    scores = [tfgan.inception_score(part) for part in np.array_split(shuffled, num_splits)]
    value = tfgan.inception_score(probs)
    return InceptionScore(value, mean=float(np.mean(scores)), std=float(np.std(scores)))


def modified_inception_score(
    probs: ArrayLike, labels: ArrayLike | None = None
) -> ModifiedInceptionScore:
    """exp(E_ij KL(p_i || p_j)) over the samples i, j of one class, then the mean over classes.

    From DeLiGAN (Gurumurthy et al. 2017, arXiv 1706.02071), with j = i included. It measures how
    much predictions differ within a class. It grows with diversity, but also with images of no
    class, so compare it with the value of real images.

    Args:
        probs: The classifier's softmax for each generated image, floats [N, C].
        labels: The class of each image, ints [N]; by default the most probable class.

    Returns:
        The score: 1 if all samples of each class have the same prediction.

    Raises:
        ValueError: The rows are not probabilities, or the labels do not fit them.
    """
    probs = np.maximum(_checks.probabilities(probs), _FLOOR)
    num_classes = probs.shape[1]
    labels = probs.argmax(axis=1) if labels is None else labels
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
    """E_ij KL(p_i || p_j) in O(N): the mean negative entropy minus the mean cross term."""
    logs = np.log(probs)
    return (probs * logs).sum(axis=1).mean() - probs.mean(axis=0) @ logs.mean(axis=0)
