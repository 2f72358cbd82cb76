"""Images in the eyes of an extractor, and the cache in which real ones are kept."""

import dataclasses
import hashlib
import logging
import os
import pathlib
import zipfile
from collections.abc import Callable

import numpy as np

from tfmix import data, files
from tfmix.evaluation.extractors import Extractor

_LOGGER = logging.getLogger(__name__)
_CHUNK = 500  # images between two calls of `progress`


@dataclasses.dataclass(frozen=True)
class Judged:
    """Images as the metrics see them.

    Attributes:
        images: uint8 [N, H, W, C], as they were made.
        probs: float64 [N, C]; None where the extractor knows no classes.
        features: float64 [N, F].
        labels: Their classes, where they are known: ints [N], of generated images the class that
            was asked for.
        component: Where they were drawn from, ints [N].
        sorted: Whether they come from files, which may be sorted by class, and not from seeds.
    """

    images: np.ndarray
    probs: np.ndarray | None
    features: np.ndarray
    labels: np.ndarray | None = None
    component: np.ndarray | None = None
    sorted: bool = False

    @property
    def predicted(self) -> np.ndarray:
        """The class that the extractor takes each for, ints [N]."""
        return self.probs.argmax(axis=1)


def judge(
    extractor: Extractor,
    images: data.ImageSet,
    cache: str | os.PathLike | None = None,
    tell: Callable[[int], None] = lambda count: None,
) -> Judged:
    """Shows real images to an extractor, or reads from a cache what it said of them before.

    Args:
        extractor: What turns images into predictions and features.
        images: The images. Where they are of another size than the extractor's, they are resized.
        cache: A folder; None: none. A file in it is named by a hash of pixels and extractor, and is
            there whole or not at all. A damaged one is made again, with a warning.
        tell: Called with the number of images that were done since its last call.

    Returns:
        The images with predictions and features.
    """
    kept = None if cache is None else pathlib.Path(cache).expanduser() / _name(extractor, images)
    found = None if kept is None else _read(kept, len(images.images))
    if found is None:
        found = _shown(extractor, images.images, tell)
        if kept is not None:
            _keep(kept, found)
    else:
        tell(len(images.images))
    return Judged(images.images, found.get("probs"), found["features"], images.labels, sorted=True)


def sha256(images: np.ndarray) -> str:
    """Of shape and pixels, in hexadecimal."""
    digest = hashlib.sha256(str((images.dtype, images.shape)).encode())
    digest.update(np.ascontiguousarray(images))
    return digest.hexdigest()


def _shown(
    extractor: Extractor, images: np.ndarray, tell: Callable[[int], None]
) -> dict[str, np.ndarray]:
    probs, features = [], []
    for start in range(0, len(images), _CHUNK):
        chunk = data.from_uint8(images[start : start + _CHUNK]).numpy()
        seen = extractor.probs_and_features(chunk, resize=True)
        probs.append(seen[0])
        features.append(seen[1])
        tell(len(chunk))
    joined = {"features": np.concatenate(features)}
    return joined if probs[0] is None else {"probs": np.concatenate(probs), **joined}


def _name(extractor: Extractor, images: data.ImageSet) -> str:
    seen_by = hashlib.sha256(f"{extractor.sha256} {sha256(images.images)}".encode())
    return f"{extractor.name}_{seen_by.hexdigest()[:24]}.npz"


def _keep(path: pathlib.Path, found: dict[str, np.ndarray]) -> None:
    try:
        with files.atomic_write(path) as beside, open(beside, "wb") as file:
            np.savez(file, **found)
    except OSError as error:  # the evaluation goes on without
        _LOGGER.warning("Features of real images are not kept in %s (%s).", path.parent, error)


def _read(path: pathlib.Path, count: int) -> dict[str, np.ndarray] | None:
    try:
        if not path.exists():
            return None
        with open(path, "rb") as file, np.load(file) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        _LOGGER.warning("%s cannot be read (%s) and is made again.", path, error)
        return None
    if "features" in found and all(len(array) == count for array in found.values()):
        return found
    _LOGGER.warning("%s holds something else than features, and is made again.", path)
    return None
