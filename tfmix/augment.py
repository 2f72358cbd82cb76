"""Differentiable augmentation, of what a discriminator sees of real and generated images.

With few images a discriminator learns them by heart. Shown them and the generated ones through the
same random operations, it cannot, and as the operations pass gradients on, the generator learns
through them: DiffAugment (Zhao et al., NeurIPS 2020). What the operations do to a set of images
tells what the set was, so that the generator gains nothing by drawing augmented ones (Karras et
al., ADA, NeurIPS 2020, section 2.2): shifts and holes show, as 0 in place of the ground.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfmix import checks, seeds

DEFAULT = "default"
_BRIGHTNESS = 0.5  # ranges of DiffAugment, section 3.2 and its authors' code
_SATURATION = 1.0
_CONTRAST = 0.5
_SHIFT = 1 / 8  # of a side
_HOLE = 1 / 2  # of a side
_CHOICE, _OPERATION = 0, 1  # streams of an operation's seed


def augment(
    images: tf.Tensor,
    *,
    seed: int | tf.Tensor,
    operations: str | Sequence[str] = DEFAULT,
    probability: float | tf.Tensor = 1.0,
) -> tf.Tensor:
    """Passes each image through random operations of its own.

    Args:
        images: Floats [B, H, W, C]; 0 is what comes in from outside an image and fills holes, the
            middle of [-1, 1].
        seed: An int32, or a tensor int32 [2]; the same seed augments alike.
        operations: See `chosen`.
        probability: Of each operation on each image, in [0, 1]; ADA's p.

    Returns:
        Of the shape and type of `images`, differentiable in them. The range may be left by color.

    Raises:
        ValueError: Images of another shape or type, an unknown operation, or a probability outside
            [0, 1], as far as it is a number and no tensor.
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
        # By its own number, so that an operation draws alike whatever stands before it.
        own = seeds.fold_in(seed, list(OPERATIONS).index(name))
        augmented = OPERATIONS[name](images, seeds.fold_in(own, _OPERATION))
        taken = _uniform(images, seeds.fold_in(own, _CHOICE)) < tf.cast(probability, images.dtype)
        images = tf.where(taken, augmented, images)
    return images


def chosen(operations: str | Sequence[str], channels: int) -> tuple[str, ...]:
    """The operations that a name, or names, stand for.

    Args:
        operations: Names of OPERATIONS, as a sequence or joined by commas, "color,translation".
            "default" stands for color (but not of grey images, where it would tell strokes from
            ground), translation and cutout. Flips are never among them: a mirrored digit is another
            one; "default,flip" adds them.
        channels: C of the images.

    Returns:
        The names, in the order in which they are applied.

    Raises:
        ValueError: None is given, or one that there is not.
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
    """Mirrors every other image on average, left to right.

    The only one that leaks: which of the two an image was cannot be told, so that the generator
    draws both. Wanted where the mirror image could be a training image, and nowhere else.
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
    """Shifts by whole pixels, up to an eighth of each side and equally likely."""
    for i, axis in enumerate((1, 2)):
        most = int(_SHIFT * images.shape[axis] + 0.5)
        shift = _integers(2 * most + 1, images, seeds.fold_in(seed, i))
        padded = tf.pad(images, [[most, most] if a == axis else [0, 0] for a in range(4)])
        taken = shift[:, None] + tf.range(images.shape[axis])
        images = tf.gather(padded, taken, axis=axis, batch_dims=1)
    return images


def cutout(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Empties a rectangle of half of each side, around any pixel (DeVries, Taylor, 2017)."""
    inside = True
    for i, axis in enumerate((1, 2)):
        side = images.shape[axis]
        hole = int(_HOLE * side + 0.5)
        # A hole of an even side lies between pixels: one more place makes both ends alike.
        first = _integers(side + 1 - hole % 2, images, seeds.fold_in(seed, i)) - hole // 2
        place = tf.range(side) - first[:, None]
        shape = [-1, side, 1, 1] if axis == 1 else [-1, 1, side, 1]
        inside &= tf.reshape((place >= 0) & (place < hole), shape)
    return tf.where(inside, tf.zeros([], images.dtype), images)


OPERATIONS = {"flip": flip, "color": color, "translation": translation, "cutout": cutout}


def _stretched(images: tf.Tensor, factor: tf.Tensor, around: list[int]) -> tf.Tensor:
    """Distances from the mean over some axes, times a factor."""
    mean = tf.reduce_mean(images, axis=around, keepdims=True)
    return mean + factor * (images - mean)


def _uniform(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """A number in (0, 1) for each image, [B, 1, 1, 1]."""
    return tf.cast(seeds.uniform([tf.shape(images)[0], 1, 1, 1], seed), images.dtype)


def _integers(count: int, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """One of 0 .. count - 1 for each image, int32 [B]."""
    return tf.cast(count * seeds.uniform([tf.shape(images)[0]], seed), tf.int32)
