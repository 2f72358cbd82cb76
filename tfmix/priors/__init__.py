"""Where latents come from."""

from tfmix.priors.gaussian import GaussianMixture, OneHotNormal, StandardNormal, Uniform
from tfmix.priors.implicit import implicit_reparameterization
from tfmix.priors.prior import Draw, Latent, Prior
from tfmix.priors.student_t import StudentTMixture

__all__ = [
    "Draw",
    "GaussianMixture",
    "Latent",
    "OneHotNormal",
    "Prior",
    "StandardNormal",
    "StudentTMixture",
    "Uniform",
    "implicit_reparameterization",
]
