"""The dynamic GM-GAN on the 25-mode grid, with the recipe of deligan_grid."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.model = "GMGAN"
    config.prior.num_components = 50  # of 25, a seed in ten leaves modes out
    del config.loss.sigma_penalty
    return config
