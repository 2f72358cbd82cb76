"""Where latents come from."""

from tfmix.priors.gaussian import GaussianMixture, StandardNormal
from tfmix.priors.prior import Latent, Prior
from tfmix.priors.student_t import StudentTMixture

__all__ = ["GaussianMixture", "Latent", "Prior", "StandardNormal", "StudentTMixture"]
