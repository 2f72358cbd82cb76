"""AC-GAN on all of scikit-learn's 1,297 training digits."""

from zoo.configs import acgan_mnist


def get_config():
    config = acgan_mnist.get_config()
    config.dataset = "digits"
    return config
