"""AC-GAN on all of Fashion-MNIST."""

from zoo.configs import acgan_mnist


def get_config():
    config = acgan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
