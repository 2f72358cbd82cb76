"""Gaussian priors, and the simple ones that mixtures replace."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special

from tfmix.checks import all_good, number, numbers
from tfmix.priors.mixture import LocationScaleMixture, listed
from tfmix.priors.prior import Prior

tfd = tfp.distributions


class _Single(Prior):
    """A prior of one component and nothing to learn, one uniform number a dimension.

    Args:
        latent_dim: D.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim: int, **kwargs):
        super().__init__(1, latent_dim, **kwargs)
        self.built = True

    @property
    def num_uniforms(self) -> int:
        """One a dimension."""
        return self.latent_dim

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        config = super().get_config()
        del config["num_components"]
        return config


@keras.saving.register_keras_serializable(package="tfmix")
class StandardNormal(_Single):
    """N(0, I) over [D], a mixture of one component: the prior of the baselines.

    Args:
        latent_dim: D.
        **kwargs: Of `keras.layers.Layer`.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        shape = [1, self.latent_dim]
        return _mixture(self.logits, tfd.Normal(tf.zeros(shape), tf.ones(shape)))

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = scale * eps; see `Prior.transform`."""
        return scale[:, None] * tf.math.ndtri(uniform)


@keras.saving.register_keras_serializable(package="tfmix")
class Uniform(_Single):
    """U(-1, 1) over [D], a mixture of one component: the prior of the first GANs and of DCGAN.

    Args:
        latent_dim: D.
        **kwargs: Of `keras.layers.Layer`.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        shape = [1, self.latent_dim]
        return _mixture(self.logits, tfd.Uniform(-tf.ones(shape), tf.ones(shape)))

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = scale * (2 u - 1); see `Prior.transform`."""
        return scale[:, None] * (2.0 * uniform - 1.0)


@keras.saving.register_keras_serializable(package="tfmix")
class OneHotNormal(Prior):
    """Normal noise joined to the one-hot vector of a component drawn at random, noise first.

    DeLiGAN's control MoE-GAN (CVPR 2017, section 5) and the latent of ClusterGAN (AAAI 2019).
    Nothing is learned.

    Args:
        num_components: K.
        latent_dim: D, the width of noise and one-hot vector together, above K.
        scale: Standard deviation of the noise, above 0 (ClusterGAN: 0.1).
        **kwargs: Of `keras.layers.Layer`.

    Raises:
        ValueError: A width that leaves no room for noise, or a scale outside its range.
    """

    def __init__(self, num_components: int, latent_dim: int, scale: float = 1.0, **kwargs):
        super().__init__(num_components, latent_dim, **kwargs)
        self.noise_dim = self.latent_dim - self.num_components
        if self.noise_dim < 1:
            raise ValueError(
                f"latent_dim is the width of noise and one-hot vector together, above "
                f"num_components={num_components}. Received: latent_dim={latent_dim}."
            )
        self.scale = number("scale", "scale is finite and above 0", scale, lambda x: x > 0)
        self.built = True

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]: a density for the noise, a probability for the vector."""
        noise = tfd.Normal(tf.zeros([self.num_components, self.noise_dim]), self.scale)
        one_hot = tfd.VectorDeterministic(tf.eye(self.num_components))
        components = tfd.Blockwise([tfd.Independent(noise, 1), one_hot])
        return tfd.MixtureSameFamily(tfd.Categorical(logits=self.logits), components)

    @property
    def num_uniforms(self) -> int:
        """One a dimension of the noise."""
        return self.noise_dim

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = (scale * eps, one-hot); see `Prior.transform`."""
        noise = (scale * self.scale)[:, None] * tf.math.ndtri(uniform)
        return tf.concat([noise, tf.one_hot(component, self.num_components)], axis=1)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="tfmix")
class GaussianMixture(LocationScaleMixture):
    """A mixture of Gaussians, sum_k w_k N(loc_k, A_k A_k^T).

    The latent space of DeLiGAN (CVPR 2017, section 3) with diagonal A_k, of the dynamic GM-GAN
    (2018) with full ones and, with `covariance="isotropic"` and nothing learned, of the static one.

    Args:
        num_components: K.
        latent_dim: D.
        truncation: Where the noise of each component ends, in standard deviations of a dimension:
            one number or [K], above 0; None for no end. Trades diversity for quality as `scale`
            does, and shortens tails without drawing the rest together (the truncated normal of
            BigGAN, ICLR 2019, section 3.1). Not for full covariances or the implicit gradient.
        **kwargs: Of `LocationScaleMixture`.

    Raises:
        ValueError: An argument outside its range, of another shape, or at odds with another.
    """

    def __init__(
        self,
        num_components: int,
        latent_dim: int,
        *,
        truncation: float | np.ndarray | None = None,
        **kwargs,
    ):
        super().__init__(num_components, latent_dim, **kwargs)
        self._given_truncation = listed(truncation)
        self.truncation = None if truncation is None else self._check_truncation(truncation)

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        loc, scale = self.loc, self.scale
        if self.covariance == "full":
            components = tfd.MultivariateNormalTriL(loc, scale)
            return tfd.MixtureSameFamily(tfd.Categorical(logits=self.logits), components)
        scale = tf.broadcast_to(scale, loc.shape)
        if self.truncation is None:
            return _mixture(self.logits, tfd.Normal(loc, scale))
        end = self.truncation[:, None] * scale
        return _mixture(self.logits, tfd.TruncatedNormal(loc, scale, loc - end, loc + end))

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log density under each component; see `Prior.component_log_prob`."""
        log_norm = self._log_volume() + 0.5 * self.latent_dim * np.log(2.0 * np.pi)
        log_prob = -0.5 * self._standardized_square(z) - log_norm
        if self.truncation is None:
            return log_prob
        # In float32, as samples are placed, so that each of them lies inside.
        z, reach = tf.cast(z, tf.float32)[:, None], self.truncation[:, None] * self.scale
        inside = (z >= self.loc - reach) & (z <= self.loc + reach)
        log_prob -= self.latent_dim * np.log(special.erf(self.truncation * np.sqrt(0.5)))
        return tf.where(tf.reduce_all(inside, axis=-1), log_prob, -np.inf)

    @property
    def num_uniforms(self) -> int:
        """One a dimension."""
        return self.latent_dim

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Normal noise, truncated where asked; see `LocationScaleMixture.noise`."""
        if self.truncation is None:
            return tf.math.ndtri(uniform)
        end = tf.gather(self.truncation, component)[:, None]
        inside = tf.math.erf(end * np.float32(np.sqrt(0.5)))  # probability of [-end, end]
        noise = tf.math.ndtri(0.5 + inside * (uniform - 0.5))
        return tf.clip_by_value(noise, -end, end)  # the last bit may lie beyond

    def get_config(self) -> dict:
        """The constructor's arguments by name, arrays as lists."""
        return {**super().get_config(), "truncation": self._given_truncation}

    def _check_truncation(self, truncation: float | np.ndarray) -> np.ndarray:
        wanted = "truncation is finite and above 0"
        array = numbers("truncation", wanted, truncation).astype(np.float32)
        if array.shape not in ((), (self.num_components,)):
            raise ValueError(
                f"truncation is a number or of shape ({self.num_components},). "
                f"Received: shape {array.shape}."
            )
        all_good("truncation", wanted, array, np.isfinite(array) & (array > 0))
        if self.covariance == "full" or self.gradient == "implicit":
            raise ValueError(
                "truncation needs covariance='diag' or 'isotropic', and gradient='pathwise' or "
                f"'marginal'. Received: {self.covariance!r} and {self.gradient!r}."
            )
        return np.broadcast_to(array, (self.num_components,))


def _mixture(logits: tf.Tensor, components: tfd.Distribution) -> tfd.MixtureSameFamily:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Independent(components, 1))
