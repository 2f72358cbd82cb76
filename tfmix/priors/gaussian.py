"""Gaussian priors: the single one that the papers replace, and the mixture in its place."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.priors.mixture import LocationScaleMixture
from tfmix.priors.prior import Prior

tfd = tfp.distributions


@keras.saving.register_keras_serializable(package="tfmix")
class StandardNormal(Prior):
    """N(0, I) over [D], a mixture of one component: the prior of the baselines.

    Args:
        latent_dim: D.
        **kwargs: Of `keras.layers.Layer`.
    """

    def __init__(self, latent_dim: int, **kwargs):
        super().__init__(1, latent_dim, **kwargs)
        self.built = True

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        shape = [1, self.latent_dim]
        return _mixture_of_normals(tf.zeros([1]), tf.zeros(shape), tf.ones(shape))

    @property
    def num_uniforms(self) -> int:
        """One a dimension."""
        return self.latent_dim

    def transform(self, uniform: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
        """z = scale * eps; see `Prior.transform`."""
        return scale[:, None] * tf.math.ndtri(uniform)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        config = super().get_config()
        del config["num_components"]
        return config


@keras.saving.register_keras_serializable(package="tfmix")
class GaussianMixture(LocationScaleMixture):
    """A mixture of Gaussians, sum_k w_k N(loc_k, diag(scale_k^2)).

    The latent space of DeLiGAN (CVPR 2017, section 3) and, with `covariance="isotropic"` and
    nothing learned, of the static GM-GAN (2018). Arguments: see `LocationScaleMixture`.
    """

    @property
    def distribution(self) -> tfd.MixtureSameFamily:
        """The law of z, event shape [D]."""
        return _mixture_of_normals(self.logits, self.loc, self.scale)

    @property
    def num_uniforms(self) -> int:
        """One a dimension."""
        return self.latent_dim

    def noise(self, uniform: tf.Tensor, component: tf.Tensor) -> tf.Tensor:
        """Standard normal noise; see `LocationScaleMixture.noise`."""
        return tf.math.ndtri(uniform)


def _mixture_of_normals(
    logits: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tfd.MixtureSameFamily:
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=logits),
        tfd.Independent(tfd.Normal(loc, tf.broadcast_to(scale, loc.shape)), 1),
    )
