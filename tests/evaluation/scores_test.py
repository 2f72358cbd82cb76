"""Scores of images that are made up, by features that are made up."""

import numpy as np
import pytest

from tfmix import metrics
from tfmix.evaluation import scores
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.reference import Reference


def normal(count, seed, width=8):
    return np.random.default_rng(seed).normal(size=[count, width])


def test_kid_does_not_depend_on_the_units_of_features():
    real, fake = normal(400, 0), 1.2 * normal(300, 1) + 0.1
    found = scores.kernel_distance(real, fake)
    for factor in (1e-3, 3.0, 1e3):
        again = scores.kernel_distance(factor * real, factor * fake)
        assert again.value == pytest.approx(found.value, rel=1e-9)
        assert again.std_error == pytest.approx(found.std_error, rel=1e-9)
    # Of features with unit mean square it is the textbook's.
    unit = np.sqrt(np.square(real).mean())
    assert found == metrics.kernel_distance(real / unit, fake / unit)
    assert scores.kernel_distance(0 * real, 0 * fake).value == 0


def test_classes_that_are_asked_for_take_the_place_of_components():
    classes = np.repeat([0, 1], 200)

    def images(seed, **beside):
        pixels, probs = np.zeros([400, 2, 2, 1], np.uint8), np.eye(2)[classes]
        return ImageFeatures(pixels, probs, normal(400, seed) + 9 * classes[:, None], **beside)

    reference = Reference(images(0, labels=classes), images(1, labels=classes), 2)
    mixed = np.tile([0, 1], 200)  # components of both classes

    def icfid(**beside):
        return scores.compute(images(2, **beside), reference, only=("icfid",))["icfid"]["value"]

    assert icfid(component=mixed, labels=classes) == icfid(component=classes) < 1
    assert icfid(component=mixed) > 9
