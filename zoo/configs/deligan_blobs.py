"""DeLiGAN on blobs of weights .7, .2 and .1, whose weights it learns; settings are ours."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.dataset = "blobs"
    config.num_steps = 8_000
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 3,
        "latent_dim": 2,
        "loc_range": 1.0,
        "init_scale": 0.2,
        "gradient": "marginal",
        "learn_weights": True,
    }
    config.generator.widths = (64, 64)
    config.discriminator.widths = (64, 64)
    config.loss.r1_penalty = 0.1
    return config
