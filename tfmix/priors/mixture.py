"""Mixtures of K components that differ in location and scale alone."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import all_good, one_of
from tfmix.priors.prior import Prior, probabilities

SCALE_FLOOR = 1e-4  # no standard deviation falls below it, whatever the generator would gain
COVARIANCES = ("isotropic", "diag")
ASSIGNMENTS = ("categorical", "stratified")
GRADIENTS = ("pathwise",)


class LocationScaleMixture(Prior):
    """A mixture over [D] whose component k is loc_k + scale_k * noise.

    The gradient is pathwise: the component is picked, then its location and scale are reached
    through z (DeLiGAN, CVPR 2017, section 3; GM-GAN, 2018, dynamic). The weights get none.

    Args:
        num_components: K.
        latent_dim: D.
        loc_range: Locations start as U(-loc_range, loc_range).
        init_scale: Standard deviation that every component starts with, above SCALE_FLOOR.
        weights: Probabilities [K]; None: all equal.
        loc: Locations [K, D] to hold or to start from, instead of drawing them.
        scale: Standard deviations to hold or to start from: one number, [K], [K, 1], and for
            "diag" [K, D].
        covariance: "isotropic", one standard deviation a component, or "diag", one a dimension.
        learn_loc: Whether locations are trained. Untrained ones are saved all the same.
        learn_scale: Whether scales are trained.
        gradient: "pathwise".
        assignment: How training draws pick components: "categorical", each row by itself, or
            "stratified", component k floor(N w_k) times or once more, in random order (DeLiGAN's
            code uses each component once a batch).
        seed: Seed of the initial locations.
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: An argument outside its range or of another shape.
    """

    def __init__(
        self,
        num_components: int,
        latent_dim: int,
        *,
        loc_range: float = 1.0,
        init_scale: float = 0.2,
        weights: np.ndarray | None = None,
        loc: np.ndarray | None = None,
        scale: np.ndarray | None = None,
        covariance: str = "diag",
        learn_loc: bool = True,
        learn_scale: bool = True,
        gradient: str = "pathwise",
        assignment: str = "categorical",
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(num_components, latent_dim, **kwargs)
        one_of("covariance", covariance, COVARIANCES)
        one_of("gradient", gradient, GRADIENTS)
        one_of("assignment", assignment, ASSIGNMENTS)
        if not (np.isfinite(loc_range) and loc_range >= 0):
            raise ValueError(f"loc_range is finite and at least 0. Received: {loc_range!r}.")
        self.loc_range = float(loc_range)
        self.init_scale = float(init_scale)
        self.covariance = covariance
        self.learn_loc = bool(learn_loc)
        self.learn_scale = bool(learn_scale)
        self.gradient = gradient
        self.assignment = assignment
        self.seed = seeds.check(seed)
        self._given = {"weights": _listed(weights), "loc": _listed(loc), "scale": _listed(scale)}

        self._logits = self._variable("logits", self._first_logits(weights), trainable=False)
        self._loc = self._variable("loc", self._first_loc(loc), trainable=learn_loc)
        self._raw_scale = self._variable(
            "raw_scale", self._first_raw_scale(scale), trainable=learn_scale
        )
        self.built = True

    @property
    def loc(self) -> tf.Tensor:
        """Locations, float32 [K, D]."""
        return tf.convert_to_tensor(self._loc)

    @property
    def scale(self) -> tf.Tensor:
        """Scales, the softplus of what is trained above SCALE_FLOOR: float32 [K, D] or [K, 1]."""
        return SCALE_FLOOR + tf.math.softplus(tf.convert_to_tensor(self._raw_scale))

    @property
    def logits(self) -> tf.Tensor:
        """Log weights of the components up to a constant, float32 [K]."""
        return tf.convert_to_tensor(self._logits)

    @property
    def mixture_weights(self) -> tf.Tensor:
        """Probability of each component, float32 [K]."""
        return tf.nn.softmax(self.logits)

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Turns uniform numbers into noise of location 0 and scale 1.

        Args:
            uniform: float32 [N, num_uniforms], in (0, 1).
            component: int32 [N].

        Returns:
            float32 [N, D].
        """
        raise NotImplementedError

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = loc_k + scale * scale_k * noise; see `Prior.transform`."""
        spread = scale[:, None] * tf.gather(self.scale, component)
        return tf.gather(self.loc, component) + spread * self.noise(uniform, component)

    def get_config(self) -> dict:
        """The constructor's arguments by name, arrays as lists."""
        return {
            **super().get_config(),
            "loc_range": self.loc_range,
            "init_scale": self.init_scale,
            **self._given,
            "covariance": self.covariance,
            "learn_loc": self.learn_loc,
            "learn_scale": self.learn_scale,
            "gradient": self.gradient,
            "assignment": self.assignment,
            "seed": self.seed,
        }

    def _assign(self, num_samples: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if self.assignment == "categorical":
            return super()._assign(num_samples, seed)
        # Systematic sampling: N equally spaced points with one offset, in random order.
        offset = tf.cast(seeds.uniform([], seeds.fold_in(seed, 0)), tf.float64)
        points = (tf.cast(tf.range(num_samples), tf.float64) + offset) / tf.cast(
            num_samples, tf.float64
        )
        keys = seeds.uniform([num_samples], seeds.fold_in(seed, 1))
        # Sorted by random keys: XLA compiles this, and does not compile TensorFlow's shuffle.
        return tf.gather(self._pick(points), tf.argsort(keys, stable=True))

    def _variable(self, name: str, value: np.ndarray, trainable: bool) -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=value.shape,
            initializer=lambda *_, **__: tf.constant(value, tf.float32),
            trainable=trainable,
        )

    def _first_logits(self, weights: np.ndarray | None) -> np.ndarray:
        if weights is None:
            return np.zeros([self.num_components])
        with np.errstate(divide="ignore"):  # a weight of 0 is a logit of minus infinity
            return np.log(probabilities("weights", weights, self.num_components))

    def _first_loc(self, loc: np.ndarray | None) -> np.ndarray:
        shape = (self.num_components, self.latent_dim)
        if loc is None:
            uniform = seeds.uniform(shape, tf.constant([self.seed, 0], tf.int32))
            return self.loc_range * (2 * uniform.numpy() - 1)
        array = np.asarray(loc, np.float32)
        if array.shape != shape or not np.all(np.isfinite(array)):
            raise ValueError(f"loc is finite, of shape {shape}. Received: shape {array.shape}.")
        return array

    def _first_raw_scale(self, scale: np.ndarray | None) -> np.ndarray:
        columns = 1 if self.covariance == "isotropic" else self.latent_dim
        array = np.asarray(self.init_scale if scale is None else scale, np.float64)
        if array.shape == (self.num_components,):
            array = array[:, None]
        if array.shape not in ((), (self.num_components, 1), (self.num_components, columns)):
            raise ValueError(
                f"scale is a number or of shape ({self.num_components},) or "
                f"({self.num_components}, {columns}). Received: shape {array.shape}."
            )
        good = np.isfinite(array) & (array > SCALE_FLOOR)
        all_good("scale", f"A scale is finite and above {SCALE_FLOOR}", array, good)
        above = np.broadcast_to(array, (self.num_components, columns)) - SCALE_FLOOR
        return above + np.log(-np.expm1(-above))  # the inverse of softplus


def _listed(values: np.ndarray | None) -> list | float | None:
    return None if values is None else np.asarray(values).tolist()
