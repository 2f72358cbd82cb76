"""The residual pair of SNGAN (Miyato et al., ICLR 2018, appendix B), for images of any size."""

from collections.abc import Iterator, Mapping

import keras
from keras import layers

from tfmix.checks import positive_int
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    Network,
    check_image_shape,
    check_receptive_field,
    cropped,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    glorot_initializers,
    rectified,
    sides,
)

_KERNEL = 3
_MAX_FACTOR = 8  # times `width`; SNGAN's last maps at 64 pixels and above have 16


@keras.saving.register_keras_serializable(package="tfmix")
class ResNetGenerator(Network):
    """Generates images: a dense layer, then `depth` residual blocks that double the side.

    A block adds two convolutions of 3x3, with batch normalisation and ReLU before each, to its
    upsampled input after a convolution of 1x1. The last map has the size of the image and `width`
    channels, and each map before it twice as many, up to 8 * width. Each block then costs the same;
    SNGAN's equal widths for 32 pixels put three quarters of the work in the last. Batch
    normalisation, ReLU, a convolution and a tanh in float32 turn the last map into the image.

    Args:
        input_dim: L, width of the latent.
        image_shape: (H, W, C).
        width: Channels of the last map.
        depth: How often the map doubles its side; from 4x4, 3 for 32 pixels and 5 for 128. A side
            that is not divisible is rounded up, and its map cropped.
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
        depth: int = 3,
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        height, breadth, channels = check_image_shape(image_shape, width, depth)
        input_dim = positive_int("input_dim", input_dim)
        dtype = dtype_name(dtype)
        weights = glorot_initializers(seed, GENERATOR)

        # === Functional Model ===
        first, *widths = reversed(_widths(width, depth + 1))
        side, *larger = reversed(sides(image_shape, depth))
        inputs = x = keras.Input((input_dim,), name="latent")
        units = side[0] * side[1] * first
        x = layers.Dense(units, kernel_initializer=next(weights), dtype=dtype)(x)
        x = layers.Reshape((*side, first), dtype=dtype)(x)
        for filters, side in zip(widths, larger, strict=True):
            x = _doubled(x, filters, side, weights, dtype)
        x, given = _activated(x, dtype), {"kernel_initializer": next(weights), "dtype": dtype}
        x = layers.Conv2D(channels, _KERNEL, padding="same", **given)(x)
        images = layers.Activation("tanh", dtype="float32", name="images")(x)
        super().__init__(inputs=inputs, outputs=images, **kwargs)

        # === Config ===
        self._keep(
            dtype,
            input_dim=input_dim,
            image_shape=(height, breadth, channels),
            width=width,
            depth=depth,
            seed=seed,
        )


@keras.saving.register_keras_serializable(package="tfmix")
class ResNetDiscriminator(Network):
    """Discriminates images: `depth` residual blocks that halve the side, one more, a dense layer.

    A block adds two convolutions of 3x3, each after leaky ReLU of slope 0.2 (Mescheder et al.,
    ICML 2018), to its halved input after a convolution of 1x1. The first block convolves the image
    without an activation before it; the last keeps the side and adds its unchanged input. The first
    map has `width` channels, and each following one twice as many, up to 8 * width. Normalisation
    comes before each activation but the first block's; "spectral" normalises every kernel.

    Under "spectral", which makes features small, the last map is summed over its pixels (SNGAN),
    and averaged otherwise (WGAN-GP, NeurIPS 2017, appendix F): initial logits are then between 0.05
    and 1 in size on photographs, given a last map of 4x4 under "spectral" and of any side
    otherwise.

    Args:
        image_shape: (H, W, C).
        num_outputs: Width of the logit.
        num_classes: C adds a class head on the same features; None: none.
        heads: Widths of further heads on the same features, by name; None: none.
        width: Channels of the first map.
        depth: How often the map halves its side; down to 4x4, 3 for 32 pixels and 5 for 128.
        norm: "none", "batch", "layer" or "spectral"; see `tfmix.networks.layers`.
        patches: Whether the units of the last map may see less than the image.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, H, W, C] in [-1, 1] -> logits float32 [B, num_outputs], or with further heads
    {"logit": [B, num_outputs], "class_logits": [B, num_classes], name: [B, heads[name]]}.

    Raises:
        ValueError: No unit of the last map sees the image's shorter side and `patches` is False,
            more halvings than the sides allow, an argument below 1, or an unknown norm.
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
        norm: str = "none",
        patches: bool = False,
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        image_shape = check_image_shape(image_shape, width, depth)
        dtype = dtype_name(dtype)
        seen = (
            9 * 2**depth - 4
        )  # two convolutions at each side, and a pooling after all but the last
        check_receptive_field(seen, image_shape, patches)
        weights = glorot_initializers(seed, DISCRIMINATOR)
        blocks = _Blocks(norm, seed, weights, dtype)

        # === Functional Model ===
        inputs = keras.Input(image_shape, name="images")
        first, *widths = _widths(width, depth)
        x = blocks.first(inputs, first)
        for filters in widths:
            x = blocks.halving(x, filters)
        x = blocks.rectified(blocks.last(x))
        side = x.shape[1:3]
        x = layers.GlobalAveragePooling2D(dtype="float32")(x)
        if norm == "spectral":
            x = layers.Rescaling(side[0] * side[1], dtype="float32")(x)
        outputs = discriminator_outputs(x, num_outputs, num_classes, heads, weights, blocks.wrap)
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
            norm=norm,
            patches=patches,
            seed=seed,
        )

    @classmethod
    def from_config(cls, config: dict) -> "ResNetDiscriminator":
        """Makes a network from `get_config`; older ones had no `patches` to choose."""
        return super().from_config({"patches": True, **config})


class _Blocks:
    """Makes a discriminator's residual blocks.

    Where maps are normalised, the normalisation's offset replaces the convolution's bias.
    """

    def __init__(self, norm: str, seed: int, weights: Iterator, dtype: str):
        self.wrap, self.follow = discriminator_norm(norm, seed, dtype)
        self.weights = weights
        self.dtype = dtype
        self.has_biases = self.follow() is None

    def first(self, images: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        """Halves images; no activation comes before the first convolution."""
        x = self._convolved(images, filters, use_bias=True)
        x = rectified(x, None, self.dtype)
        x = self._halved(self._convolved(x, filters, self.has_biases))
        return self._sum(self._shortcut(images, filters), x)

    def halving(self, x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        """Halves a map; as in SNGAN, the second convolution changes the width."""
        return self._sum(self._shortcut(x, filters), self._halved(self._residual(x, filters)))

    def last(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Keeps side and width."""
        return self._sum(x, self._residual(x, x.shape[-1]))

    def rectified(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """The normalised map under the activation."""
        return rectified(x, self.follow(), self.dtype)

    def _residual(self, x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        for width in (x.shape[-1], filters):
            x = self._convolved(self.rectified(x), width, self.has_biases)
        return x

    def _halved(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return layers.AveragePooling2D(2, padding="same", dtype=self.dtype)(x)

    def _convolved(self, x: keras.KerasTensor, filters: int, use_bias: bool) -> keras.KerasTensor:
        return self.wrap(_convolution(filters, self.weights, self.dtype, use_bias))(x)

    def _shortcut(self, x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        # Pooled first: with a convolution of 1x1 the result is the same, for a quarter of the work.
        return self.wrap(_projection(filters, self.weights, self.dtype))(self._halved(x))

    def _sum(self, x: keras.KerasTensor, residual: keras.KerasTensor) -> keras.KerasTensor:
        return layers.Add(dtype=self.dtype)([x, residual])


def _doubled(
    x: keras.KerasTensor, filters: int, side: tuple[int, int], weights: Iterator, dtype: str
) -> keras.KerasTensor:
    """A generator's block. It has no biases, because the next normalisation would remove them."""
    residual = cropped(layers.UpSampling2D(dtype=dtype)(_activated(x, dtype)), side, dtype)
    residual = _convolution(filters, weights, dtype)(residual)
    residual = _convolution(filters, weights, dtype)(_activated(residual, dtype))
    # Upsampled last: with a convolution of 1x1 the result is the same, for a quarter of the work.
    x = layers.UpSampling2D(dtype=dtype)(_projection(filters, weights, dtype)(x))
    return layers.Add(dtype=dtype)([cropped(x, side, dtype), residual])


def _activated(x: keras.KerasTensor, dtype: str) -> keras.KerasTensor:
    x = layers.BatchNormalization(momentum=0.9, dtype=dtype)(x)
    return layers.ReLU(dtype=dtype)(x)


def _convolution(
    filters: int, weights: Iterator, dtype: str, use_bias: bool = False
) -> layers.Conv2D:
    # Twice Glorot's variance after a rectifier, which halves it; so does SNGAN's published code.
    initial = keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=next(weights).seed)
    given = {"use_bias": use_bias, "kernel_initializer": initial, "dtype": dtype}
    return layers.Conv2D(filters, _KERNEL, padding="same", **given)


def _projection(filters: int, weights: Iterator, dtype: str) -> layers.Conv2D:
    return layers.Conv2D(filters, 1, use_bias=False, kernel_initializer=next(weights), dtype=dtype)


def _widths(width: int, number: int) -> list[int]:
    """Channels of maps, from the largest map to the smallest."""
    return [width * min(2**i, _MAX_FACTOR) for i in range(number)]
