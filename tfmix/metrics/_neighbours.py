"""Nearest neighbours among features, in chunks, so that memory never holds all distances."""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import pairwise_distances_chunked

_MIB = 64  # of distances in memory at a time
_MARGIN = 1e-12  # of the largest squared norm: above the rounding of |x|^2 + |y|^2 - 2 x.y


def centered(real: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Subtracts the mean of the first set from all sets, so that distances round least."""
    shift = real.mean(axis=0)
    return [real - shift, *(rows - shift for rows in others)]


def squared_radii(rows: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row [N, F] to the k-th nearest of the other rows, [N].

    It is very slightly too large, so that a point at exactly this distance counts as inside the
    ball, however it is rounded.
    """
    nearest = _reduced(rows, rows, lambda chunk: np.partition(chunk, k, axis=1)[:, k])
    return nearest * (1 + 1e-9) + _MARGIN * np.square(rows).sum(axis=1).max()


def squared_nearest(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The squared distance of each row [N, F] to the nearest of the others [M, F], [N]."""
    return _reduced(rows, others, lambda chunk: chunk.min(axis=1))


def balls_around(rows: np.ndarray, centers: np.ndarray, squared_radii: np.ndarray) -> np.ndarray:
    """The number of balls around the centres [M, F] that each row [N, F] lies in, [N]."""
    return _reduced(rows, centers, lambda chunk: (chunk <= squared_radii).sum(axis=1))


def _reduced(
    rows: np.ndarray, others: np.ndarray, reduce: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    given = {"metric": "euclidean", "squared": True, "working_memory": _MIB}
    given["reduce_func"] = lambda chunk, start: reduce(chunk)
    return np.concatenate(list(pairwise_distances_chunked(rows, others, **given)))
