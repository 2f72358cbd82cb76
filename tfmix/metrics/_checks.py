"""Checks of the inputs of metrics; each returns the array in the type that is computed with."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix import seeds


def features(name: str, array: ArrayLike) -> np.ndarray:
    """Checks a finite float matrix of at least two rows and returns it as float64 [N, F]."""
    array = np.asarray(array)
    if array.ndim != 2 or len(array) < 2 or not array.shape[1]:
        raise ValueError(
            f"`{name}` takes [N, width] with N at least 2. Received: shape {list(array.shape)}."
        )
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError(f"`{name}` takes floats. Received: {array.dtype}.")
    array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = map(int, bad[0])
        raise ValueError(
            f"`{name}` takes finite numbers. Received: {array[row, column]} at row {row}, "
            f"column {column} ({len(bad)} not finite in all)."
        )
    return array


def pair(
    first: ArrayLike, second: ArrayLike, names: tuple[str, str] = ("real", "fake")
) -> tuple[np.ndarray, np.ndarray]:
    """Checks two sets of features of the same width."""
    first, second = features(names[0], first), features(names[1], second)
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` are features of one extractor, of the same width. "
            f"Received: shapes {list(first.shape)} and {list(second.shape)}."
        )
    return first, second


def probabilities(probs: ArrayLike) -> np.ndarray:
    """Checks class probabilities, whose rows sum to 1, and returns them as float64 [N, C]."""
    probs = features("probs", probs)
    off = np.flatnonzero((probs < 0).any(axis=1) | (np.abs(probs.sum(axis=1) - 1) > 1e-4))
    if len(off):
        row = int(off[0])
        raise ValueError(
            "`probs` takes rows that are at least 0 and sum to 1: a softmax, not logits. Received: "
            f"row {row} with minimum {probs[row].min():.6g} and sum {probs[row].sum():.6g} "
            f"({len(off)} such rows in all)."
        )
    return probs


def labels(
    array: ArrayLike, count: int, num_classes: int | None = None, *, name: str = "labels"
) -> np.ndarray:
    """Checks class numbers [N] from 0, below `num_classes` where it is given."""
    array = np.asarray(array)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"`{name}` takes {count} ints, one for each row. "
            f"Received: {array.dtype} of shape {list(array.shape)}."
        )
    if count and (array.min() < 0 or (num_classes is not None and array.max() >= num_classes)):
        wanted = "at least 0" if num_classes is None else f"in [0, {num_classes - 1}]"
        raise ValueError(f"`{name}` takes ints {wanted}. Received: {array.min()} to {array.max()}.")
    return array


def generator(seed: int) -> np.random.Generator:
    """A new generator from an int32."""
    return np.random.default_rng(seeds.check(seed) % 2**32)
