"""DCGAN on all of Fashion-MNIST, with the settings of dcgan_mnist."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
