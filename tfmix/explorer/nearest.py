"""Which of a model's own images lie nearest to a picture."""

import dataclasses

import numpy as np

import tfmix
from tfmix.evaluation import features

COUNT = 1_000  # images to compare with
_BLOCK = 100  # drawn at a time, so that the page can say how far it is


@dataclasses.dataclass(frozen=True)
class Neighbour:
    """An image of the model.

    Attributes:
        image: uint8 [H, W, C].
        seed: That draws it.
        component: That it came from; -1 where the model knows none.
        label: Its class; -1 where the model knows none.
    """

    image: np.ndarray
    seed: int
    component: int
    label: int


class Pool:
    """Images of the seeds `tfmix.seeds.row_seeds(0, COUNT)`, drawn a block at a time.

    Args:
        sampler: What draws them.
        extractor: Name of the network by whose features images are compared; None, or one that
            is not there or takes images of another shape: by their pixels.

    Attributes:
        by: What images are compared by, in words.
    """

    def __init__(self, sampler, extractor: str | None):
        self._sampler = sampler
        loaded = _extractor(extractor, tuple(sampler.describe()["image_shape"]))
        self._extractor = loaded or _Pixels()
        self.by = f"features of extractor {extractor}" if loaded else "pixels"
        self._seeds = tfmix.seeds.row_seeds(0, COUNT).numpy()
        self._blocks: list[features.ImageFeatures] = []

    @property
    def drawn(self) -> int:
        """How many images it holds; `nearest` needs all COUNT."""
        return sum(len(block.images) for block in self._blocks)

    def grow(self) -> None:
        """Draws the next block."""
        row_seeds = self._seeds[self.drawn : self.drawn + _BLOCK]
        self._blocks.append(features.of_samples(self._extractor, self._sampler, row_seeds))

    def nearest(self, image: np.ndarray, count: int) -> list[Neighbour]:
        """The `count` images nearest to a float32 [H, W, C] in [-1, 1], the nearest first."""
        _, wanted = self._extractor.probs_and_features(image[None])
        pool = np.concatenate([block.features for block in self._blocks])
        found = []
        for row in np.argsort(np.linalg.norm(pool - wanted, axis=1), kind="stable")[:count]:
            block, place = self._blocks[row // _BLOCK], row % _BLOCK
            known = (block.component, block.labels)
            component, label = (-1 if each is None else int(each[place]) for each in known)
            image, seed = block.images[place], int(self._seeds[row])
            found.append(Neighbour(image, seed, component, label))
        return found


class _Pixels:
    """What stands in for an extractor: the pixels themselves are the features."""

    def probs_and_features(self, images: np.ndarray, *, resize: bool = False) -> tuple:
        return None, np.clip(images, -1.0, 1.0).reshape(len(images), -1)


def _extractor(name: str | None, shape: tuple[int, ...]) -> tfmix.evaluation.Extractor | None:
    """The extractor of that name, where there is one for images of this shape; else None."""
    try:
        extractor = name and tfmix.evaluation.load_extractor(name)
    except (ValueError, OSError):  # a network of the user's that the report names and nobody ships
        return None
    return extractor if extractor and extractor.image_shape == shape else None
