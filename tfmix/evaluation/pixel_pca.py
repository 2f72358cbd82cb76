"""Features that know no classes: principal components of pixels."""

import dataclasses

import numpy as np
from sklearn.decomposition import PCA

from tfmix.evaluation.features import ImageFeatures

COMPONENTS = 64
FITTED = 10_000  # training images that the components are fitted to, at most
SMALLEST, LARGEST = 64, 4_096  # pixels of an image


class PixelPCA:
    """The first 64 principal components of the pixels of training images.

    An extractor that was trained to tell classes apart drops what varies within a class; pixels
    keep it. Components are not whitened: distances are those between images, without what the
    components leave out, and slant and stroke weigh as much as they change an image. Whitened, the
    last component, which is little but noise, would weigh as much as the first.

    Args:
        images: Training images, uint8 [N, H, W, 1], N at least 64; of more than 10,000, as many
            that are drawn by a fixed seed.
    """

    def __init__(self, images: np.ndarray):
        if len(images) > FITTED:
            images = np.random.default_rng(0).permutation(images)[:FITTED]
        self._pca = PCA(COMPONENTS, random_state=0).fit(_rows(images))

    def __call__(self, images: ImageFeatures) -> ImageFeatures:
        """The same images with their components as features, float64 [N, 64]."""
        return dataclasses.replace(images, features=self._pca.transform(_rows(images.images)))


def _rows(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255
