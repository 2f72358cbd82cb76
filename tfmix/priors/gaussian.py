"""Gaussian priors, and the simple ones that mixtures replace."""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.checks import number
from tfmix.priors.mixture import LocationScaleMixture
from tfmix.priors.prior import Prior

tfd = tfp.distributions


class _Single(Prior):
    """A prior of one component with nothing to learn and one uniform number per dimension."""

    def __init__(self, latent_dim: int, **kwargs):
        super().__init__(1, latent_dim, **kwargs)
        self.built = True

    @property
    def num_uniforms(self) -> int:
        """One per dimension."""
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
        **kwargs: See `keras.layers.Layer`.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The distribution of z, event shape [D]."""
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
        **kwargs: See `keras.layers.Layer`.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The distribution of z, event shape [D]."""
        shape = [1, self.latent_dim]
        return _mixture(self.logits, tfd.Uniform(-tf.ones(shape), tf.ones(shape)))

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = scale * (2 u - 1); see `Prior.transform`."""
        return scale[:, None] * (2.0 * uniform - 1.0)


@keras.saving.register_keras_serializable(package="tfmix")
class OneHotNormal(Prior):
    """Normal noise followed by the one-hot vector of a component drawn at random.

    This is DeLiGAN's control MoE-GAN (CVPR 2017, section 5) and the latent of ClusterGAN (AAAI
    2019). Nothing is learned.

    Args:
        num_components: K.
        latent_dim: D, the width of the noise and the one-hot vector together, above K.
        scale: Standard deviation of the noise, above 0 (ClusterGAN: 0.1).
        **kwargs: See `keras.layers.Layer`.

    Raises:
        ValueError: A width that leaves no room for the noise, or a scale outside its range.
    """

    def __init__(self, num_components: int, latent_dim: int, scale: float = 1.0, **kwargs):
        super().__init__(num_components, latent_dim, **kwargs)
        self.noise_dim = self.latent_dim - self.num_components
        if self.noise_dim < 1:
            raise ValueError(
                f"latent_dim is the width of the noise and the one-hot vector together, above "
                f"num_components={num_components}. Received: latent_dim={latent_dim}."
            )
        self.scale = number("scale", "scale is finite and above 0", scale, lambda x: x > 0)
        self.built = True

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The distribution of z [D]: the noise has a density, the one-hot vector a probability."""
        noise = tfd.Normal(tf.zeros([self.num_components, self.noise_dim]), self.scale)
        one_hot = tfd.VectorDeterministic(tf.eye(self.num_components))
        components = tfd.Blockwise([tfd.Independent(noise, 1), one_hot])
        return tfd.MixtureSameFamily(tfd.Categorical(logits=self.logits), components)

    @property
    def num_uniforms(self) -> int:
        """One per dimension of the noise."""
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

    With diagonal A_k it is the latent space of DeLiGAN (CVPR 2017, section 3), with full A_k that
    of the dynamic GM-GAN (2018), and with `covariance="isotropic"` and nothing learned that of the
    static GM-GAN.

    Args:
        num_components: K.
        latent_dim: D.
        **kwargs: See `LocationScaleMixture`.

    Raises:
        ValueError: An argument outside its range, of the wrong shape, or in conflict with another.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The distribution of z, event shape [D]."""
        loc, scale = self.loc, self.scale
        if self.covariance == "full":
            components = tfd.MultivariateNormalTriL(loc, scale)
            return tfd.MixtureSameFamily(tfd.Categorical(logits=self.logits), components)
        scale = tf.broadcast_to(scale, loc.shape)
        return _mixture(self.logits, tfd.Normal(loc, scale))

    def component_log_prob(self, z: tf.Tensor) -> tf.Tensor:
        """Log density under each component; see `Prior.component_log_prob`."""
        log_norm = self._log_volume() + 0.5 * self.latent_dim * np.log(2.0 * np.pi)
        return -0.5 * self._standardized_square(z) - log_norm

    @property
    def noise_variance(self) -> tf.Tensor:
        """1; see `LocationScaleMixture.noise_variance`."""
        return tf.ones([self.num_components])

    @property
    def num_uniforms(self) -> int:
        """One per dimension."""
        return self.latent_dim

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Normal noise; see `LocationScaleMixture.noise`."""
        return tf.math.ndtri(uniform)

    @classmethod
    def from_config(cls, config: dict) -> "GaussianMixture":
        """Reads also configs of when noise could be truncated; one that asks for it is refused."""
        truncation = config.get("truncation")
        if truncation is not None:
            raise ValueError(
                "Truncated noise is no longer drawn; a scale below 1 trades diversity for quality "
                f"instead, and a config has truncation=None. Received: truncation={truncation}."
            )
        return super().from_config({k: v for k, v in config.items() if k != "truncation"})


def _mixture(logits: tf.Tensor, components: tfd.Distribution) -> tfd.MixtureSameFamily:
    return tfd.MixtureSameFamily(tfd.Categorical(logits=logits), tfd.Independent(components, 1))
