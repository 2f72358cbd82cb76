"""Dense networks, for points in the plane and other vectors."""

import keras
from keras import layers

from tfmix.checks import positive_int
from tfmix.networks.layers import (
    DISCRIMINATOR,
    GENERATOR,
    discriminator_norm,
    discriminator_outputs,
    dtype_name,
    glorot_initializers,
)


@keras.saving.register_keras_serializable(package="tfmix")
class MLPGenerator(keras.Model):
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
        dtype = dtype_name(dtype)
        weights = glorot_initializers(seed, GENERATOR)

        # === Functional Model ===
        inputs = keras.Input((input_dim,), name="latent")
        x = inputs
        for width in widths:
            x = layers.Dense(width, kernel_initializer=next(weights), dtype=dtype)(x)
            x = layers.ReLU(dtype=dtype)(x)
        points = layers.Dense(
            output_dim, kernel_initializer=next(weights), dtype="float32", name="points"
        )(x)
        super().__init__(inputs=inputs, outputs=points, **kwargs)

        # === Config ===
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.widths = tuple(widths)
        self.seed = seed
        self.policy_name = dtype

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "widths": list(self.widths),
            "seed": self.seed,
            "dtype": self.policy_name,
        }


@keras.saving.register_keras_serializable(package="tfmix")
class MLPDiscriminator(keras.Model):
    """Discriminates points: leaky ReLU layers of the given widths, then a linear one.

    Args:
        input_dim: P, dimensions of a point.
        num_outputs: Width of the logit.
        num_classes: C adds a class head on the same features; None: none.
        widths: Width of each hidden layer.
        norm: "none", "batch", "layer" or "spectral"; see `tfmix.networks.layers`. It applies to
            all but the last layer; "spectral" to every kernel.
        seed: Seed of the initial weights.
        dtype: A Keras dtype policy; None: the global one.
        **kwargs: See `keras.Model`.

    Shapes: [B, P] -> logits float32 [B, num_outputs], or with `num_classes`
    {"logit": [B, num_outputs], "class_logits": [B, num_classes]}.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        num_outputs: int = 1,
        num_classes: int | None = None,
        widths: tuple[int, ...] = (256, 256, 256),
        norm: str = "none",
        seed: int = 0,
        dtype: str | None = None,
        **kwargs,
    ):
        input_dim = positive_int("input_dim", input_dim)
        dtype = dtype_name(dtype)
        weights = glorot_initializers(seed, DISCRIMINATOR)
        wrap, follow = discriminator_norm(norm, seed)

        # === Functional Model ===
        inputs = keras.Input((input_dim,), name="points")
        x = inputs
        for width in widths:
            dense = layers.Dense(width, kernel_initializer=next(weights), dtype=dtype)
            normalised = follow(dtype)
            x = wrap(dense)(x)
            x = x if normalised is None else normalised(x)
            x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        outputs = discriminator_outputs(x, num_outputs, num_classes, weights, wrap)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

        # === Config ===
        self.input_dim = input_dim
        self.num_outputs = num_outputs
        self.num_classes = num_classes
        self.widths = tuple(widths)
        self.norm = norm
        self.seed = seed
        self.policy_name = dtype

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "input_dim": self.input_dim,
            "num_outputs": self.num_outputs,
            "num_classes": self.num_classes,
            "widths": list(self.widths),
            "norm": self.norm,
            "seed": self.seed,
            "dtype": self.policy_name,
        }
