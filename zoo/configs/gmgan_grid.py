"""The dynamic GM-GAN on the 25-mode grid, with the recipe of deligan_grid."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.model = "GMGAN"
    del config.loss.sigma_penalty
    return config
