"""How alike the images of a class look: MS-SSIM within classes, AC-GAN's measure of variety."""

import dataclasses

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from tfmix import checks
from tfmix.metrics import _checks

_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the five scales (Wang et al. 2003)
_WINDOW = 11  # pixels: the side of a scale's smallest image
_BATCH = 250  # pairs at a time


@dataclasses.dataclass(frozen=True)
class ClassSimilarity:
    """MS-SSIM within classes.

    Attributes:
        value: The mean over the classes with at least two images; lower is more varied.
        per_class: One for each class; NaN: fewer than two images.
        missing: The classes with fewer than two images.
    """

    value: float
    per_class: tuple[float, ...]
    missing: tuple[int, ...]


def ms_ssim(
    images: ArrayLike, labels: ArrayLike, *, num_pairs: int = 100, seed: int = 0
) -> ClassSimilarity:
    """The mean MS-SSIM of random pairs of a class, then over classes (AC-GAN, ICML 2017, 4.2).

    MS-SSIM is TensorFlow's. A small image has fewer of its five scales: those whose side is at
    least the window's 11 pixels, with their weights scaled to sum 1, and below 11 pixels one scale
    with a window as wide as the image. So values compare at one size of images alone.

    Args:
        images: Floats [N, H, W, C] in [-1, 1].
        labels: Their classes, ints [N] from 0.
        num_pairs: Pairs of different images that are drawn in each class.
        seed: Draws the pairs.

    Returns:
        The similarity: 1 where the images of each class are the same.

    Raises:
        ValueError: Images of another shape, type or range, labels that do not fit them, or no class
            with two images.
    """
    images = _images(images)
    labels = _checks.labels(labels, len(images))
    num_pairs = checks.positive_int("num_pairs", num_pairs)
    generator = _checks.generator(seed)
    per_class = []
    for label in range(int(labels.max()) + 1):
        of_class = images[labels == label]
        per_class.append(
            _mean(of_class, *_pairs(len(of_class), num_pairs, generator))
            if len(of_class) > 1
            else float("nan")
        )
    per_class = np.array(per_class)
    present = per_class[~np.isnan(per_class)]
    if not len(present):
        raise ValueError("MS-SSIM takes two images of a class. Received: no class with as many.")
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
