import dataclasses

import numpy as np
import pytest

from tfmix.evaluation import lacking
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.reference import Planned, Reference

FEATURES = np.random.default_rng(0).normal(size=[80, 2])
LABELS = np.arange(80) % 10
IMAGES = ImageFeatures(np.zeros([80, 8, 8, 1], np.uint8), None, FEATURES, LABELS)
REFERENCE = Reference(IMAGES, IMAGES, 10)


def test_what_lacks_nothing_has_no_reason():
    for reason in (lacking.grey_pixels, lacking.clusters, lacking.likelihood):
        assert reason(Planned(80, False, 10), REFERENCE) is None


def shaped(*shape, count=80):
    images = dataclasses.replace(IMAGES, images=np.zeros([count, *shape], np.uint8))
    return dataclasses.replace(REFERENCE, train=images)


@pytest.mark.parametrize(
    ("reason", "planned", "reference", "said"),
    [
        (lacking.grey_pixels, Planned(80, False), shaped(8, 8, 3), "it is for grey images"),
        (
            lacking.grey_pixels,
            Planned(80, False),
            shaped(7, 9, 1),
            "64 to 4096 pixels; these have 63",
        ),
        (lacking.grey_pixels, Planned(80, False), shaped(80, 80, 1), "these have 6400"),
        (
            lacking.grey_pixels,
            Planned(80, False),
            shaped(8, 8, 1, count=63),
            "64 training images; there are 63",
        ),
        (lacking.grey_pixels, Planned(5, False), REFERENCE, "it takes 6 images on each side"),
        (lacking.clusters, Planned(80, False), REFERENCE, "no components that are known"),
        (lacking.clusters, Planned(80, False, 1), REFERENCE, "or from one"),
        (
            lacking.clusters,
            Planned(80, False, 2),
            dataclasses.replace(REFERENCE, num_classes=None),
            "no labels",
        ),
        (
            lacking.clusters,
            Planned(39, False, 2),
            REFERENCE,
            "40 generated images, 4 for each class; there are 39",
        ),
        (
            lacking.clusters,
            Planned(80, False, 2),
            dataclasses.replace(REFERENCE, num_classes=11),
            "there are 0 of one",
        ),
        (lacking.likelihood, Planned(3, False), REFERENCE, "it takes 4 images on each side"),
    ],
)
def test_the_reason_names_what_is_lacking(reason, planned, reference, said):
    assert said in reason(planned, reference)
