"""PacGAN4 on the 25-mode grid: the discriminator judges four points at once."""

from zoo.configs import gan_grid


def get_config():
    config = gan_grid.get_config()
    config.loss.packing = 4
    return config
