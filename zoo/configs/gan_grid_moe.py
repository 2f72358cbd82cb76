"""DeLiGAN's control MoE-GAN on the 25-mode grid: normal noise joined to a one-hot vector."""

from zoo.configs import gan_grid


def get_config():
    config = gan_grid.get_config()
    config.prior = {"name": "OneHotNormal", "num_components": 100, "latent_dim": 100 + 8}
    return config
