"""t-GANs on 500 images of Fashion-MNIST; the paper's count is not known."""

from zoo.configs import tgan_mnist


def get_config():
    config = tgan_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
