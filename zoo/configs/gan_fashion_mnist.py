"""The plain GAN with the networks, data and budget of deligan_fashion_mnist."""

from zoo.configs import gan_mnist


def get_config():
    config = gan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
