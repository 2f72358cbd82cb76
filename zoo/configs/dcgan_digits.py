"""DCGAN on all of scikit-learn's 1,297 training digits."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.dataset = "digits"
    return config
