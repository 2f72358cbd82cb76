"""The dynamic GM-GAN on all of scikit-learn's 1,297 training digits."""

from zoo.configs import gmgan_mnist


def get_config():
    config = gmgan_mnist.get_config()
    config.dataset = "digits"
    return config
