"""What generated images are compared with, and what is known of them before they are drawn."""

import dataclasses
import functools
from typing import Self

import numpy as np

from tfmix import metrics
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.pixel_pca import PixelPCA

NEIGHBOURS = 5  # of an image, for Vendi's kernel
FITTED = 2_000  # training images that the feature likelihood is fitted to, at most


@dataclasses.dataclass(frozen=True)
class Planned:
    """What is known of generated images before they are drawn.

    Attributes:
        count: How many there are going to be.
        labelled: Whether each is asked for as one of a class.
        components: How many components they come from; None: there are none, or it is not known.
    """

    count: int
    labelled: bool
    components: int | None = None


@dataclasses.dataclass(frozen=True)
class Reference:
    """What generated images are compared with.

    Attributes:
        real: Images that no model was trained on.
        train: Images of the training split.
        num_classes: Of the data; None where they have no labels.
        class_mismatch: Why the extractor's classes are not those of the data; None where they are,
            or where all that is known of them, their number, agrees.
        own: Those of them that the model was trained on; None: all, or it is not known which.
    """

    real: ImageFeatures
    train: ImageFeatures
    num_classes: int | None
    class_mismatch: str | None = None
    own: ImageFeatures | None = None

    @property
    def trained_on(self) -> ImageFeatures:
        """The images that the model was trained on, as far as it is known which."""
        return self.own or self.train

    @property
    def counts(self) -> dict[str, int]:
        """How many training images scores depend on."""
        sets = {"split": self.train, "trained_on": self.trained_on}
        return {name: len(each.features) for name, each in sets.items()} | {
            "fitted": len(self.fitted)
        }

    def distance(self, labelled: bool) -> float | None:
        """Between two real images, of one class where generated ones are `labelled` too."""
        return metrics.pair_distance(self.real.images, self.real.labels if labelled else None)

    @functools.cached_property
    def bandwidth(self) -> float | None:
        """Of Vendi's kernel, from the real images; None: there are too few."""
        features = self.real.features
        return metrics.vendi_bandwidth(features) if len(features) > NEIGHBOURS else None

    def balls(self, k: int) -> metrics.RealBalls:
        """Around the real images, with radii to the k-th neighbour."""
        if k not in self._balls:
            self._balls[k] = metrics.RealBalls(self.real.features, k)
        return self._balls[k]

    @functools.cached_property
    def _balls(self) -> dict[int, metrics.RealBalls]:
        return {}

    @functools.cached_property
    def copy_distance(self) -> float:
        """To a training image, below which an image counts as a copy."""
        return metrics.copy_distance(self.real.features, self.trained_on.features)

    @functools.cached_property
    def fitted(self) -> np.ndarray:
        """Features of at most 2,000 of the images that the model was trained on."""
        return np.random.default_rng(0).permutation(self.trained_on.features)[:FITTED]

    @functools.cached_property
    def pca(self) -> PixelPCA:
        """Features without classes, of the training images."""
        return PixelPCA(self.train.images)

    @functools.cached_property
    def of_pca(self) -> Self:
        """The same reference by these features."""
        return dataclasses.replace(self, real=self.pca(self.real))
