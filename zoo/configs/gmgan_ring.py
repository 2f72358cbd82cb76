"""The dynamic GM-GAN on the 8-mode ring, with the recipe of deligan_ring."""

from zoo.configs import gmgan_grid


def get_config():
    config = gmgan_grid.get_config()
    config.dataset = "ring"
    config.prior.num_components = 25
    config.num_steps = 12_000
    config.loss.r1_penalty = 0.01
    return config
