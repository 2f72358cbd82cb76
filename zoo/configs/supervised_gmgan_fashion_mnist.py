"""The supervised GM-GAN on all of Fashion-MNIST."""

from zoo.configs import supervised_gmgan_mnist


def get_config():
    config = supervised_gmgan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
