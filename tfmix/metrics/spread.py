"""The distance between images of one group: of two draws of a component, or two real images."""

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks

_BATCH = 500  # pairs at a time, which bounds the memory


def pair_distance(
    images: ArrayLike, groups: ArrayLike | None = None, *, seed: int = 0
) -> float | None:
    """The mean distance between two images, or between two images of one group.

    `within_spread` of a model is that of two draws of one component over that of two real images: 1
    where a component varies as the data do, 0 where it is one image. Of a model with classes both
    are distances within classes. It is never far above the spread over all components: twice the
    mean distance between samples of two distributions is at least the sum of those within each
    (Székely, Rizzo, 2013, on the energy distance).

    Args:
        images: Pixels [N, ...] on one scale, N at least 1.
        groups: The component or class of each, ints [N] from 0; None: all are of one group.
        seed: Of the order, in which each image is paired with the next one of its group. So a group
            counts by its number of images.

    Returns:
        The mean Euclidean distance of the pairs; None where no group has two images.

    Raises:
        ValueError: Groups that do not fit the images, or a pixel that is NaN or Inf.
    """
    images = np.asarray(images)
    rows, order = images.reshape(len(images), -1), _checks.generator(seed).permutation(len(images))
    if groups is None:
        groups = np.zeros(len(rows), int)
    groups = _checks.labels(groups, len(rows), name="groups")
    order = order[np.argsort(groups[order], kind="stable")]
    same = groups[order[:-1]] == groups[order[1:]]
    first, second = order[:-1][same], order[1:][same]
    if not len(first):
        return None
    total = 0.0
    for start in range(0, len(first), _BATCH):
        one, other = (rows[each[start : start + _BATCH]] for each in (first, second))
        total += float(np.linalg.norm(one.astype(np.float64) - other, axis=1).sum())
    if not np.isfinite(total):
        raise ValueError(f"`images` takes finite numbers. Received: distances of sum {total}.")
    return total / len(first)
