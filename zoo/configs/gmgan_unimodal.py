"""The dynamic GM-GAN on the one mode of deligan_unimodal."""

from zoo.configs import gmgan_bimodal


def get_config():
    config = gmgan_bimodal.get_config()
    config.dataset = "unimodal"
    return config
