"""A metric of which components are drawn."""

import keras
import tensorflow as tf


class ComponentUsage(keras.metrics.Metric):
    """How many components the draws were spread over, exp of the entropy of their shares, 1 to K.

    Args:
        num_components: K.
        name: Of the metric.
    """

    def __init__(self, num_components: int, name: str = "component_usage"):
        super().__init__(name=name)
        self.num_components = num_components
        self.counts = self.add_variable([num_components], initializer="zeros", name="counts")

    def update_state(self, component: tf.Tensor) -> None:
        """Counts draws, int32 [N]."""
        drawn = tf.one_hot(component, self.num_components)
        self.counts.assign_add(tf.reduce_sum(drawn, axis=0))

    def result(self) -> tf.Tensor:
        """The effective number of components; 1 where nothing was drawn."""
        counts = tf.convert_to_tensor(self.counts)
        shares = counts / tf.maximum(tf.reduce_sum(counts), 1.0)
        return tf.exp(-tf.reduce_sum(tf.math.xlogy(shares, shares)))
