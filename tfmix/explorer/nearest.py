"""Which of a model's own images lie nearest to a picture."""

import dataclasses

import numpy as np

import tfmix

COUNT = 1_000  # images to compare with
_BLOCK = 100  # drawn at a time, so that the page can say how far it is
_PIXELS = "pixels"


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
    """

    def __init__(self, sampler, extractor: str | None):
        self._sampler = sampler
        self._name = extractor
        self._extractor = None
        self._seeds = tfmix.seeds.row_seeds(0, COUNT).numpy()
        self._blocks: list[dict[str, np.ndarray]] = []
        self.by = None

    @property
    def drawn(self) -> int:
        """How many images it holds; `nearest` needs all COUNT."""
        return sum(len(block["images"]) for block in self._blocks)

    def grow(self) -> None:
        """Draws the next block."""
        seeds = self._seeds[self.drawn : self.drawn + _BLOCK]
        block = self._sampler.draw(len(seeds), seed=seeds)
        if self.by is None:
            self._extractor = _extractor(self._name, block["images"].shape[1:])
            self.by = f"features of extractor {self._name}" if self._extractor else _PIXELS
        self._blocks.append({**block, "features": self._features(block["images"])})

    def nearest(self, image: np.ndarray, count: int) -> list[Neighbour]:
        """The images nearest to one.

        Args:
            image: float32 [H, W, C] in [-1, 1].
            count: How many, at most COUNT.

        Returns:
            Them, the nearest first.
        """
        all_of = {
            name: np.concatenate([block[name] for block in self._blocks])
            for name in self._blocks[0]
        }
        distances = np.linalg.norm(all_of["features"] - self._features(image[None]), axis=1)
        nothing = np.full(COUNT, -1)
        return [
            Neighbour(
                tfmix.pictures.to_uint8(all_of["images"][row]),
                int(self._seeds[row]),
                int(all_of.get("component", nothing)[row]),
                int(all_of.get("label", nothing)[row]),
            )
            for row in np.argsort(distances, kind="stable")[:count]
        ]

    def _features(self, images: np.ndarray) -> np.ndarray:
        images = np.clip(images, -1.0, 1.0)
        if self._extractor:
            return self._extractor.features(images)
        return images.reshape(len(images), -1)


def _extractor(name: str | None, shape: tuple[int, ...]):
    """The extractor of that name, where there is one for images of this shape; else None."""
    if name is None:
        return None
    try:
        extractor = tfmix.evaluation.load_extractor(name)
    except (ValueError, OSError):  # a network of the user's that the report names and nobody ships
        return None
    return extractor if extractor.image_shape == shape else None
