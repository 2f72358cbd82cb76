"""The dynamic GM-GAN on the two modes of deligan_bimodal."""

from zoo.configs import deligan_bimodal


def get_config():
    config = deligan_bimodal.get_config()
    config.model = "GMGAN"
    del config.loss.sigma_penalty
    return config
