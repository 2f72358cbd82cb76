"""DeLiGAN on 500 MNIST digits (CVPR 2017, section 5.3), in at most 8 minutes on two cores."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.model = "DeLiGAN"
    config.dataset = "mnist"
    config.train_size = 500
    config.batch_size = 50
    config.num_steps = 8_000
    config.ema_momentum = 0.999
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 50,
        "latent_dim": 30,
        "loc_range": 1.0,
        "init_scale": 0.2,
        "covariance": "diag",  # or isotropic, full
        "gradient": "pathwise",  # or marginal, implicit
        "assignment": "stratified",  # as in the authors' code: each component once a batch
    }
    config.generator.width = 32
    config.discriminator.width = 32
    config.loss.sigma_penalty = 1 / 3
    return config
