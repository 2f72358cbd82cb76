"""DeLiGAN on 500 of scikit-learn's 8x8 digits: a few minutes on a laptop, no download."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.model = "DeLiGAN"
    config.dataset = "digits"
    config.train_size = 500
    config.batch_size = 50
    config.num_steps = 5_000
    config.ema_momentum = 0.999
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 50,
        "latent_dim": 30,
        "loc_range": 1.0,
        "init_scale": 0.2,
        "covariance": "diag",
        "assignment": "stratified",
    }
    config.generator.width = 32
    config.discriminator.width = 32
    config.loss.sigma_penalty = 1 / 3
    return config
