"""The plain GAN with the networks, data and budget of deligan_digits."""

from zoo.configs import deligan_digits, gan_mnist


def get_config():
    config = gan_mnist.get_config()
    digits = deligan_digits.get_config()
    config.dataset = digits.dataset
    config.num_steps = digits.num_steps
    return config
