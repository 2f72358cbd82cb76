"""Dense networks, for points in the plane and other vectors."""

from collections.abc import Mapping

import keras
from keras import layers

from tfmix.checks import positive_int, positive_ints
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    Network,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    glorot_initializers,
    rectified,
)


@keras.saving.register_keras_serializable(package="tfmix")
class MLPGenerator(Network):
    """Generates points: ReLU layers of the given widths, then a linear one.

    Args:
        input_dim: L, width of the latent.
        output_dim: P, dimensions of a point.
        widths: Width of each hidden layer.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, L] -> float32 [B, P].
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        widths: tuple[int, ...] = (256, 256, 256),
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        input_dim = positive_int("input_dim", input_dim)
        widths = positive_ints("widths", widths)
        dtype = dtype_name(dtype)
        weights = glorot_initializers(seed, GENERATOR)

        # === Functional Model ===
        inputs = x = keras.Input((input_dim,), name="latent")
        for width in widths:
            x = layers.Dense(width, kernel_initializer=next(weights), dtype=dtype)(x)
            x = layers.ReLU(dtype=dtype)(x)
        points = layers.Dense(
            output_dim, kernel_initializer=next(weights), dtype="float32", name="points"
        )(x)
        super().__init__(inputs=inputs, outputs=points, **kwargs)

        # === Config ===
        self._keep(dtype, input_dim=input_dim, output_dim=output_dim, widths=widths, seed=seed)


@keras.saving.register_keras_serializable(package="tfmix")
class MLPDiscriminator(Network):
    """Discriminates points: leaky ReLU layers of the given widths, then a linear one.

    Args:
        input_dim: P, dimensions of a point.
        num_outputs: Width of the logit.
        num_classes: C adds a class head on the same features; None: none.
        heads: Widths of further heads on the same features, by name; None: none.
        widths: Width of each hidden layer.
        norm: "none", "batch", "layer" or "spectral"; see `tfmix.networks.layers`. It applies to
            all but the last layer; "spectral" to every kernel.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, P] -> logits float32 [B, num_outputs], or with further heads
    {"logit": [B, num_outputs], "class_logits": [B, num_classes], name: [B, heads[name]]}.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        num_outputs: int = 1,
        num_classes: int | None = None,
        heads: Mapping[str, int] | None = None,
        widths: tuple[int, ...] = (256, 256, 256),
        norm: str = "none",
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        input_dim = positive_int("input_dim", input_dim)
        widths = positive_ints("widths", widths)
        dtype = dtype_name(dtype)
        weights = glorot_initializers(seed, DISCRIMINATOR)
        wrap, follow = discriminator_norm(norm, seed, dtype)

        # === Functional Model ===
        inputs = x = keras.Input((input_dim,), name="points")
        for width in widths:
            x = wrap(layers.Dense(width, kernel_initializer=next(weights), dtype=dtype))(x)
            x = rectified(x, follow(), dtype)
        outputs = discriminator_outputs(x, num_outputs, num_classes, heads, weights, wrap)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self._keep(
            dtype,
            input_dim=input_dim,
            num_outputs=num_outputs,
            num_classes=num_classes,
            heads=heads,
            widths=widths,
            norm=norm,
            seed=seed,
        )
