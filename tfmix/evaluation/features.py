"""The one way from images to what an extractor makes of them: features and class probabilities."""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable
from typing import Any, Self
from typing import Protocol as Interface

import numpy as np

from tfmix import cache as caches
from tfmix import data, pictures
from tfmix.evaluation.extractors import Extractor

CHUNK = 500  # images that pass the extractor between two reports of progress
_VERSION = "1"  # of what is cached; a change of this code that changes features changes it

Done = Callable[[int], None]  # called with the number of images done since its last call


class Samples(Interface):
    """What draws images: a `tfmix.Sampler` or whatever samples like one."""

    def sample(self, num_samples: int, *, seed: np.ndarray) -> np.ndarray:
        """Images float32 [N, H, W, C] in [-1, 1], row r from seed r."""


@dataclasses.dataclass(frozen=True)
class ImageFeatures:
    """Images with what an extractor makes of them.

    Attributes:
        images: uint8 [N, H, W, C], as they were before they were resized for the extractor.
        probs: float64 [N, C], the probabilities of the extractor's classes; None where it knows no
            classes.
        features: float64 [N, F].
        labels: The class of each where it is known, ints [N]; of generated images the class that
            was asked for.
        component: The component that each was drawn from, ints [N]; None where there is none.
        in_file_order: Whether the images come from files, which may be sorted by class, and not
            from seeds.
    """

    images: np.ndarray
    probs: np.ndarray | None
    features: np.ndarray
    labels: np.ndarray | None = None
    component: np.ndarray | None = None
    in_file_order: bool = False

    @property
    def predicted(self) -> np.ndarray:
        """The most probable class of each image, ints [N]."""
        return self.probs.argmax(axis=1)

    def first(self, count: int) -> Self:
        """A copy of so many images, the first, which does not hold on to the others."""
        arrays = {
            name: value[:count].copy()
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return dataclasses.replace(self, **arrays)


def of_images(
    extractor: Extractor,
    images: data.ImageSet,
    *,
    cache: str | os.PathLike | None = None,
    chunk: int = CHUNK,
    done: Done = lambda count: None,
) -> ImageFeatures:
    """Computes the features of a set of images, or reads them from a cache.

    Args:
        extractor: Whose features. Images of another size than its own are resized.
        images: The images.
        cache: A folder in which features are kept (see `tfmix.cache`); None: none. A file is good
            for the same pixels and the same extractor.
        chunk: Images that pass the extractor at a time, which bounds the memory.
        done: Called with the number of images done since its last call.

    Raises:
        ValueError: The extractor does not take images of this shape.
    """
    path = fingerprint = arrays = None
    if cache is not None:
        fingerprint = _fingerprint(extractor, images.images)
        path = pathlib.Path(cache).expanduser() / f"{extractor.name}_{fingerprint[:24]}.npz"
        arrays = caches.load(path, fingerprint)
    if arrays is not None:
        done(len(images.images))
    else:
        parts = []
        for start in range(0, len(images.images), chunk):
            some = data.from_uint8(images.images[start : start + chunk]).numpy()
            parts.append(extractor.probs_and_features(some, resize=True))
            done(len(some))
        probs, features = (_joined(part) for part in zip(*parts, strict=True))
        arrays = {"features": features} | ({} if probs is None else {"probs": probs})
        if path is not None:
            caches.save(path, fingerprint, arrays)
    return ImageFeatures(
        images.images, arrays.get("probs"), arrays["features"], images.labels, in_file_order=True
    )


def of_samples(
    extractor: Extractor,
    sampler: Samples,
    row_seeds: np.ndarray,
    *,
    chunk: int = CHUNK,
    done: Done = lambda count: None,
    **parameters: Any,
) -> ImageFeatures:
    """Draws images and computes their features.

    Args:
        extractor: Whose features. Images of another size than its own are resized.
        sampler: What draws. Where it has a method `draw`, as a `tfmix.Sampler` has, labels and
            components are taken from it too.
        row_seeds: The seed of each image, ints [N], as of `tfmix.seeds.row_seeds`.
        chunk: Images drawn at a time, which bounds the memory.
        done: Called with the number of images done since its last call.
        **parameters: Sampling parameters for `draw`, such as `scale`.

    Raises:
        ValueError: The extractor does not take images of this shape, or they leave [-1, 1].
    """
    parts = []
    for start in range(0, len(row_seeds), chunk):
        seed = row_seeds[start : start + chunk]
        if hasattr(sampler, "draw"):
            drawn = sampler.draw(len(seed), seed=seed, **parameters)
        else:
            drawn = {"images": sampler.sample(len(seed), seed=seed, **parameters)}
        probs, features = extractor.probs_and_features(drawn["images"], resize=True)
        pixels = pictures.to_uint8(drawn["images"])
        parts.append((pixels, probs, features, drawn.get("label"), drawn.get("component")))
        done(len(seed))
    return ImageFeatures(*map(_joined, zip(*parts, strict=True)))


def sha256(images: np.ndarray) -> str:
    """The SHA-256 of an array's type, shape and pixels, in hexadecimal."""
    digest = hashlib.sha256(str((images.dtype, images.shape)).encode())
    digest.update(np.ascontiguousarray(images))
    return digest.hexdigest()


def _joined(parts: tuple[np.ndarray | None, ...]) -> np.ndarray | None:
    return None if parts[0] is None else np.concatenate(parts)


def _fingerprint(extractor: Extractor, images: np.ndarray) -> str:
    decides = (_VERSION, extractor.sha256, extractor.num_classes, sha256(images))
    return hashlib.sha256(" ".join(map(str, decides)).encode()).hexdigest()
