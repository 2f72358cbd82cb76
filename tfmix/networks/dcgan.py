"""The convolutional pair of DCGAN (Radford et al., ICLR 2016), for images of any size."""

import keras
from keras import layers

from tfmix import seeds
from tfmix.checks import positive_int
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    MinibatchDiscrimination,
    check_image_shape,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    normal_initializers,
)

_KERNEL = 5


@keras.saving.register_keras_serializable(package="tfmix")
class DCGANGenerator(keras.Model):
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
        x = layers.Dense(
            side[0] * side[1] * filters,
            use_bias=False,
            kernel_initializer=next(weights),
            dtype=dtype,
        )(x)
        x = layers.Reshape((*side, filters), dtype=dtype)(x)
        x = layers.BatchNormalization(momentum=0.9, dtype=dtype)(x)
        x = layers.ReLU(dtype=dtype)(x)
        for _ in range(depth - 1):
            filters //= 2
            x = layers.Conv2DTranspose(
                filters,
                _KERNEL,
                strides=2,
                padding="same",
                use_bias=False,
                kernel_initializer=next(weights),
                dtype=dtype,
            )(x)
            x = layers.BatchNormalization(momentum=0.9, dtype=dtype)(x)
            x = layers.ReLU(dtype=dtype)(x)
        x = layers.Conv2DTranspose(
            channels,
            _KERNEL,
            strides=2,
            padding="same",
            kernel_initializer=next(weights),
            dtype=dtype,
        )(x)
        images = layers.Activation("tanh", dtype="float32", name="images")(x)
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self.input_dim = input_dim
        self.image_shape = (height, breadth, channels)
        self.width = width
        self.depth = depth
        self.dense_widths = tuple(dense_widths)
        self.seed = seed
        self.policy_name = dtype

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "input_dim": self.input_dim,
            "image_shape": list(self.image_shape),
            "width": self.width,
            "depth": self.depth,
            "dense_widths": list(self.dense_widths),
            "seed": self.seed,
            "dtype": self.policy_name,
        }


@keras.saving.register_keras_serializable(package="tfmix")
class DCGANDiscriminator(keras.Model):
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
        wrap, follow = discriminator_norm(norm, seed)
        if minibatch_kernels < 0:
            raise ValueError(f"minibatch_kernels is at least 0. Received: {minibatch_kernels}.")
        dtype = dtype_name(dtype)
        weights = normal_initializers(seed, DISCRIMINATOR)

        # === Functional Model ===
        inputs = keras.Input(image_shape, name="images")
        x = inputs
        for i in range(depth):
            normalised = follow(dtype) if i > 0 else None
            convolution = layers.Conv2D(
                width * 2**i,
                _KERNEL,
                strides=2,
                padding="same",
                use_bias=normalised is None,
                kernel_initializer=next(weights),
                dtype=dtype,
            )
            x = wrap(convolution)(x)
            x = x if normalised is None else normalised(x)
            x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        x = layers.Flatten(dtype=dtype)(x)
        if minibatch_kernels:
            x = MinibatchDiscrimination(
                minibatch_kernels, seed=seeds.spawn(seed, DISCRIMINATOR, depth + 2), dtype="float32"
            )(x)
        outputs = discriminator_outputs(x, num_outputs, num_classes, weights, wrap)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.image_shape = image_shape
        self.num_outputs = num_outputs
        self.num_classes = num_classes
        self.width = width
        self.depth = depth
        self.norm = norm
        self.minibatch_kernels = minibatch_kernels
        self.seed = seed
        self.policy_name = dtype

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "image_shape": list(self.image_shape),
            "num_outputs": self.num_outputs,
            "num_classes": self.num_classes,
            "width": self.width,
            "depth": self.depth,
            "norm": self.norm,
            "minibatch_kernels": self.minibatch_kernels,
            "seed": self.seed,
            "dtype": self.policy_name,
        }
