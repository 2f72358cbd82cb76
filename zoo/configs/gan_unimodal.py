"""The plain GAN on the one mode of deligan_unimodal."""

from zoo.configs import gan_bimodal


def get_config():
    config = gan_bimodal.get_config()
    config.dataset = "unimodal"
    return config
