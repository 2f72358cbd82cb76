"""Which of two networks is updated next: the one that lags (DeLiGAN's authors' code, 2017)."""

import keras
import tensorflow as tf

_FIRST, _LEAST, _CHANGE = 1.0, 0.7, 0.003  # of the threshold
_GENERATOR, _DISCRIMINATOR = 3, 2  # updates in a row from which the threshold moves


class LossThreshold(keras.layers.Layer):
    """The generator lags where its loss is above a threshold, the discriminator otherwise.

    The threshold begins at 1. It rises by 0.003 at each update of the generator that follows three
    or more of it, and falls by 0.003, not below 0.7, at each update of the discriminator that
    follows another: so neither is updated alone for long (val-iisc/deligan, MNIST).
    """

    def __init__(self):
        super().__init__(dtype="float32", name="loss_threshold")
        first = keras.initializers.Constant(_FIRST)
        self.threshold = self.add_weight(
            name="threshold", shape=(), initializer=first, trainable=False
        )
        # Updates in a row: of the generator, or below 0 of the discriminator.
        self.row = self.add_weight(name="row", shape=(), initializer="zeros", trainable=False)
        self.built = True

    def generator_lags(self, loss: tf.Tensor) -> tf.Tensor:
        """Whether the generator's loss, a scalar, is above the threshold."""
        return loss > self.threshold

    def follow(self, generator: tf.Tensor) -> None:
        """Notes an update, of the generator or, where False, of the discriminator."""
        row = tf.convert_to_tensor(self.row)
        row = tf.where(generator, tf.maximum(row, 0.0) + 1.0, tf.minimum(row, 0.0) - 1.0)
        rise = tf.cast(row > _GENERATOR, tf.float32) - tf.cast(row <= -_DISCRIMINATOR, tf.float32)
        self.threshold.assign(tf.maximum(self.threshold + _CHANGE * rise, _LEAST))
        self.row.assign(row)
