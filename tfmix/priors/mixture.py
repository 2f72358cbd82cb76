"""Mixtures of K components that differ only in location and scale."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import all_good, number, numbers, one_of
from tfmix.priors.implicit import implicit_reparameterization
from tfmix.priors.marginal import average_over_posterior
from tfmix.priors.prior import Draw, Prior, pick, probabilities
from tfmix.priors.scale import COVARIANCES, SCALE_FLOOR, constrain, standardize, unconstrain

ASSIGNMENTS = ("categorical", "stratified")
GRADIENTS = ("pathwise", "marginal", "implicit")
_OTHERS = [
    "covariance",
    "learn_loc",
    "learn_scale",
    "learn_weights",
    "gradient",
    "assignment",
    "seed",
]
_NEVER = -1e4  # logit of a zero weight: finite, and its exponential is 0


class LocationScaleMixture(Prior):
    """A mixture over [D] whose component k is loc_k + A_k noise.

    Draws are differentiable in one of three ways, each unbiased for locations and scales:

    - "pathwise": a component is picked, and its location and scale get gradients through z
      (DeLiGAN, CVPR 2017, section 3; GM-GAN, 2018, dynamic). The weights get no gradient.
    - "marginal": the same, averaged over the posterior of the component, so that each sample
      trains all components. The weights learn from the adversarial loss of each sample, by
      `Prior.score_surrogate`.
    - "implicit": TFP's, through the distribution function, weights included. It is for components
      that overlap; see `implicit_reparameterization`.

    Args:
        num_components: K.
        latent_dim: D.
        loc_range: Locations start as U(-loc_range, loc_range).
        init_scale: Initial standard deviation of every component, above SCALE_FLOOR.
        weights: Fixed or initial probabilities [K]; None: all equal.
        loc: Fixed or initial locations [K, D], instead of drawn ones.
        scale: Fixed or initial standard deviations: one number, [K], [K, 1], for "diag" and "full"
            [K, D], and for "full" also factors A_k [K, D, D], of which only A_k A_k^T matters.
        covariance: "isotropic", one standard deviation per component; "diag", one per dimension;
            or "full", a lower triangle A_k of positive diagonal (GM-GAN, 2018, dynamic).
        learn_loc: Whether locations are trained. They are saved in either case.
        learn_scale: Whether scales are trained.
        learn_weights: Whether weights are trained; each then starts above 0, and gradient is
            "marginal" or "implicit".
        gradient: "pathwise", "marginal" or "implicit". "marginal" needs categorical assignment,
            "implicit" independent dimensions.
        assignment: How training draws pick components: "categorical", each row independently, or
            "stratified", component k floor(N w_k) times or once more, in random order (DeLiGAN's
            code uses each component once per batch).
        seed: Seed of the initial locations.
        **kwargs: See `keras.layers.Layer`.

    Raises:
        ValueError: An argument outside its range, of the wrong shape, or in conflict with another.
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
        learn_weights: bool = False,
        gradient: str = "pathwise",
        assignment: str = "categorical",
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(num_components, latent_dim, **kwargs)
        one_of("covariance", covariance, COVARIANCES)
        one_of("gradient", gradient, GRADIENTS)
        one_of("assignment", assignment, ASSIGNMENTS)
        _check_gradient(gradient, covariance, learn_weights, assignment)
        wanted = "loc_range is finite and at least 0"
        self.loc_range = number("loc_range", wanted, loc_range, lambda x: x >= 0)
        wanted = f"init_scale is finite and above {SCALE_FLOOR}"
        self.init_scale = number("init_scale", wanted, init_scale, lambda x: x > SCALE_FLOOR)
        self.covariance = covariance
        self.learn_loc = bool(learn_loc)
        self.learn_scale = bool(learn_scale)
        self.learn_weights = bool(learn_weights)
        self.gradient = gradient
        self.assignment = assignment
        self.seed = seeds.check(seed)
        given = {"weights": weights, "loc": loc, "scale": scale}
        self._given = {n: None if v is None else np.asarray(v).tolist() for n, v in given.items()}

        self._logits = self._variable("logits", self._first_logits(weights), learn_weights)
        self._loc = self._variable("loc", self._first_loc(loc), learn_loc)
        scale = init_scale if scale is None else scale
        raw_scale = unconstrain(scale, covariance, num_components, latent_dim)
        self._raw_scale = self._variable("raw_scale", raw_scale, learn_scale)
        self.built = True

    @property
    def logits(self) -> tf.Tensor:
        """Log weights of the components up to a constant, float32 [K]."""
        return tf.convert_to_tensor(self._logits)

    @property
    def loc(self) -> tf.Tensor:
        """Locations, float32 [K, D]."""
        return tf.convert_to_tensor(self._loc)

    @property
    def scale(self) -> tf.Tensor:
        """Scales above SCALE_FLOOR: float32 [K, 1], [K, D] or, full, lower triangles [K, D, D]."""
        return constrain(tf.convert_to_tensor(self._raw_scale), self.covariance)

    @property
    def marginal_scale(self) -> tf.Tensor:
        """Marginal scale of each dimension, float32 [K, 1] or [K, D]."""
        return tf.norm(self.scale, axis=-1) if self.covariance == "full" else self.scale

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Turns uniform numbers into noise of location 0 and scale 1, float32 [N, D].

        Args:
            uniform: float32 [N, num_uniforms], in (0, 1).
            component: int32 [N].
        """
        raise NotImplementedError

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = loc_k + scale * A_k noise; see `Prior.transform`."""
        noise = self.noise(uniform, component)
        return _place(self.loc, self.scale, component, noise, scale[:, None])

    def get_config(self) -> dict:
        """The constructor's arguments by name, arrays as lists."""
        first = {"loc_range": self.loc_range, "init_scale": self.init_scale}
        others = {name: getattr(self, name) for name in _OTHERS}
        return {**super().get_config(), **first, **self._given, **others, "seed": self.seed}

    def _reparameterize(self, uniform: tf.Tensor, component: tf.Tensor) -> Draw:
        if self.gradient == "pathwise":
            return super()._reparameterize(uniform, component)
        loc, scale = tf.stop_gradient(self.loc), tf.stop_gradient(self.scale)
        z = _place(loc, scale, component, self.noise(uniform, component), 1.0)
        if self.gradient == "implicit":
            return Draw(implicit_reparameterization(self.distribution, z), component)
        posterior = tf.stop_gradient(self._posterior(z))
        z = average_over_posterior(z, posterior, self.loc, self.scale)
        return Draw(z, component, posterior if self.learn_weights else None)

    def _assign(self, num_samples: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        if self.assignment == "categorical":
            return super()._assign(num_samples, seed)
        # Systematic sampling: N equally spaced points with one offset, in random order.
        offset = tf.cast(seeds.uniform([], seeds.fold_in(seed, 0)), tf.float64)
        points = tf.cast(tf.range(num_samples), tf.float64) + offset
        points /= tf.cast(num_samples, tf.float64)
        keys = seeds.uniform([num_samples], seeds.fold_in(seed, 1))
        # Sorted by random keys: XLA compiles this, and does not compile TensorFlow's shuffle.
        return tf.gather(pick(points, self.mixture_weights), tf.argsort(keys, stable=True))

    def _standardized_square(self, z: tf.Tensor) -> tf.Tensor:
        """Squared length of A_k^-1 (z - loc_k), [N, K], for z [N, D]; all in float64."""
        loc, scale = tf.cast(self.loc, tf.float64), tf.cast(self.scale, tf.float64)
        if self.covariance == "full":
            return tf.reduce_sum(standardize(z, loc, scale) ** 2, axis=-1)
        # Matrix products instead of differences [N, K, D]; float64 has digits to spare.
        precision = tf.broadcast_to(1.0 / (scale * scale), loc.shape)
        square = (
            tf.matmul(z * z, precision, transpose_b=True)
            - 2.0 * tf.matmul(z, loc * precision, transpose_b=True)
            + tf.reduce_sum(loc * loc * precision, axis=-1)
        )
        return tf.maximum(square, 0.0)

    def _log_volume(self) -> tf.Tensor:
        """Log determinant of A_k, float64 [K]."""
        scale = tf.cast(self.scale, tf.float64)
        deviations = tf.linalg.diag_part(scale) if self.covariance == "full" else scale
        return tf.reduce_sum(tf.broadcast_to(tf.math.log(deviations), self.loc.shape), axis=-1)

    def _variable(self, name: str, value: np.ndarray, trainable: bool) -> keras.Variable:
        def initial(*_: object, **__: object) -> tf.Tensor:
            return tf.constant(value, tf.float32)

        return self.add_weight(value.shape, initial, name=name, trainable=trainable)

    def _first_logits(self, weights: np.ndarray | None) -> np.ndarray:
        if weights is None:
            return np.zeros([self.num_components])
        array = probabilities("weights", weights, self.num_components)
        if self.learn_weights:
            all_good("weights", "Weights that are learned start above 0", array, array > 0)
        return np.log(array, where=array > 0, out=np.full(array.shape, _NEVER))

    def _first_loc(self, loc: np.ndarray | None) -> np.ndarray:
        shape = (self.num_components, self.latent_dim)
        if loc is None:
            uniform = seeds.uniform(shape, tf.constant([self.seed, 0], tf.int32))
            return self.loc_range * (2 * uniform.numpy() - 1)
        wanted = f"loc is finite, of shape {shape}"
        array = numbers("loc", wanted, loc)
        if array.shape != shape:
            raise ValueError(f"{wanted}. Received: shape {array.shape}.")
        all_good("loc", wanted, array, np.isfinite(array))
        return array


def _place(
    loc: tf.Tensor, scale: tf.Tensor, component: tf.Tensor, noise: tf.Tensor, factor: tf.Tensor
) -> tf.Tensor:
    """loc_k + factor * A_k noise."""
    own = tf.gather(scale, component)
    if own.shape.rank == 3:
        return tf.gather(loc, component) + factor * tf.linalg.matvec(own, noise)
    return tf.gather(loc, component) + (factor * own) * noise


def _check_gradient(gradient: str, covariance: str, learn_weights: bool, assignment: str) -> None:
    if learn_weights and gradient == "pathwise":
        raise ValueError(
            "learn_weights needs gradient='marginal' or 'implicit', since the pathwise gradient "
            "does not reach the weights. Received: gradient='pathwise'."
        )
    if assignment == "stratified" and (learn_weights or gradient == "marginal"):
        raise ValueError(
            "learn_weights and gradient='marginal' need assignment='categorical', which draws "
            "rows independently. Received: assignment='stratified'."
        )
    if covariance == "full" and gradient == "implicit":
        raise ValueError(
            "gradient='implicit' needs independent dimensions, covariance='diag' or 'isotropic'; "
            "for full covariances take 'marginal'. Received: covariance='full'."
        )
