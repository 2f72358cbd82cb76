"""Keras models with a train_step of their own, one file per paper."""

from tfmix.models.deligan import DeLiGAN
from tfmix.models.gan import GAN
from tfmix.models.sampler import Sampler

__all__ = ["GAN", "DeLiGAN", "Sampler"]
