"""What shows early that components, or all samples, have become one."""

import keras
import numpy as np
import tensorflow as tf
from scipy.spatial import distance

from tfmix.models.sampler import Sampler
from tfmix.priors.mixture import LocationScaleMixture

FEW = 64  # components, or samples, that are looked at: enough to see, quick to draw
COINCIDE = 0.05  # of the distance between real images, below which samples count as one


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


def signs(sampler: Sampler, real: np.ndarray) -> dict[str, float]:
    """Measures how far apart the components are, in the latent space and in what they give.

    Args:
        sampler: What is trained.
        real: A few training data, [N, ...] on the sampler's scale.

    Returns:
        "component_distance": mean distance of a component's location to the nearest other one, for
        mixtures of locations and scales. "sample_spread": mean distance between samples, one from
        each component, over that between real data: 1 is as varied as the data, 0 all the same;
        left out where real data have no distance.
    """
    prior, found = sampler.prior, {}
    if isinstance(prior, LocationScaleMixture) and prior.num_components > 1:
        apart = distance.squareform(distance.pdist(prior.loc.numpy()))
        np.fill_diagonal(apart, np.inf)
        found["component_distance"] = float(apart.min(axis=1).mean())
    if prior.num_components > 1:
        few = min(prior.num_components, FEW)
        component = np.linspace(0, prior.num_components - 1, few).astype(np.int32)
        samples = sampler.sample(few, seed=0, component=component)
    else:
        samples = sampler.sample(FEW, seed=0)
    if apart := _mean_distance(real):
        found["sample_spread"] = _mean_distance(samples) / apart
    return found


def _mean_distance(rows: np.ndarray) -> float:
    apart = distance.pdist(rows.reshape(len(rows), -1))
    return float(apart.mean()) if apart.size else 0.0
