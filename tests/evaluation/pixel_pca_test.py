import numpy as np
import pytest
from scipy.spatial.distance import pdist

from tfmix.evaluation import pixel_pca
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.pixel_pca import PixelPCA


def of(images):
    return ImageFeatures(images, None, np.zeros([len(images), 1]))


def test_components_hold_the_distances_between_images(digits):
    """Of digits, which have 64 pixels, all of them."""
    train, test = digits["train"].images, of(digits["test"].images[:50])
    found = PixelPCA(train)(test)
    assert (found.features.shape, found.images is test.images) == ((50, 64), True)
    pixels = test.images.reshape(50, 64) / 255
    np.testing.assert_allclose(pdist(found.features), pdist(pixels), rtol=1e-9)
    shares = found.features.var(axis=0)
    assert shares[0] > 10 * shares[40]  # not whitened
    np.testing.assert_array_equal(PixelPCA(train)(test).features, found.features)


def test_of_many_images_a_fixed_part_is_fitted(digits, monkeypatch):
    images, test = digits["train"].images, of(digits["test"].images[:9])
    monkeypatch.setattr(pixel_pca, "FITTED", 500)
    first, again = (PixelPCA(images)(test).features for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first).sum() != pytest.approx(np.abs(PixelPCA(images[:500])(test).features).sum())
