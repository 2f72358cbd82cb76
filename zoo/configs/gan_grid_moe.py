"""DeLiGAN's control MoE-GAN on the 25-mode grid: normal noise joined to a one-hot vector."""

from zoo.configs import gan_grid


def get_config():
    config = gan_grid.get_config()
    config.prior = {"name": "OneHotNormal", "num_components": 25, "latent_dim": 25 + 8}
    return config
