"""Differentiable augmentation of the real and generated images that a discriminator sees.

With few images a discriminator memorises them. DiffAugment (Zhao et al., NeurIPS 2020) passes real
and generated images through the same random operations, which prevents that; the operations are
differentiable, so that the generator still learns. The distribution of augmented images determines
that of the images, so that the generator gains nothing by drawing augmented ones (Karras et al.,
ADA, NeurIPS 2020, section 2.2): shifts and cutouts are visible, as 0 in place of the background.
"""

import math
from collections.abc import Sequence

import tensorflow as tf
import tensorflow_probability as tfp

from tfmix import checks, seeds

DEFAULT = "default"
_BRIGHTNESS = 0.5  # ranges of DiffAugment, section 3.2 and its authors' code
_SATURATION = 1.0
_CONTRAST = 0.5
_SHIFT = 1 / 8  # of a side
_CUTOUT = 1 / 2  # of a side
_ANGLE, _MOVE, _SIZE = math.pi / 12, 0.1, 0.1  # of `affine`: radians, of a side, around 1
_CHOICE, _OPERATION = 0, 1  # streams of an operation's seed


def augment(
    images: tf.Tensor,
    *,
    seed: int | tf.Tensor,
    operations: str | Sequence[str] = DEFAULT,
    probability: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Applies random operations to each image independently.

    Args:
        images: Floats [B, H, W, C]; 0, the middle of [-1, 1], fills what is shifted in and what is
            cut out.
        seed: An int32, or a tensor int32 [2]; the same seed gives the same augmentation.
        operations: See `chosen`.
        probability: Probability of each operation for each image, in [0, 1]; ADA's p.

    Returns:
        A tensor like `images`, differentiable in them. Color may leave the range.

    Raises:
        ValueError: Images of another shape or type, an unknown operation, or a number outside
            [0, 1] as the probability; a tensor is not checked.
    """
    images = tf.convert_to_tensor(images)
    if images.shape.rank != 4 or not images.dtype.is_floating:
        raise ValueError(
            "Augmentation is for images, floats [B, H, W, C]. "
            f"Received: {images.dtype.name} of shape {tuple(images.shape)}."
        )
    if not tf.is_tensor(probability):
        wanted = "probability lies in [0, 1]"
        checks.number("probability", wanted, probability, lambda p: 0 <= p <= 1)
    seed = seed if tf.is_tensor(seed) else tf.constant([seeds.check(seed), 0])
    if seed.shape != (2,):
        raise ValueError(f"A seed in a tensor is int32 [2]. Received: shape {tuple(seed.shape)}.")
    for name in chosen(operations, images.shape[-1]):
        # From its own number, so that an operation draws the same whatever comes before it.
        own = seeds.fold_in(seed, list(OPERATIONS).index(name))
        augmented = OPERATIONS[name](images, seeds.fold_in(own, _OPERATION))
        taken = _uniform(images, seeds.fold_in(own, _CHOICE)) < tf.cast(probability, images.dtype)
        images = tf.where(taken, augmented, images)
    return images


def chosen(operations: str | Sequence[str], channels: int) -> tuple[str, ...]:
    """Returns the operations that names stand for, in the order in which they are applied.

    Args:
        operations: Names of OPERATIONS, as a sequence or joined by commas, "color,translation".
            "default" stands for color (except for grey images, whose background it would mark),
            translation and cutout. It has no flips, because a mirrored digit is another symbol;
            "default,flip" adds them.
        channels: C of the images.

    Raises:
        ValueError: No operation is given, one is unknown, or one is given twice.
    """
    given = operations.split(",") if isinstance(operations, str) else list(operations)
    usual = ["translation", "cutout"] if channels == 1 else ["color", "translation", "cutout"]
    names = []
    for name in map(str.strip, given):
        names += usual if name == DEFAULT else [name]
    if not names or set(names) - OPERATIONS.keys() or len(set(names)) < len(names):
        raise ValueError(
            f"Augmentation is {DEFAULT}, or some of {', '.join(OPERATIONS)}, each once. "
            f"Received: {operations!r}."
        )
    return tuple(name for name in OPERATIONS if name in names)


def flip(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirrors half of the images on average, left to right.

    This is the only operation that leaks: the discriminator cannot distinguish an image from its
    mirror image, so that the generator draws both. Use it only where a mirror image could be a
    training image.
    """
    return tf.where(_uniform(images, seed) < 0.5, tf.reverse(images, [2]), images)


def color(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Changes brightness by up to 1/2, saturation by 0 to 2 times, contrast by 1/2 to 3/2."""
    brightness, saturation, contrast = (
        2.0 * _uniform(images, seeds.fold_in(seed, i)) - 1.0 for i in range(3)
    )
    images = images + _BRIGHTNESS * brightness
    images = _stretched(images, 1.0 + _SATURATION * saturation, around=[3])
    return _stretched(images, 1.0 + _CONTRAST * contrast, around=[1, 2, 3])


def translation(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Shifts by whole pixels, uniformly up to an eighth of each side."""
    for i, axis in enumerate((1, 2)):
        most = int(_SHIFT * images.shape[axis] + 0.5)
        shift = _integers(2 * most + 1, images, seeds.fold_in(seed, i))
        padded = tf.pad(images, [[most, most] if a == axis else [0, 0] for a in range(4)])
        taken = shift[:, None] + tf.range(images.shape[axis])
        images = tf.gather(padded, taken, axis=axis, batch_dims=1)
    return images


def cutout(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Sets a rectangle of half of each side around a random pixel to 0 (DeVries, Taylor, 2017)."""
    inside = True
    for i, axis in enumerate((1, 2)):
        side = images.shape[axis]
        length = int(_CUTOUT * side + 0.5)
        # The centre of an even length lies between pixels: one more place treats both ends alike.
        first = _integers(side + 1 - length % 2, images, seeds.fold_in(seed, i)) - length // 2
        place = tf.range(side) - first[:, None]
        shape = [-1, side, 1, 1] if axis == 1 else [-1, 1, side, 1]
        inside &= tf.reshape((place >= 0) & (place < length), shape)
    return tf.where(inside, tf.zeros([], images.dtype), images)


def affine(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Turns, shifts and resizes each image a little, so that it still shows the same thing.

    The angle is up to 15 degrees, the shift up to a tenth of each side, the factor of the size
    between 0.9 and 1.1, each uniform; what comes from outside is the nearest pixel. It is no
    augmentation of the game: the generator would learn it.

    Args:
        images: Floats [B, H, W, C].
        seed: int32 [2].
    """
    count, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
    uniform = 2.0 * seeds.uniform([4, count, 1, 1], seed) - 1.0
    angle, size, down, right = tf.unstack(uniform * [[[[_ANGLE]]], [[[_SIZE]]], *[[[[_MOVE]]]] * 2])
    y, x = tf.meshgrid(
        *(tf.range(side, dtype=tf.float32) - (side - 1) / 2 for side in (height, width)),
        indexing="ij",
    )
    cosine, sine = (1.0 + size) * tf.cos(angle), (1.0 + size) * tf.sin(angle)
    along = sine * x + cosine * y + (height - 1) / 2 + height * down
    across = cosine * x - sine * y + (width - 1) / 2 + width * right
    place = tf.reshape(tf.stack([along, across], axis=-1), [-1, height * width, 2])
    # Not Keras's `affine_transform`, whose operation XLA does not know, nor its `map_coordinates`,
    # which takes no batch of unknown size.
    moved = tfp.math.batch_interp_regular_nd_grid(
        place,
        x_ref_min=[0.0, 0.0],
        x_ref_max=[height - 1.0, width - 1.0],
        y_ref=images,
        axis=-3,
        fill_value="constant_extension",
    )
    return tf.reshape(moved, [-1, height, width, channels])


OPERATIONS = {"flip": flip, "color": color, "translation": translation, "cutout": cutout}


def _stretched(images: tf.Tensor, factor: tf.Tensor, around: list[int]) -> tf.Tensor:
    """Multiplies distances from the mean over some axes by a factor."""
    mean = tf.reduce_mean(images, axis=around, keepdims=True)
    return mean + factor * (images - mean)


def _uniform(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """A number in (0, 1) for each image, [B, 1, 1, 1]."""
    return tf.cast(seeds.uniform([tf.shape(images)[0], 1, 1, 1], seed), images.dtype)


def _integers(count: int, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One of 0 .. count - 1 for each image, int32 [B]."""
    return tf.cast(count * seeds.uniform([tf.shape(images)[0]], seed), tf.int32)
