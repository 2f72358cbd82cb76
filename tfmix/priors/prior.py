"""The contract of every prior: drawing latents, and their density."""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix import sampling, seeds
from tfmix.checks import all_good, numbers, positive_int
from tfmix.priors.marginal import score_surrogate

# Rows are drawn in blocks of this many. A vectorised kernel uses other code for what does not fill
# its last vector, and there a logarithm may differ in the last bit. With every width a multiple of
# 16 floats nothing is left over, and a row has the same bits in a batch of any size.
ROW_BLOCK = 16


class Latent(NamedTuple):
    """Latents and the component of the mixture from which each was drawn."""

    z: tf.Tensor  # float32 [N, D]
    component: tf.Tensor  # int32 [N]


class Draw(NamedTuple):
    """A training batch of latents.

    Attributes:
        z: float32 [N, D], differentiable in the prior's parameters.
        component: int32 [N], as in `Latent`.
        posterior: float64 [N, K], probability of each component given z, where the prior's weights
            are trained with it; otherwise None.
    """

    z: tf.Tensor
    component: tf.Tensor
    posterior: tf.Tensor | None = None


class Prior(keras.layers.Layer):
    """A distribution over latents [D] that is a mixture of K components.

    A subclass defines how many uniform numbers a latent is made from (`num_uniforms`), how it is
    made (`transform`) and its distribution (`distribution`). Everything else follows.

    Args:
        num_components: K, at least 1.
        latent_dim: D, at least 1.
        **kwargs: See `keras.layers.Layer`. A prior computes in float32 under any dtype policy.

    Raises:
        ValueError: K or D is not an integer of at least 1.
    """

    def __init__(self, num_components: int, latent_dim: int, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_components = positive_int("num_components", num_components)
        self.latent_dim = positive_int("latent_dim", latent_dim)

    @property
    def distribution(self) -> tfp.distributions.MixtureSameFamily:
        """The distribution of z, event shape [D], built from the current values at each access."""
        raise NotImplementedError

    @property
    def num_uniforms(self) -> int:
        """How many uniform numbers `transform` turns into one latent."""
        raise NotImplementedError

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """Turns uniform numbers into latents of chosen components.

        Args:
            uniform: float32 [N, num_uniforms], in (0, 1).
            component: int32 [N], in [0, K).
            scale: float32 [N], factor on the standard deviation; 0 gives the component's centre.

        Returns:
            z, float32 [N, D], differentiable in the prior's parameters.
        """
        raise NotImplementedError

    @property
    def logits(self) -> tf.Tensor:
        """Log weights of the components up to a constant, float32 [K]."""
        return tf.zeros([self.num_components])

    @property
    def mixture_weights(self) -> tf.Tensor:
        """Probability of each component, float32 [K]."""
        return tf.nn.softmax(self.logits)

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log density of latents z float64 [N, D] under each component, float64 [N, K]."""
        components = self.distribution.components_distribution
        return tf.cast(components.log_prob(tf.cast(z, tf.float32)[:, None]), tf.float64)

    def draw(self, num_samples: int | tf.Tensor, seed: tf.Tensor) -> Draw:
        """Draws a batch for training.

        Args:
            num_samples: N.
            seed: int32 [2]; see `tfmix.seeds.step_seed`.
        """
        component = self._assign(num_samples, seeds.fold_in(seed, 0))
        uniform = seeds.uniform([num_samples, self.num_uniforms], seeds.fold_in(seed, 1))
        return self._reparameterize(uniform, component)

    def sample(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray,
        component: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> Latent:
        """Draws latents; each row depends on its own seed alone.

        They are differentiable in the prior's parameters as training draws are. Where a component,
        a scale or weights are given, the gradient is pathwise: through location and scale alone.

        Args:
            num_samples: N.
            seed: An int32, or one per row; see `tfmix.seeds.row_seeds`.
            component: The component to draw from, one int or one per row; -1 or None: draw it.
            scale: Factor on the standard deviation of the component, one number or one per row.
            weights: Probabilities [K] to draw components with instead of the prior's own.

        Raises:
            ValueError: A component outside [-1, K), a scale that is negative or not finite,
                weights that are not a distribution over K components, or a bad seed or length.
        """
        row_seeds = seeds.row_seeds(seed, num_samples)
        num_samples = row_seeds.shape[0]
        scales = sampling.SCALE.check(scale, num_samples)
        components = sampling.COMPONENT.check(component, num_samples, self.num_components)
        if weights is None and np.all(components == -1) and np.array_equal(scale, 1.0):
            draw = self._reparameterize(*self._uniform_rows(row_seeds))
            return Latent(draw.z[:num_samples], draw.component[:num_samples])
        if weights is not None:
            weights = tf.constant(probabilities("weights", weights, self.num_components))
        return self.sample_rows(row_seeds, components, scales, weights)

    def sample_rows(
        self,
        row_seeds: tf.Tensor,
        component: tf.Tensor,
        scale: tf.Tensor,
        weights: tf.Tensor | None = None,
    ) -> Latent:
        """`sample` for tensors that were checked, also in a graph whose batch is [None].

        Where the graph knows the size of the batch, TensorFlow may simplify an operation for that
        size, which can change the last bit of a Student-t draw.

        Args:
            row_seeds: int32 [N].
            component: int32 [N], in [-1, K); -1: draw it.
            scale: float32 [N], at least 0.
            weights: float32 [K] or one set per row [N, K], up to a factor; None: the prior's own.
        """
        num_samples = tf.shape(row_seeds)[0]
        padding = [[0, -num_samples % ROW_BLOCK]]
        if weights is not None and weights.shape.rank == 2:
            weights = tf.pad(weights, [*padding, [0, 0]], constant_values=1.0)
        uniform, drawn = self._uniform_rows(row_seeds, weights)
        component = tf.pad(component, padding)
        component = tf.where(component < 0, drawn, component)
        z = self.transform(uniform, component, tf.pad(scale, padding))
        return Latent(z[:num_samples], component[:num_samples])

    def log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log density of latents z float32 [N, D], float32 [N].

        Raises:
            ValueError: `z` is not of width D.
        """
        return tf.cast(tf.reduce_logsumexp(self._joint_log_prob(z), axis=1), tf.float32)

    def posterior(self, z: tf.Tensor) -> tf.Tensor:
        """Probability of each component given latents z float32 [N, D], float32 [N, K].

        For a latent that no component can produce it equals the mixture weights.

        Raises:
            ValueError: `z` is not of width D.
        """
        return tf.cast(self._posterior(z), tf.float32)

    def score_surrogate(self, draw: Draw, losses: tf.Tensor) -> tf.Tensor:
        """A term of value 0 for the generator's loss, whose gradient trains the weights.

        Args:
            draw: The result of `draw`, N rows.
            losses: The adversarial loss of each row, [N].

        Returns:
            A scalar; a constant where the weights are not trained in this way.
        """
        if draw.posterior is None:
            return tf.constant(0.0)
        return score_surrogate(losses, draw.posterior, self.logits)

    def draw_components(self, row_seeds: tf.Tensor, weights: np.ndarray) -> tf.Tensor:
        """Components that `sample` draws for seeds [N] with weights [K] or [N, K], int32 [N]."""
        return pick(seeds.uniform_rows(row_seeds, 1)[:, 0], weights)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        own = {"num_components": self.num_components, "latent_dim": self.latent_dim}
        return {**super().get_config(), **own}

    def _reparameterize(self, uniform: tf.Tensor, component: tf.Tensor) -> Draw:
        """`transform` of scale 1, differentiable as the prior's `gradient` says."""
        return Draw(self.transform(uniform, component, tf.ones(tf.shape(component))), component)

    def _uniform_rows(
        self, row_seeds: tf.Tensor, weights: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Uniform numbers [N, num_uniforms] and drawn components [N], N filled up to a block."""
        padded = tf.pad(row_seeds, [[0, -tf.shape(row_seeds)[0] % ROW_BLOCK]])
        uniform = seeds.uniform_rows(padded, 1 + self.num_uniforms)
        weights = self.mixture_weights if weights is None else weights
        return uniform[:, 1:], pick(uniform[:, 0], weights)

    def _assign(self, num_samples: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        return pick(seeds.uniform([num_samples], seed), self.mixture_weights)

    def _joint_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log of weight times density, float64 [N, K], because float32 fails far away."""
        z = tf.cast(self._check_latent(z), tf.float64)
        log_weights = tf.nn.log_softmax(tf.cast(self.logits, tf.float64))
        return log_weights + self.component_log_prob(z)

    def _posterior(self, z: tf.Tensor) -> tf.Tensor:
        joint = self._joint_log_prob(z)
        impossible = tf.reduce_max(joint, axis=1, keepdims=True) == -np.inf
        return tf.nn.softmax(tf.where(impossible, tf.cast(self.logits, tf.float64), joint))

    def _check_latent(self, z: tf.Tensor) -> tf.Tensor:
        z = tf.cast(z, tf.float32)
        if z.shape.rank != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"A latent is [N, {self.latent_dim}]. Received: shape {z.shape}.")
        return z


def pick(uniform: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Draws categorical variables int32 [N], in [0, K), by inverting their distribution function.

    Args:
        uniform: [N], in (0, 1).
        weights: [K], or one distribution per row [N, K], up to a factor.
    """
    # In float64, in which equal weights stay equal and a zero weight is never picked.
    weights, uniform = tf.cast(weights, tf.float64), tf.cast(uniform, tf.float64)
    cumulative = tf.cumsum(weights, axis=-1)
    bounds = cumulative[..., :-1] / cumulative[..., -1:]
    if bounds.shape.rank == 1:
        return tf.searchsorted(bounds, uniform, side="right")
    return tf.searchsorted(bounds, uniform[:, None], side="right")[:, 0]


def probabilities(name: str, values: np.ndarray, num_components: int) -> np.ndarray:
    """Returns `values` as float32 [K], or raises a ValueError where they are not a distribution."""
    wanted = f"{name} are at least 0 and sum to 1"
    array = numbers(name, wanted, values).astype(np.float32)
    if array.shape != (num_components,):
        raise ValueError(f"{name} has shape ({num_components},). Received: shape {array.shape}.")
    all_good(name, wanted, array, array >= 0)
    total = array.sum(dtype=np.float64)
    if abs(total - 1) > 1e-4:
        raise ValueError(f"{wanted}. Received: a sum of {total}.")
    return array
