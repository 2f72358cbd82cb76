"""Mixtures of K components that differ only in location and scale."""

import functools

import keras
import numpy as np
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import all_good, number, numbers, one_of
from tfmix.priors.implicit import implicit_reparameterization
from tfmix.priors.marginal import average_over_posterior
from tfmix.priors.prior import Draw, Prior, pick, probabilities
from tfmix.priors.scale import (
    COVARIANCES,
    PARAMETRIZATIONS,
    SCALE_FLOOR,
    constrain,
    keep_floor,
    standardize,
    unconstrain,
)
from tfmix.priors.within import share
from tfmix.priors.within import start as start_within

ASSIGNMENTS = ("categorical", "stratified")
GRADIENTS = ("pathwise", "marginal", "implicit")
_PLAIN = [  # arguments that are kept as they are
    "loc_range",
    "init_scale",
    "within",
    "covariance",
    "scale_parametrization",
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
        loc_range: Locations start as U(-loc_range, loc_range); None: 1.
        init_scale: Initial standard deviation, or scale of Student-t noise, of every component,
            above SCALE_FLOOR; None: 0.2.
        within: In place of these two, the share s in (0, 1] of z's variance that lies within
            components, at z of unit variance in each dimension: components start with the variance
            s, locations as U(-c, c) with c^2 / 3 = 1 - s. That is meant on average over locations;
            for those that there are, at any time, see `within_share`.
        weights: Fixed or initial probabilities [K]; None: all equal.
        loc: Fixed or initial locations [K, D], instead of drawn ones.
        scale: Fixed or initial standard deviations: one number, [K], [K, 1], for "diag" and "full"
            [K, D], and for "full" also factors A_k [K, D, D], of which only A_k A_k^T matters.
        covariance: "isotropic", one standard deviation per component; "diag", one per dimension;
            or "full", a lower triangle A_k of positive diagonal (GM-GAN, 2018, dynamic).
        scale_parametrization: What is trained. "identity": the standard deviations, or diagonals of
            triangles, themselves, as in DeLiGAN's code; a step of Adam is then at most about its
            learning rate, at any deviation. "softplus": numbers whose softplus they are, with
            steps that shrink as deviations do; files of before there was a choice have it.
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
        loc_range: float | None = None,
        init_scale: float | None = None,
        within: float | None = None,
        weights: np.ndarray | None = None,
        loc: np.ndarray | None = None,
        scale: np.ndarray | None = None,
        covariance: str = "diag",
        scale_parametrization: str = "identity",
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
        one_of("scale_parametrization", scale_parametrization, PARAMETRIZATIONS)
        one_of("gradient", gradient, GRADIENTS)
        one_of("assignment", assignment, ASSIGNMENTS)
        _check_gradient(gradient, covariance, learn_weights, assignment)
        if within is None:
            loc_range = 1.0 if loc_range is None else loc_range
            init_scale = 0.2 if init_scale is None else init_scale
            wanted = "loc_range is finite and at least 0"
            loc_range = number("loc_range", wanted, loc_range, lambda x: x >= 0)
            wanted = f"init_scale is finite and above {SCALE_FLOOR}"
            init_scale = number("init_scale", wanted, init_scale, lambda x: x > SCALE_FLOOR)
            start = loc_range, init_scale
        else:
            others = {"loc_range": loc_range, "init_scale": init_scale, "loc": loc, "scale": scale}
            start = start_within(within, others)
            within = float(within)
        self.loc_range, self.init_scale, self.within = loc_range, init_scale, within
        self.covariance = covariance
        self.scale_parametrization = scale_parametrization
        self.learn_loc = bool(learn_loc)
        self.learn_scale = bool(learn_scale)
        self.learn_weights = bool(learn_weights)
        self.gradient = gradient
        self.assignment = assignment
        self.seed = seeds.check(seed)
        given = {"weights": weights, "loc": loc, "scale": scale}
        self._given = {n: None if v is None else np.asarray(v).tolist() for n, v in given.items()}

        self._logits = self._variable("logits", self._first_logits(weights), learn_weights)
        self._loc = self._variable("loc", self._first_loc(loc, start[0]), learn_loc)
        raw_scale = self._raw_scale_of(start[1] if scale is None else scale)
        self._raw_scale = self._variable("raw_scale", raw_scale, learn_scale)
        if scale_parametrization == "identity":
            self._raw_scale.constraint = functools.partial(keep_floor, covariance, latent_dim)
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
        raw = tf.convert_to_tensor(self._raw_scale)
        return constrain(raw, self.covariance, self.scale_parametrization)

    @property
    def marginal_scale(self) -> tf.Tensor:
        """Marginal scale of each dimension, float32 [K, 1] or [K, D]."""
        return tf.norm(self.scale, axis=-1) if self.covariance == "full" else self.scale

    @property
    def noise_variance(self) -> tf.Tensor:
        """Variance of each dimension of `noise`, by component, float32 [K]; inf: there is none."""
        raise NotImplementedError

    @property
    def within_share(self) -> float | None:
        """Share of the variance of z, summed over dimensions, that lies within components.

        It lies in (0, 1]. None: a component that is drawn has no finite variance, as Student-t
        noise has none for df of at most 2.
        """
        variance = self.noise_variance[:, None] * self.marginal_scale**2
        parts = self.mixture_weights, self.loc, variance
        return share(*(np.asarray(each, np.float64) for each in parts))

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
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {**super().get_config(), **plain, **self._given}

    @classmethod
    def from_config(cls, config: dict) -> "LocationScaleMixture":
        """Reads also configs of before there was a `scale_parametrization`: "softplus"."""
        return super().from_config({"scale_parametrization": "softplus", **config})

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

    def _raw_scale_of(self, scale: float | np.ndarray) -> np.ndarray:
        shape = self.num_components, self.latent_dim
        return unconstrain(scale, self.covariance, *shape, self.scale_parametrization)

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

    def _first_loc(self, loc: np.ndarray | None, loc_range: float) -> np.ndarray:
        shape = (self.num_components, self.latent_dim)
        if loc is None:
            uniform = seeds.uniform(shape, tf.constant([self.seed, 0], tf.int32))
            return loc_range * (2 * uniform.numpy() - 1)
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
