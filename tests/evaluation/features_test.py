import copy

import numpy as np
import pytest

import tfmix
from tfmix.evaluation import features


@pytest.fixture
def counted(extractor):
    """The extractor, with the counts of images that passed it."""

    def passing(images, *, resize=False):
        counted.passed.append(len(images))
        return extractor.probs_and_features(images, resize=resize)

    counted = copy.copy(extractor)
    counted.passed, counted.probs_and_features = [], passing
    return counted


@pytest.fixture(scope="module")
def few(digits):
    return digits["test"].subset(20, seed=0)


def test_a_set_of_images_comes_with_features_probabilities_and_labels(extractor, digits):
    found = features.of_images(extractor, digits["test"])
    probs, expected = extractor.probs_and_features(tfmix.data.from_uint8(digits["test"].images))
    np.testing.assert_array_equal(found.features, expected)
    np.testing.assert_array_equal(found.probs, probs)
    np.testing.assert_array_equal(found.predicted, probs.argmax(axis=1))
    np.testing.assert_array_equal(found.labels, digits["test"].labels)
    assert found.in_file_order


def test_samples_are_drawn_chunk_by_chunk(counted, digits, replay):
    done = []
    seeds = np.arange(90, 90 + 25, dtype=np.int32)
    found = features.of_samples(counted, replay, seeds, chunk=10, done=done.append)
    assert counted.passed == done == [10, 10, 5]
    np.testing.assert_array_equal(found.images, digits["train"].images[90:115])
    assert (found.labels, found.component, found.in_file_order) == (None, None, False)


def test_what_draw_says_of_samples_is_kept(extractor):
    sampler = tfmix.load("deligan_digits")
    seeds = np.arange(6, dtype=np.int32)
    drawn = sampler.draw(6, seed=seeds, scale=0.5)
    found = features.of_samples(extractor, sampler, seeds, chunk=4, scale=0.5)
    np.testing.assert_array_equal(found.component, drawn["component"])
    np.testing.assert_allclose(found.features, extractor.features(drawn["images"]), rtol=1e-5)


def test_a_cache_is_good_for_the_same_pixels_and_extractor(counted, digits, few, tmp_path):
    plain = features.of_images(counted, few)
    for images, passed in ((few, 2), (few, 2), (digits["test"].subset(20, seed=1), 3)):
        features.of_images(counted, images, cache=tmp_path)
        assert len(counted.passed) == passed
    counted.sha256 = "another"
    features.of_images(counted, few, cache=tmp_path)
    assert len(counted.passed) == 4
    cached = features.of_images(counted, few, cache=tmp_path)
    np.testing.assert_array_equal(cached.features, plain.features)
    np.testing.assert_array_equal(cached.probs, plain.probs)
