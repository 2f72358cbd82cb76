"""DeLiGAN on 500 images of Fashion-MNIST, with the settings of deligan_mnist."""

from zoo.configs import deligan_mnist


def get_config():
    config = deligan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
