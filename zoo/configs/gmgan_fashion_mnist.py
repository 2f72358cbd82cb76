"""The dynamic GM-GAN on all of Fashion-MNIST, with the settings of gmgan_mnist."""

from zoo.configs import gmgan_mnist


def get_config():
    config = gmgan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
