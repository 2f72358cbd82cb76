"""Why a score cannot be computed of images: each function gives the reason, or None."""

import numpy as np

from tfmix.evaluation import pixel_pca
from tfmix.evaluation.reference import NEIGHBOURS, Planned, Reference

SPLITS = 10  # of the Inception Score
_ROWS_A_FEATURE = 4  # real images of a class, for quality


def no_classes(planned: Planned, reference: Reference) -> str | None:
    """The extractor tells no classes apart."""
    return "the extractor knows no classes" if reference.real.probs is None else None


def no_data_classes(planned: Planned, reference: Reference) -> str | None:
    """The data have no classes, or others than the extractor."""
    if reference.num_classes is None:
        return "the data have no labels"
    return reference.class_mismatch


def no_asked_classes(planned: Planned, reference: Reference) -> str | None:
    """No class is asked for."""
    unasked = None if planned.labelled else "the model is not asked for classes"
    return unasked or no_data_classes(planned, reference)


def at_least(least: int, planned: Planned, reference: Reference) -> str | None:
    """There are fewer images on one side."""
    num_real, count = len(reference.real.features), planned.count
    few = f"it takes {least} images on each side; there are {num_real} real, {count} generated"
    return few if min(num_real, count) < least else None


def splits(planned: Planned, reference: Reference) -> str | None:
    """For the Inception Score."""
    few = f"it takes {SPLITS} generated images, one for each split; there are {planned.count}"
    return no_classes(planned, reference) or (few if planned.count < SPLITS else None)


def frechet(planned: Planned, reference: Reference) -> str | None:
    """For FID."""
    return at_least(2 * reference.real.features.shape[1], planned, reference)


def quality(planned: Planned, reference: Reference) -> str | None:
    """For quality and diversity."""
    reason = no_data_classes(planned, reference)
    return reason or _few_of_class(_ROWS_A_FEATURE * reference.real.features.shape[1], reference)


def copies(planned: Planned, reference: Reference) -> str | None:
    """For the share of copies."""
    few = "it takes 2 training images; there is 1" if reference.counts["trained_on"] < 2 else None
    return at_least(2, planned, reference) or few


def likelihood(planned: Planned, reference: Reference) -> str | None:
    """For the gap of the feature likelihood, which real images have of their two halves."""
    few = "it takes 2 training images; there is 1" if len(reference.fitted) < 2 else None
    coincide = (
        "the real images coincide" if not np.ptp(reference.real.features, axis=0).any() else None
    )
    return at_least(4, planned, reference) or few or coincide


def pairs(planned: Planned, reference: Reference) -> str | None:
    """For MS-SSIM."""
    reason = no_classes(planned, reference)
    if reason is None and planned.count <= reference.real.probs.shape[1]:
        reason = f"it takes two generated images of a class; there are {planned.count} in all"
    return reason


def vendi(planned: Planned, reference: Reference) -> str | None:
    """For the Vendi score."""
    reason = at_least(NEIGHBOURS + 1, planned, reference)
    return reason or (None if reference.bandwidth else "the real images coincide")


def grey_pixels(planned: Planned, reference: Reference) -> str | None:
    """For scores by principal components of pixels."""
    images, least, most = reference.train.images, pixel_pca.SMALLEST, pixel_pca.LARGEST
    if images.shape[-1] != 1:
        return "it is for grey images"
    if not least <= images[0].size <= most:
        return f"it takes images of {least} to {most} pixels; these have {images[0].size}"
    few = f"it takes {pixel_pca.COMPONENTS} training images; there are {len(images)}"
    few = few if len(images) < pixel_pca.COMPONENTS else None
    return few or at_least(NEIGHBOURS + 1, planned, reference)


def spread(planned: Planned, reference: Reference) -> str | None:
    """For the distance between two draws of one component."""
    if planned.components is None:
        return "the images come from no components that are known"
    least = 2 * planned.components * ((reference.num_classes or 1) if planned.labelled else 1)
    if planned.count < least:
        which = "component and class" if planned.labelled else "component"
        return f"it takes {least} generated images, two of each {which}; there are {planned.count}"
    return None if reference.distance(planned.labelled) else "no two real images differ"


def clusters(planned: Planned, reference: Reference) -> str | None:
    """For the distance between the images of components, or classes asked for, and real classes."""
    if not planned.labelled and (planned.components is None or planned.components < 2):
        return "the images come from no components that are known, or from one"
    reason = no_data_classes(planned, reference)
    if reason is not None:
        return reason
    least = 2 * reference.real.features.shape[1]
    in_all = least * reference.num_classes
    few = f"it takes {in_all} generated images, {least} for each class; there are {planned.count}"
    return _few_of_class(least, reference) or (few if planned.count < in_all else None)


def _few_of_class(least: int, reference: Reference) -> str | None:
    counts = np.bincount(reference.real.labels, minlength=reference.num_classes)
    few = f"it takes {least} real images of each class; there are {counts.min()} of one"
    return few if counts.min() < least else None
