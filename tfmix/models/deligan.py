"""DeLiGAN: a learned mixture of Gaussians in the latent space (Gurumurthy et al., CVPR 2017)."""

import keras
import tensorflow as tf

from tfmix import losses
from tfmix.checks import number
from tfmix.models.mixture_gan import MixtureGAN
from tfmix.priors import Prior


@keras.saving.register_keras_serializable(package="tfmix")
class DeLiGAN(MixtureGAN):
    """A GAN whose prior's means and deviations are trained with the generator, L_G + lambda * P.

    P is the mean of (1 - sigma)^2, which keeps sigma from collapsing (section 3; lambda is 1/3 for
    MNIST and 0.1 for the toy sets in the authors' code).

    Args:
        prior: A `GaussianMixture`, or another mixture of locations and scales.
        generator: As of `GAN`.
        discriminator: As of `GAN`.
        sigma_penalty: lambda, at least 0.
        **kwargs: Of `MixtureGAN` and `GAN`.

    Raises:
        ValueError: A prior without scales, a negative penalty, or what `GAN` refuses.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        sigma_penalty: float = 1 / 3,
        **kwargs,
    ):
        super().__init__(prior, generator, discriminator, **kwargs)
        wanted = "sigma_penalty is at least 0 and finite"
        self.sigma_penalty = number("sigma_penalty", wanted, sigma_penalty, lambda x: x >= 0)

    def generator_penalty(self) -> tf.Tensor:
        """lambda times the mean of (1 - sigma)^2."""
        return self.sigma_penalty * losses.sigma_penalty(self.prior.marginal_scale)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {**super().get_config(), "sigma_penalty": self.sigma_penalty}
