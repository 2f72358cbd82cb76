"""The convolutional pair of DCGAN (Radford et al., ICLR 2016), for images of any size."""

import keras
from keras import layers

from tfmix import seeds
from tfmix.checks import positive_int
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    MinibatchDiscrimination,
    Network,
    check_image_shape,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    normal_initializers,
    rectified,
)

_KERNEL = 5


@keras.saving.register_keras_serializable(package="tfmix")
class DCGANGenerator(Network):
    """Generates images: a dense layer, then `depth` transposed convolutions of stride 2.

    The first map has width * 2^(depth - 1) channels, and each following layer half as many. Batch
    normalisation and ReLU lie between them; the tanh at the end stays in float32.

    Args:
        input_dim: L, width of the latent.
        image_shape: (H, W, C), H and W divisible by 2^depth.
        width: Channels of the last hidden map.
        depth: How often the map doubles its side.
        dense_widths: Widths of ReLU layers before the first map; DeLiGAN's control GAN++ has one
            (CVPR 2017, section 5).
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, L] -> float32 [B, H, W, C] in [-1, 1].

    Raises:
        ValueError: A size that depth does not divide, or an argument below 1.
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
        dtype = dtype_name(dtype)
        weights = normal_initializers(seed, GENERATOR)

        # === Functional Model ===
        filters = width * 2 ** (depth - 1)
        side = (height // 2**depth, breadth // 2**depth)
        x = inputs = keras.Input((input_dim,), name="latent")
        for units in dense_widths:
            x = layers.Dense(units, kernel_initializer=next(weights), dtype=dtype)(x)
            x = layers.ReLU(dtype=dtype)(x)
        units, initial = side[0] * side[1] * filters, next(weights)
        x = layers.Dense(units, use_bias=False, kernel_initializer=initial, dtype=dtype)(x)
        x = layers.Reshape((*side, filters), dtype=dtype)(x)
        for i in range(1, depth + 1):
            x = layers.ReLU(dtype=dtype)(layers.BatchNormalization(momentum=0.9, dtype=dtype)(x))
            given = {"kernel_initializer": next(weights), "use_bias": i == depth, "dtype": dtype}
            maps = channels if i == depth else filters // 2**i
            x = layers.Conv2DTranspose(maps, _KERNEL, 2, "same", **given)(x)
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
    """Discriminates images: `depth` convolutions of stride 2, then one dense layer.

    The first map has `width` channels, and each following one twice as many, with leaky ReLU of
    slope 0.2. All maps but the first are normalised; "spectral" normalises every kernel.

    Args:
        image_shape: (H, W, C), H and W divisible by 2^depth.
        num_outputs: Width of the logit.
        num_classes: C adds a class head on the same features; None: none.
        width: Channels of the first map.
        depth: How often the map halves its side.
        norm: "none", "batch", "layer" or "spectral"; see `tfmix.networks.layers`.
        minibatch_kernels: Kernels of minibatch discrimination before the last layer; 0: none.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, H, W, C] in [-1, 1] -> logits float32 [B, num_outputs], or with `num_classes`
    {"logit": [B, num_outputs], "class_logits": [B, num_classes]}.

    Raises:
        ValueError: A size that depth does not divide, an argument below 1, or an unknown norm.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        *,
        num_outputs: int = 1,
        num_classes: int | None = None,
        width: int = 64,
        depth: int = 2,
        norm: str = "batch",
        minibatch_kernels: int = 0,
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        image_shape = check_image_shape(image_shape, width, depth)
        dtype = dtype_name(dtype)
        wrap, follow = discriminator_norm(norm, seed, dtype)
        if minibatch_kernels < 0:
            raise ValueError(f"minibatch_kernels is at least 0. Received: {minibatch_kernels}.")
        weights = normal_initializers(seed, DISCRIMINATOR)

        # === Functional Model ===
        inputs = x = keras.Input(image_shape, name="images")
        for i in range(depth):
            norm_layer = follow() if i > 0 else None
            given = {"use_bias": norm_layer is None, "dtype": dtype}
            convolution = layers.Conv2D(
                width * 2**i, _KERNEL, 2, "same", kernel_initializer=next(weights), **given
            )
            x = wrap(convolution)(x)
            x = rectified(x, norm_layer, dtype)
        x = layers.Flatten(dtype=dtype)(x)
        if minibatch_kernels:
            spawned = seeds.spawn(seed, DISCRIMINATOR, depth + 2)
            x = MinibatchDiscrimination(minibatch_kernels, seed=spawned, dtype="float32")(x)
        outputs = discriminator_outputs(x, num_outputs, num_classes, weights, wrap)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self._keep(
            dtype,
            image_shape=image_shape,
            num_outputs=num_outputs,
            num_classes=num_classes,
            width=width,
            depth=depth,
            norm=norm,
            minibatch_kernels=minibatch_kernels,
            seed=seed,
        )
