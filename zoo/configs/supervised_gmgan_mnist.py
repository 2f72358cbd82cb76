"""The supervised GM-GAN on all of MNIST, one component a class (2018; settings of gmgan_mnist)."""

from zoo.configs import gmgan_mnist


def get_config():
    config = gmgan_mnist.get_config()
    config.model = "SupervisedGMGAN"
    config.loss.component_to_class = "modulo"  # or "frequency"
    config.loss.targets = "own"  # or "all"
    return config
