"""DeLiGAN on 500 of scikit-learn's 8x8 digits: a minute or two on a laptop, no download."""

from zoo.configs import deligan_mnist


def get_config():
    config = deligan_mnist.get_config()
    config.dataset = "digits"
    config.num_steps = 5_000
    return config
