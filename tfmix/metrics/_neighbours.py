"""Nearest neighbours among features, in chunks, so that memory never holds all distances."""

from collections.abc import Iterator

import numpy as np

_MIB = 64  # of distances in memory at a time
_MARGIN = 1e-12  # of the largest squared norm: above the rounding of |x|^2 + |y|^2 - 2 x.y
_FEW = 1024  # others, whose k-th nearest bounds the k-th nearest of all
_LEFT_OUT = 0.01  # of the sum of squares, by the axes that a first search does without
_PAIRS = 4096  # whose differences are in memory at a time


def centered(real: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Subtracts the mean of the first set from all sets, so that distances round least."""
    shift = real.mean(axis=0)
    return [real - shift, *(rows - shift for rows in others)]


def squared_radii(rows: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row [N, F] to the k-th nearest of the other rows, [N].

    It is very slightly too large, so that a point at exactly this distance counts as inside the
    ball, however it is rounded.
    """
    found = np.empty(len(rows))
    few = max(_FEW, k + 1)
    for some, squared in _chunks(rows, rows):
        bound = np.partition(squared[:, :few], k, axis=1)[:, k]  # the row itself is among them
        row, column = _where(squared <= bound[:, None])
        near = squared[row, column]
        near = near[np.lexsort([near, row])]
        found[some] = near[np.searchsorted(row, np.arange(len(squared))) + k]
    largest = _norms(rows).max()
    return np.maximum(found, 0.0) * (1 + 1e-9) + _MARGIN * largest


def nearest(rows: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the others [M, F] is nearest to each row [N, F], and its squared distance, both [N].

    A distance along the principal axes of the others alone, which hold most of their variance, is
    less than the whole one. Such products in float32 leave the few pairs that may be the nearest
    whatever was rounded. The distances of these are taken in float64.
    """
    largest = max(_norms(rows).max(), _norms(others).max())
    rounding = 4 * (rows.shape[1] + 4) * float(np.finfo(np.float32).eps) * largest
    index, distance = np.empty(len(rows), int), np.empty(len(rows))
    axes = _principal_axes(others)
    for some, squared in _chunks(rows @ axes, others @ axes, np.float32):
        near = squared.argmin(axis=1)
        most = np.square(rows[some] - others[near]).sum(axis=1, keepdims=True) + rounding
        row, column = _where(squared <= most.astype(np.float32))
        exact = np.empty(len(row))
        for start in range(0, len(row), _PAIRS):
            pairs = slice(start, start + _PAIRS)
            difference = rows[some][row[pairs]] - others[column[pairs]]
            exact[pairs] = np.square(difference).sum(axis=1)
        order = np.lexsort([column, exact, row])  # of equally near ones the first
        first = order[np.searchsorted(row, np.arange(len(squared)))]
        index[some], distance[some] = column[first], exact[first]
    return index, distance


def covered(
    rows: np.ndarray, others: np.ndarray, around_rows: np.ndarray, around_others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows [N, F] lie in balls around the others [M, F], and which others in theirs.

    Args:
        rows: Points.
        others: Points.
        around_rows: Squared radii of the balls around rows, [N].
        around_others: Of those around the others, [M].

    Returns:
        Both bool, [N] and [M].
    """
    of_rows, of_others = np.zeros(len(rows), bool), np.zeros(len(others), bool)
    for some, squared in _chunks(rows, others):
        of_rows[some] = (squared <= around_others).any(axis=1)
        of_others |= (squared <= around_rows[some, None]).any(axis=0)
    return of_rows, of_others


def in_balls(
    rows: np.ndarray, centers: np.ndarray, *squared_radii: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Which rows [N, F] lie in which balls around centres [M, F], for each set of radii [M].

    Returns:
        For each set of radii, the number of balls that each row lies in, [N], and the number of
        rows that lie in each ball, [M].
    """
    found = [(np.zeros(len(rows), int), np.zeros(len(centers), int)) for _ in squared_radii]
    largest = np.max(squared_radii, axis=0)
    for some, squared in _chunks(rows, centers):
        row, column = _where(squared <= largest)
        near = squared[row, column]
        for (of_rows, of_balls), radii in zip(found, squared_radii, strict=True):
            inside = near <= radii[column]
            of_rows[some] = np.bincount(row[inside], minlength=len(squared))
            of_balls += np.bincount(column[inside], minlength=len(centers))
    return found


def _chunks(
    rows: np.ndarray, others: np.ndarray, dtype: type = np.float64
) -> Iterator[tuple[slice, np.ndarray]]:
    """Squared distances of some rows at a time to all others, which hold until the next.

    Each is one product of wider rows: (-2 x, |x|^2, 1) . (y, 1, |y|^2).
    """
    left = np.concatenate([-2 * rows, _norms(rows), np.ones([len(rows), 1])], axis=1)
    right = np.concatenate([others, np.ones([len(others), 1]), _norms(others)], axis=1)
    left, right = left.astype(dtype), right.astype(dtype).T
    size = max(1, min(len(rows), int(_MIB * 2**20 / (len(others) * right.itemsize))))
    memory = np.empty([size, len(others)], dtype)
    for start in range(0, len(rows), size):
        some = left[start : start + size]
        yield slice(start, start + size), np.matmul(some, right, out=memory[: len(some)])


def _principal_axes(rows: np.ndarray) -> np.ndarray:
    """The orthonormal axes, [F, A], that hold nearly all of the sum of squares of rows [N, F]."""
    squares, axes = np.linalg.eigh(rows.T @ rows)  # the smallest first
    left_out = np.cumsum(squares) <= _LEFT_OUT * squares.sum()
    return axes[:, left_out.sum() :]


def _norms(rows: np.ndarray) -> np.ndarray:
    return np.square(rows).sum(axis=1, keepdims=True)


def _where(few: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`np.nonzero` of a matrix with few true entries, several times faster."""
    return np.divmod(np.flatnonzero(few), few.shape[1])
