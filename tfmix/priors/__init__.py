"""Where latents come from."""

from tfmix.priors.codewords import ClassCodewords
from tfmix.priors.gaussian import GaussianMixture, OneHotNormal, StandardNormal, Uniform
from tfmix.priors.implicit import implicit_reparameterization, implicit_sample
from tfmix.priors.labels import ComponentLabels, Labels, OneHotLabels
from tfmix.priors.prior import Draw, Latent, Prior
from tfmix.priors.student_t import StudentTMixture

__all__ = [
    "ClassCodewords",
    "ComponentLabels",
    "Draw",
    "GaussianMixture",
    "Labels",
    "Latent",
    "OneHotLabels",
    "OneHotNormal",
    "Prior",
    "StandardNormal",
    "StudentTMixture",
    "Uniform",
    "implicit_reparameterization",
    "implicit_sample",
]
