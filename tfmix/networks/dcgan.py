"""The convolutional pair of DCGAN (Radford et al., ICLR 2016), for images of any size."""

from collections.abc import Mapping

import keras
from keras import layers

from tfmix import seeds
from tfmix.checks import int_at_least, one_of, positive_int, positive_ints
from tfmix.networks.convolution import Conv2D, Conv2DTranspose
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    MinibatchDiscrimination,
    Network,
    check_image_shape,
    check_receptive_field,
    cropped,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    he_initializers,
    normal_initializers,
    rectified,
    sides,
)

_KERNEL = 5  # of the generator
ACTIVATIONS = ("leaky_relu", "relu", "elu", "gelu", "silu", "tanh")


@keras.saving.register_keras_serializable(package="tfmix")
class DCGANGenerator(Network):
    """Generates images: a dense layer, then `depth` transposed convolutions of stride 2.

    The first map has width * 2^(depth - 1) channels, and each following layer half as many. Batch
    normalisation and ReLU lie between them; the tanh at the end stays in float32. A side that is
    not divisible is rounded up, and its map cropped: 4, 7, 14, 28.

    Args:
        input_dim: L, width of the latent.
        image_shape: (H, W, C).
        width: Channels of the last hidden map.
        depth: How often the map doubles its side.
        dense_widths: Widths of ReLU layers before the first map; DeLiGAN's control GAN++ has one
            (CVPR 2017, section 5).
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, L] -> float32 [B, H, W, C] in [-1, 1].

    Raises:
        ValueError: More halvings than an image's sides allow, or an argument below 1.
    """

    def __init__(
        self,
        input_dim: int,
        image_shape: tuple[int, int, int],
        *,
        width: int = 64,
        depth: int = 2,
        dense_widths: tuple[int, ...] = (),
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        height, breadth, channels = check_image_shape(image_shape, width, depth)
        input_dim = positive_int("input_dim", input_dim)
        dense_widths = positive_ints("dense_widths", dense_widths)
        dtype = dtype_name(dtype)
        weights = normal_initializers(seed, GENERATOR)

        # === Functional Model ===
        filters = width * 2 ** (depth - 1)
        side, *larger = reversed(sides(image_shape, depth))
        x = inputs = keras.Input((input_dim,), name="latent")
        for units in dense_widths:
            x = layers.Dense(units, kernel_initializer=next(weights), dtype=dtype)(x)
            x = layers.ReLU(dtype=dtype)(x)
        units, initial = side[0] * side[1] * filters, next(weights)
        x = layers.Dense(units, use_bias=False, kernel_initializer=initial, dtype=dtype)(x)
        x = layers.Reshape((*side, filters), dtype=dtype)(x)
        for i, side in enumerate(larger, 1):
            x = layers.ReLU(dtype=dtype)(layers.BatchNormalization(momentum=0.9, dtype=dtype)(x))
            given = {"kernel_initializer": next(weights), "use_bias": i == depth, "dtype": dtype}
            maps = channels if i == depth else filters // 2**i
            x = cropped(Conv2DTranspose(maps, _KERNEL, 2, "same", **given)(x), side, dtype)
        images = layers.Activation("tanh", dtype="float32", name="images")(x)
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self._keep(
            dtype,
            input_dim=input_dim,
            image_shape=(height, breadth, channels),
            width=width,
            depth=depth,
            dense_widths=dense_widths,
            seed=seed,
        )


@keras.saving.register_keras_serializable(package="tfmix")
class DCGANDiscriminator(Network):
    """Discriminates images: `depth` convolutions of stride 2, dense layers, then the logit.

    The first map has `width` channels, and each following one twice as many; sides are halved and
    rounded up, 28, 14, 7, 4. All maps but the first are normalised; "spectral" normalises every
    kernel. Where there is no norm, initial weights are He's; otherwise DCGAN's N(0, 0.02^2).

    Args:
        image_shape: (H, W, C).
        num_outputs: Width of the logit.
        num_classes: C adds a class head on the same features; None: none.
        heads: Widths of further heads on the same features, by name; None: none.
        width: Channels of the first map.
        depth: How often the map halves its side.
        kernel_size: Side of the convolutions' kernels.
        dense_widths: Widths of the dense layers between the last map and the heads.
        activation: One of ACTIVATIONS; "leaky_relu" is of slope 0.2.
        norm: "none", "batch", "layer" or "spectral"; see `tfmix.networks.layers`.
        minibatch_kernels: Kernels of minibatch discrimination before the heads; 0: none.
        patches: Whether the units of the last layer before the heads may see less than the image.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, H, W, C] in [-1, 1] -> logits float32 [B, num_outputs], or with further heads
    {"logit": [B, num_outputs], "class_logits": [B, num_classes], name: [B, heads[name]]}.

    Raises:
        ValueError: No non-linear unit sees the image's shorter side and `patches` is False, more
            halvings than the sides allow, an argument below 1, or an unknown norm or activation.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        *,
        num_outputs: int = 1,
        num_classes: int | None = None,
        heads: Mapping[str, int] | None = None,
        width: int = 64,
        depth: int = 3,
        kernel_size: int = 4,
        dense_widths: tuple[int, ...] = (256,),
        activation: str = "leaky_relu",
        norm: str = "none",
        minibatch_kernels: int = 0,
        patches: bool = False,
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        image_shape = check_image_shape(image_shape, width, depth)
        dtype = dtype_name(dtype)
        one_of("activation", activation, ACTIVATIONS)
        wrap, follow = discriminator_norm(norm, seed, dtype)
        int_at_least(0, "minibatch_kernels", minibatch_kernels)
        dense_widths = positive_ints("dense_widths", dense_widths)
        kernel_size = positive_int("kernel_size", kernel_size)
        seen = 1 + (kernel_size - 1) * (2**depth - 1)  # pixels, by a unit of the last map
        check_receptive_field(max(image_shape) if dense_widths else seen, image_shape, patches)
        initializers = he_initializers if norm == "none" else normal_initializers
        weights = initializers(seed, DISCRIMINATOR)

        # === Functional Model ===
        inputs = x = keras.Input(image_shape, name="images")
        for i in range(depth):
            norm_layer = follow() if i > 0 else None
            given = {"use_bias": norm_layer is None, "dtype": dtype}
            convolution = Conv2D(
                width * 2**i, kernel_size, 2, "same", kernel_initializer=next(weights), **given
            )
            x = rectified(wrap(convolution)(x), norm_layer, dtype, activation)
        x = layers.Flatten(dtype=dtype)(x)
        for units in dense_widths:
            dense = layers.Dense(units, kernel_initializer=next(weights), dtype=dtype)
            x = rectified(wrap(dense)(x), None, dtype, activation)
        if minibatch_kernels:
            spawned = seeds.spawn(seed, DISCRIMINATOR, depth + 2)
            x = MinibatchDiscrimination(minibatch_kernels, seed=spawned, dtype="float32")(x)
        outputs = discriminator_outputs(x, num_outputs, num_classes, heads, weights, wrap)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self._keep(
            dtype,
            image_shape=image_shape,
            num_outputs=num_outputs,
            num_classes=num_classes,
            heads=heads,
            width=width,
            depth=depth,
            kernel_size=kernel_size,
            dense_widths=dense_widths,
            activation=activation,
            norm=norm,
            minibatch_kernels=minibatch_kernels,
            patches=patches,
            seed=seed,
        )

    @classmethod
    def from_config(cls, config: dict) -> "DCGANDiscriminator":
        """Makes a network from `get_config`, also of before dense layers could be chosen."""
        if "dense_widths" not in config:
            config = {**config, "kernel_size": 5, "dense_widths": (), "patches": True}
        return super().from_config(config)
