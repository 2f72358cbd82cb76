"""Keras models with a train_step of their own, one file per paper."""

from tfmix.models.acgan import ACGAN
from tfmix.models.deligan import DeLiGAN
from tfmix.models.gan import GAN
from tfmix.models.gm_gan import GMGAN, SupervisedGMGAN
from tfmix.models.pixel_cnn import PixelCNN
from tfmix.models.sampler import Sampler
from tfmix.models.t_gan import TGAN

__all__ = ["ACGAN", "GAN", "GMGAN", "TGAN", "DeLiGAN", "PixelCNN", "Sampler", "SupervisedGMGAN"]
