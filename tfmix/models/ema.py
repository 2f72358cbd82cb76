"""Averages of weights over training, batch statistics included."""

from collections.abc import Sequence

import keras
import tensorflow as tf


def copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A layer or network of its own with the same weights, which no optimizer trains.

    Mixed precision is for training: a network of tfmix is copied to compute in float32, so that its
    images do not depend on which processors compute in bfloat16.
    """
    config = layer.get_config()
    if config.get("dtype") == "mixed_bfloat16":
        config["dtype"] = "float32"
    copied = type(layer).from_config(config)
    copied.set_weights(layer.get_weights())
    copied.trainable = False
    return copied


def follow(
    averaged: Sequence[keras.Variable],
    trained: Sequence[keras.Variable],
    momentum: float,
    step: tf.Tensor,
) -> None:
    """Moves averaged weights towards the trained ones, faster in the first steps.

    Args:
        averaged: Of the copy: weights and the moving statistics of batch normalisation alike.
        trained: Of what it follows, in the same order.
        momentum: Share that stays of an average, in (0, 1).
        step: Training steps so far.
    """
    step = tf.cast(step, tf.float32)
    momentum = tf.minimum(momentum, (1.0 + step) / (10.0 + step))
    for average, weight in zip(averaged, trained, strict=True):
        average.assign(momentum * average + (1.0 - momentum) * weight)
