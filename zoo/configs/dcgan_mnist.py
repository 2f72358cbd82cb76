"""DCGAN on all of MNIST (ICLR 2016: latents, Adam and initial weights; width is ours)."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.dataset = "mnist"
    config.num_steps = 12_000
    config.ema_momentum = 0.999
    config.generator.width = 32
    config.discriminator.width = 32
    return config
