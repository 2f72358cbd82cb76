"""The distance between each component's images and the real images of its class."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from tfmix.metrics import _checks
from tfmix.metrics.distances import frechet_distance_by_eigenvalues


@dataclasses.dataclass(frozen=True)
class IntraClusterDistance:
    """An intra-cluster Fréchet distance (ICFID).

    Attributes:
        value: The mean over classes, in squared units of the features.
        per_class: Of each class.
        missing: The classes that no component stands for.
    """

    value: float
    per_class: tuple[float, ...]
    missing: tuple[int, ...]


def intra_cluster_distance(
    real: ArrayLike,
    real_labels: ArrayLike,
    fake: ArrayLike,
    fake_labels: ArrayLike,
    component: ArrayLike,
) -> IntraClusterDistance:
    """The mean over classes of the Fréchet distance between its images and its components' images.

    ICFID of SLOGAN (Hwang et al., ICLR 2022), for any number of components. There, components are
    as many as classes, and each class in turn takes the component at the least distance that is
    left. Here a component stands for the class that most of its images are taken for, and the
    images of all components of one class are one set. A class that no component stands for, or
    fewer than 2 F generated images, is compared with the class whose images lie nearest. Where
    components and classes are matched one to one, both are the same.

    Each distance is biased upwards, as FID of few images is: it compares at equal counts.

    Args:
        real: Features of real images that no model was trained on, floats [N, F].
        real_labels: Their classes, ints [N], of which each up to the largest is there.
        fake: Features of generated images, floats [M, F].
        fake_labels: Their classes, as assigned to them, ints [M], none above the largest real one.
        component: The component that each was drawn from, ints [M].

    Raises:
        ValueError: The features are not finite or not of the same width, the labels or components
            do not fit them, or there are fewer than 2 F real images of a class, or 2 F generated
            images for each class.
    """
    real, fake = _checks.pair(real, fake)
    real_labels = _checks.labels(real_labels, len(real), name="real_labels")
    counts, least = np.bincount(real_labels), 2 * real.shape[1]
    fake_labels = _checks.labels(fake_labels, len(fake), len(counts), name="fake_labels")
    component = _checks.labels(component, len(fake), name="component")
    if counts.min() < least or len(fake) < least * len(counts):
        raise ValueError(
            f"ICFID of features {real.shape[1]} wide takes {least} real images of each class and "
            f"{least * len(counts)} generated ones. "
            f"Received: {counts.min()} of one class, {len(fake)} generated."
        )
    table = np.zeros([component.max() + 1, len(counts)], int)
    np.add.at(table, (component, fake_labels), 1)
    stands_for = table.argmax(axis=1)[component]
    sets = [fake[stands_for == label] for label in range(len(counts))]
    enough = [each for each in sets if len(each) >= least]
    per_class = [
        min(
            frechet_distance_by_eigenvalues(real[real_labels == label], each)
            for each in ([own] if len(own) >= least else enough)
        )
        for label, own in enumerate(sets)
    ]
    missing = tuple(label for label, own in enumerate(sets) if len(own) < least)
    return IntraClusterDistance(float(np.mean(per_class)), tuple(per_class), missing)
