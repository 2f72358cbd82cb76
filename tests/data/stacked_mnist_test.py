import hashlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfmix import data


@pytest.fixture
def mnist():
    """Ten random pictures in place of MNIST."""
    with tfds.testing.mock_data(num_examples=10):
        yield data.load("mnist", "test")


@pytest.fixture
def stacked(mnist):
    return data.load("stacked_mnist", "test")


def test_each_channel_is_an_image_of_mnist_and_the_class_names_the_three(stacked, mnist):
    assert stacked.images.shape == (26_000, 28, 28, 3)
    assert (stacked.num_classes, stacked.class_names[42]) == (1000, "042")
    assert stacked.source["name"] == "stacked_mnist"
    digits = {
        image.tobytes(): label for image, label in zip(mnist.images, mnist.labels, strict=True)
    }
    for image, label in zip(stacked.images[:50], stacked.labels[:50], strict=True):
        a, b, c = (digits[np.ascontiguousarray(image[..., i]).tobytes()] for i in range(3))
        assert label == 100 * a + 10 * b + c


def test_every_triple_comes_alike(stacked, mnist):
    shares = np.bincount(mnist.labels, minlength=10) / 10
    expected = np.einsum("a,b,c->abc", shares, shares, shares).ravel()
    found = np.bincount(stacked.labels, minlength=1000) / 26_000
    np.testing.assert_allclose(found, expected, atol=5 * np.sqrt(expected.max() / 26_000))


def test_it_is_the_same_each_time_and_resized_before_it_is_stacked(stacked, mnist):
    small = data.load("stacked_mnist", "test", image_size=8, channels=3)
    np.testing.assert_array_equal(small.labels, stacked.labels)
    assert small.images.shape == (26_000, 8, 8, 3)
    assert {each.tobytes() for each in small.images[:500, ..., 1]} <= {
        each.tobytes() for each in data.load("mnist", "test", image_size=8).images
    }


def test_refuses(mnist):
    with pytest.raises(ValueError, match="are 3 channels"):
        data.load("stacked_mnist", "test", channels=1)


def test_the_real_one(tfds_dir):
    images = data.load("stacked_mnist", "test", data_dir=tfds_dir)
    assert np.bincount(images.labels, minlength=1000).min() > 0
    digest = hashlib.sha256(images.images[:1000].tobytes()).hexdigest()
    assert digest[:16] == "eaf767d969c59930"
