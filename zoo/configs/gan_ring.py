"""The plain GAN on the 8-mode ring, with the recipe of deligan_ring."""

from zoo.configs import gan_grid


def get_config():
    config = gan_grid.get_config()
    config.dataset = "ring"
    config.num_steps = 12_000
    config.loss.r1_penalty = 0.01
    return config
