"""DeLiGAN on the 8-mode ring of PacGAN (NeurIPS 2018); settings are ours."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.dataset = "ring"
    config.num_steps = 12_000
    config.loss.r1_penalty = 0.01  # a ring's modes are five times as narrow as a grid's
    return config
