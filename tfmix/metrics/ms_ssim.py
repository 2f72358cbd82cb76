"""The similarity of images within a class: MS-SSIM, by which AC-GAN measures diversity."""

import dataclasses

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from tfmix import checks
from tfmix.metrics import _checks

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the five scales (Wang et al. 2003)
_WINDOW = 11  # pixels: the least side of an image at any scale
_BATCH = 250  # pairs at a time


@dataclasses.dataclass(frozen=True)
class ClassSimilarity:
    """MS-SSIM within classes.

    Attributes:
        value: The mean over the classes with at least two images; lower is more diverse.
        per_class: One value per class; NaN for a class with fewer than two images.
        missing: The classes with fewer than two images.
    """

    value: float
    per_class: tuple[float, ...]
    missing: tuple[int, ...]


def ms_ssim(
    images: ArrayLike, labels: ArrayLike, *, num_pairs: int = 100, seed: int = 0
) -> ClassSimilarity:
    """The mean MS-SSIM of random pairs of each class, averaged over classes.

    It is the measure of AC-GAN (Odena et al., ICML 2017, section 4.2), by TensorFlow's MS-SSIM. Of
    its five scales, small images have only those whose side is at least the 11 pixels of the
    window, with weights scaled to sum 1; images below 11 pixels have one scale, and a window as
    wide as the image. So values can only be compared for images of the same size.

    Args:
        images: Floats [N, H, W, C] in [-1, 1].
        labels: Their classes, ints [N] from 0.
        num_pairs: Number of pairs of different images that are drawn in each class.
        seed: Seed of the pairs.

    Returns:
        The similarity: 1 if the images of each class are the same.

    Raises:
        ValueError: The images are of another shape, type or range, the labels do not fit them, or
            no class has two images.
    """
    images = _images(images)
    labels = _checks.labels(labels, len(images))
    num_pairs = checks.positive_int("num_pairs", num_pairs)
    generator = _checks.generator(seed)
    per_class = np.full(int(labels.max()) + 1, np.nan)
    for label, count in enumerate(np.bincount(labels)):
        if count > 1:
            pairs = _pairs(count, num_pairs, generator)
            per_class[label] = _mean(images[labels == label], *pairs)
    present = per_class[~np.isnan(per_class)]
    if not len(present):
        raise ValueError("MS-SSIM needs a class with at least two images. Received: none.")
    return ClassSimilarity(
        value=float(present.mean()),
        per_class=tuple(per_class.tolist()),
        missing=tuple(np.flatnonzero(np.isnan(per_class)).tolist()),
    )


def _images(images: ArrayLike) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or 0 in images.shape:
        raise ValueError(f"`images` takes [N, H, W, C]. Received: shape {list(images.shape)}.")
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"`images` takes floats in [-1, 1]. Received: {images.dtype}.")
    checks.all_good("images", "images are in [-1, 1]", images, np.abs(images) <= 1)  # NaN is not
    return images.astype(np.float32)


def _pairs(
    count: int, num_pairs: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    first = generator.integers(count, size=num_pairs)
    return first, (first + generator.integers(1, count, size=num_pairs)) % count


def _mean(images: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    side = min(images.shape[1:3])
    weights = [each for n, each in enumerate(_WEIGHTS) if side // 2**n >= _WINDOW] or [1.0]
    scores = [
        tf.image.ssim_multiscale(
            images[first[start : start + _BATCH]] + 1,
            images[second[start : start + _BATCH]] + 1,
            max_val=2.0,
            power_factors=np.divide(weights, sum(weights)).tolist(),
            filter_size=min(_WINDOW, side),
        )
        for start in range(0, len(first), _BATCH)
    ]
    return float(tf.reduce_mean(tf.concat(scores, axis=0)))
