"""Parts that the networks share."""

import itertools
from collections.abc import Callable, Iterator, Mapping

import keras
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import integers, one_of, positive_int
from tfmix.networks.spectral import SpectralNormalization

GENERATOR, DISCRIMINATOR = 0, 1
_VECTORS = 1_000  # in the path of a seed, above the numbers of a network's layers
NORMS = ("none", "batch", "layer", "spectral")


class Network(keras.Model):
    """A Functional model that is saved as its class and the arguments of its constructor."""

    def _keep(self, dtype: str, **arguments: object) -> None:
        """Keeps the constructor's arguments as attributes, sequences as tuples."""
        self.policy_name = dtype
        self._kept = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        kept = {name: getattr(self, name) for name in self._kept}
        listed = {n: list(v) if isinstance(v, tuple) else v for n, v in kept.items()}
        listed = {n: dict(v) if isinstance(v, Mapping) else v for n, v in listed.items()}
        own = {"name": self.name, "trainable": self.trainable}
        return {**own, **listed, "dtype": self.policy_name}


@keras.saving.register_keras_serializable(package="tfmix")
class MinibatchDiscrimination(keras.layers.Layer):
    """Appends to each row its closeness to the other rows of its batch.

    A row x becomes M = x T in [kernels, dim]; kernel b of row i gives
    o_ib = sum over the other rows j of exp(-|M_ib - M_jb|_1), so that a discriminator notices a
    batch of near copies (Improved GAN, NeurIPS 2016, section 3.2; DeLiGAN's MNIST discriminator has
    64 kernels of 5 dimensions).

    Args:
        num_kernels: Numbers to append.
        kernel_dim: Dimensions in which a kernel measures distance.
        seed: Seed of T.
        **kwargs: See `keras.layers.Layer`.

    Shapes: [B, F] -> [B, F + num_kernels].
    """

    mixes_rows = True

    def __init__(self, num_kernels: int, kernel_dim: int = 5, *, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.num_kernels = num_kernels
        self.kernel_dim = kernel_dim
        self.seed = seed

    def build(self, input_shape: tuple[int | None, int]) -> None:
        """Makes T, [F, kernels * dim]."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.num_kernels * self.kernel_dim),
            initializer=keras.initializers.GlorotUniform(self.seed),
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Appends the closeness of each row to the others; see the class."""
        projected = tf.matmul(inputs, self.kernel)
        projected = tf.reshape(projected, [-1, self.num_kernels, self.kernel_dim])
        distance = tf.reduce_sum(tf.abs(projected[:, None] - projected[None]), axis=-1)
        closeness = tf.reduce_sum(tf.exp(-distance), axis=1) - 1.0  # without the row itself
        return tf.concat([inputs, closeness], axis=-1)

    def compute_output_shape(self, input_shape: tuple[int | None, int]) -> tuple[int | None, int]:
        """[B, F + num_kernels]."""
        return (*input_shape[:-1], input_shape[-1] + self.num_kernels)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        own = {"num_kernels": self.num_kernels, "kernel_dim": self.kernel_dim, "seed": self.seed}
        return {**super().get_config(), **own}


def normal_initializers(seed: int, role: int) -> Iterator[keras.initializers.Initializer]:
    """N(0, 0.02^2) for one layer after another, each with its own seed (DCGAN, 2016).

    The role is GENERATOR or DISCRIMINATOR, so that a pair with the same seed shares no weights.
    """
    for i in itertools.count():
        yield keras.initializers.RandomNormal(stddev=0.02, seed=seeds.spawn(seed, role, i))


def he_initializers(seed: int, role: int) -> Iterator[keras.initializers.Initializer]:
    """He's normal for one layer after another, for networks without a norm; see above."""
    for i in itertools.count():
        yield keras.initializers.HeNormal(seed=seeds.spawn(seed, role, i))


def glorot_initializers(seed: int, role: int) -> Iterator[keras.initializers.Initializer]:
    """Glorot's uniform for one layer after another; see `normal_initializers`."""
    for i in itertools.count():
        yield keras.initializers.GlorotUniform(seed=seeds.spawn(seed, role, i))


def discriminator_norm(norm: str, seed: int, dtype: str) -> tuple[Callable, Callable]:
    """Builds the normalisation of a discriminator.

    Args:
        norm: "none"; "batch"; "layer", over the whole image with a scale per channel (Ba et al.,
            2016), for penalties on the gradient at single images; or "spectral", of every kernel;
            another one is a ValueError.
        seed: Seed of the network.
        dtype: Dtype policy of the layers that normalise.

    Returns:
        A function that wraps each layer with a kernel, and one that makes the layer after it, or
        None.
    """
    one_of("norm", norm, NORMS)
    numbers = itertools.count()

    def wrap(layer: keras.layers.Layer) -> keras.layers.Layer:
        if norm != "spectral":
            return layer
        spawned = seeds.spawn(seed, DISCRIMINATOR, _VECTORS, next(numbers))
        return SpectralNormalization(layer, seed=spawned, name=layer.name)

    def follow() -> keras.layers.Layer | None:
        if norm == "batch":
            return keras.layers.BatchNormalization(momentum=0.9, dtype=dtype)
        if norm == "layer":
            return keras.layers.GroupNormalization(groups=1, dtype=dtype)
        return None

    return wrap, follow


def rectified(
    x: keras.KerasTensor,
    norm: keras.layers.Layer | None,
    dtype: str,
    activation: str = "leaky_relu",
) -> keras.KerasTensor:
    """A discriminator's map, normalised unless `norm` is None, under an activation.

    Args:
        x: The map.
        norm: What normalises it, or None.
        dtype: Dtype policy of the activation.
        activation: A name that Keras knows; "leaky_relu" is of slope 0.2.
    """
    x = x if norm is None else norm(x)
    if activation == "leaky_relu":
        return keras.layers.LeakyReLU(0.2, dtype=dtype)(x)
    return keras.layers.Activation(activation, dtype=dtype)(x)


def discriminator_outputs(
    features: keras.KerasTensor,
    num_outputs: int,
    num_classes: int | None,
    heads: Mapping[str, int] | None,
    initializers: Iterator[keras.initializers.Initializer],
    wrap: Callable[[keras.layers.Layer], keras.layers.Layer],
) -> keras.KerasTensor | dict[str, keras.KerasTensor]:
    """A discriminator's output: its logit, or the logit and further heads on the same features."""
    if not isinstance(heads, Mapping | None) or "logit" in (heads or {}):
        raise ValueError(
            "heads are widths by name, of heads beside the logit, or None. "
            f"Received: heads={heads!r}."
        )

    def head(width: int, name: str) -> keras.KerasTensor:
        weights = next(initializers)
        dense = keras.layers.Dense(width, kernel_initializer=weights, dtype="float32", name=name)
        return wrap(dense)(features)

    logit = head(num_outputs, "logit")
    further = {} if num_classes is None else {"class_logits": num_classes}
    further |= heads or {}
    if not further:
        return logit
    return {"logit": logit} | {name: head(width, name) for name, width in further.items()}


def check_receptive_field(pixels: int, image_shape: tuple[int, int, int], patches: bool) -> None:
    """Raises a ValueError unless a non-linear unit of a discriminator sees a whole image.

    A logit that is a sum over patches cannot tell that the parts of an image do not belong
    together.

    Args:
        pixels: Side of what the units of the last non-linear layer see.
        image_shape: (H, W, C), whose shorter side they have to see.
        patches: Whether less is meant to do.
    """
    if not patches and pixels < min(image_shape[:2]):
        raise ValueError(
            f"The last units before the logit see {pixels} x {pixels} pixels of an image of "
            f"{image_shape[0]} x {image_shape[1]}, so that the logit is a sum over patches. Take "
            f"a larger depth or kernel, a dense layer before the logit (dense_widths), or "
            f"patches=True where that is meant. Received: image_shape={tuple(image_shape)}."
        )


def sides(image_shape: tuple[int, int, int], depth: int) -> list[tuple[int, int]]:
    """Height and width of an image's maps, halved and rounded up `depth` times, largest first."""
    return [tuple(-(-side // 2**i) for side in image_shape[:2]) for i in range(depth + 1)]


def cropped(x: keras.KerasTensor, side: tuple[int, int], dtype: str) -> keras.KerasTensor:
    """A map without its last rows and columns beyond a height and width."""
    beyond = [(0, given - wanted) for given, wanted in zip(x.shape[1:3], side, strict=True)]
    return keras.layers.Cropping2D(beyond, dtype=dtype)(x) if any(map(any, beyond)) else x


def check_image_shape(
    image_shape: tuple[int, int, int], width: int, depth: int
) -> tuple[int, int, int]:
    """An image's shape as a tuple, or a ValueError where it does not fit width and depth."""
    positive_int("width", width)
    positive_int("depth", depth)
    image_shape = image_shape_of(image_shape)
    if 2**depth >= 2 * min(image_shape[:2]):
        raise ValueError(
            f"A map of one pixel cannot be halved: with depth={depth} an image's sides are above "
            f"{2 ** (depth - 1)}. Received: image_shape={image_shape}."
        )
    return image_shape


def image_shape_of(image_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """An image's shape as a tuple of ints, or a ValueError."""
    wanted = "image_shape is (height, width, channels), integers of at least 1"
    shape = integers("image_shape", wanted, image_shape)
    if shape.shape != (3,) or shape.min() < 1:
        raise ValueError(f"{wanted}. Received: image_shape={image_shape}.")
    return tuple(shape.tolist())


def dtype_name(dtype: str | keras.DTypePolicy | None) -> str:
    """Name of a dtype policy, the global one for None, so that a loaded network keeps its own."""
    return keras.dtype_policies.get(dtype or keras.config.dtype_policy()).name
