"""The supervised GM-GAN whose every answer has a target, on all of MNIST."""

from zoo.configs import supervised_gmgan_mnist


def get_config():
    config = supervised_gmgan_mnist.get_config()
    config.loss.targets = "all"
    return config
