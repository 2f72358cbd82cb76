"""t-GANs on 500 of scikit-learn's digits."""

from zoo.configs import tgan_mnist


def get_config():
    config = tgan_mnist.get_config()
    config.dataset = "digits"
    return config
