"""Generators and discriminators, Functional Keras models that keep their arguments by name."""

from tfmix.networks.classifier import image_classifier, mirrored, residual_classifier
from tfmix.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from tfmix.networks.mlp import MLPDiscriminator, MLPGenerator
from tfmix.networks.resnet import ResNetDiscriminator, ResNetGenerator

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "MLPDiscriminator",
    "MLPGenerator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "image_classifier",
    "mirrored",
    "residual_classifier",
]
