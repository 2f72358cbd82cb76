"""DeLiGAN on 400 points of two modes (CVPR 2017, section 5.2; networks and schedule are ours)."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.dataset = "bimodal"
    config.batch_size = 50
    config.num_steps = 8_000
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 50,
        "latent_dim": 2,
        "loc_range": 1.0,
        "init_scale": 0.02,
        "assignment": "stratified",
    }
    config.generator.widths = (32,)
    config.discriminator.widths = (32,)
    config.loss.r1_penalty = 0.1
    config.loss.sigma_penalty = 0.1
    return config
