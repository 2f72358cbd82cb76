"""The supervised GM-GAN on all of scikit-learn's 1,297 training digits."""

from zoo.configs import supervised_gmgan_mnist


def get_config():
    config = supervised_gmgan_mnist.get_config()
    config.dataset = "digits"
    return config
