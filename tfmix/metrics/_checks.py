"""What the metrics ask of their inputs; each check returns the array as it is computed with."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix import seeds


def features(name: str, array: ArrayLike) -> np.ndarray:
    """A finite float matrix of at least two rows, as float64 [N, F]."""
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


def pair(real: ArrayLike, fake: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of features of one width."""
    real, fake = features("real", real), features("fake", fake)
    if real.shape[1] != fake.shape[1]:
        raise ValueError(
            "`real` and `fake` are features of one extractor, equally wide. "
            f"Received: shapes {list(real.shape)} and {list(fake.shape)}."
        )
    return real, fake


def probabilities(probs: ArrayLike) -> np.ndarray:
    """Rows of class probabilities, float64 [N, C], which sum to 1."""
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


def labels(array: ArrayLike, count: int, num_classes: int) -> np.ndarray:
    """Class numbers [N] in [0, num_classes)."""
    array = np.asarray(array)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"`labels` takes {count} ints, one for each row. "
            f"Received: {array.dtype} of shape {list(array.shape)}."
        )
    if array.min() < 0 or array.max() >= num_classes:
        raise ValueError(
            f"`labels` takes ints in [0, {num_classes - 1}]. "
            f"Received: {array.min()} to {array.max()}."
        )
    return array


def generator(seed: int) -> np.random.Generator:
    """A generator of its own, from an int32."""
    return np.random.default_rng(seeds.check(seed) % 2**32)
