"""DCGAN on all of CIFAR-10 (ICLR 2016; three layers for 32 pixels, budget is ours)."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.dataset = "cifar10"
    config.num_steps = 50_000
    config.ema_momentum = 0.999
    config.generator.depth = 3
    config.discriminator.depth = 3
    return config
