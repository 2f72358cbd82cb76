"""Nearest neighbours among features, in chunks, so that memory never holds all distances."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min, pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors

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
    search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(rows)
    nearest = np.square(search.kneighbors(rows)[0][:, k])  # the row itself is among them
    return nearest * (1 + 1e-9) + _MARGIN * np.square(rows).sum(axis=1).max()


def squared_nearest(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The squared distance of each row [N, F] to the nearest of the others [M, F], [N]."""
    return np.square(pairwise_distances_argmin_min(rows, others)[1])


def in_balls(
    rows: np.ndarray, centers: np.ndarray, *squared_radii: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Which rows [N, F] lie in which balls around centres [M, F], for each set of radii [M].

    Returns:
        For each set of radii, the number of balls that each row lies in, [N], and the number of
        rows that lie in each ball, [M].
    """
    found = [(np.zeros(len(rows), int), np.zeros(len(centers), int)) for _ in squared_radii]
    given, start = {"metric": "euclidean", "squared": True, "working_memory": _MIB}, 0
    for chunk in pairwise_distances_chunked(rows, centers, **given):
        for (of_rows, of_balls), radii in zip(found, squared_radii, strict=True):
            inside = chunk <= radii
            of_rows[start : start + len(chunk)] = np.count_nonzero(inside, axis=1)
            of_balls += np.count_nonzero(inside, axis=0)
        start += len(chunk)
    return found
