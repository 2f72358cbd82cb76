"""Spectral normalisation that gradients pass through and that leaves the weights unchanged.

Keras's own layer overwrites the kernel in its call and draws its first vector from a global
generator, which conflicts with replicas and with reproducible seeds.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmix")
class SpectralNormalization(keras.layers.Wrapper):
    """Runs a layer with its kernel divided by its largest singular value (SNGAN, ICLR 2018).

    Each training call makes one step of power iteration for the singular vectors (Algorithm 1).

    Args:
        layer: A dense or convolutional layer.
        seed: Seed of the first vector.
        **kwargs: See `keras.layers.Wrapper`.
    """

    def __init__(self, layer: keras.layers.Layer, *, seed: int = 0, **kwargs):
        # In float32, to keep the precision of the singular value; the layer has its own dtype.
        super().__init__(layer, **{"dtype": "float32", **kwargs})
        self.seed = seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Makes u, [1, outputs], the right singular vector."""
        super().build(input_shape)
        self.vector = self.add_weight(
            name="vector",
            shape=(1, self.layer.kernel.shape[-1]),
            initializer=keras.initializers.RandomNormal(seed=self.seed),
            trainable=False,  # each replica computes and assigns the same vector
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The layer's outputs with the normalised kernel."""
        kernel = tf.convert_to_tensor(self.layer.kernel)
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        left = _unit(tf.matmul(self.vector, matrix, transpose_b=True))
        right = _unit(tf.matmul(left, matrix))
        if training:
            self.vector.assign(right)
        sigma = tf.reduce_sum(tf.matmul(left, matrix) * right)
        # A kernel of zeros stays zero.
        normalised = tf.math.divide_no_nan(kernel, sigma)
        with keras.StatelessScope(state_mapping=[(self.layer.kernel, normalised)]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The output shape of the layer."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {**super().get_config(), "seed": self.seed}


def _unit(vector: tf.Tensor) -> tf.Tensor:
    return tf.stop_gradient(tf.math.l2_normalize(vector))
