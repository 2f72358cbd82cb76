"""Generative adversarial networks whose latent prior is a mixture.

Importing the package registers every class with Keras, so that `keras.models.load_model` finds it.
"""

from tfmix import (
    augment,
    data,
    evaluation,
    losses,
    metrics,
    networks,
    priors,
    seeds,
    serving,
    training,
)
from tfmix.loading import load
from tfmix.models import ACGAN, GAN, GMGAN, TGAN, DeLiGAN, PixelCNN, Sampler, SupervisedGMGAN
from tfmix.pictures import grid

__version__ = "0.1.0"

__all__ = [
    "ACGAN",
    "GAN",
    "GMGAN",
    "TGAN",
    "DeLiGAN",
    "PixelCNN",
    "Sampler",
    "SupervisedGMGAN",
    "augment",
    "data",
    "evaluation",
    "grid",
    "load",
    "losses",
    "metrics",
    "networks",
    "priors",
    "seeds",
    "serving",
    "training",
]
