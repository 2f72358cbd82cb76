"""DeLiGAN on the 25-mode grid of PacGAN (NeurIPS 2018), in under a minute; settings are ours."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.model = "DeLiGAN"
    config.dataset = "grid"
    config.batch_size = 256
    config.num_steps = 16_000
    config.checkpoint_every = 4_000
    config.sample_every = 4_000
    config.log_every = 500
    config.ema_momentum = 0.999
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 25,
        "latent_dim": 8,
        "loc_range": 3.0,
        "init_scale": 1.0,
        "covariance": "diag",  # or isotropic, full
        "gradient": "pathwise",  # or marginal, implicit
        "assignment": "stratified",
    }
    config.generator = {"name": "MLPGenerator", "widths": (128, 128, 128)}
    config.discriminator = {"name": "MLPDiscriminator", "widths": (128, 128, 128)}
    config.optimizer.learning_rate = 2e-3
    config.optimizer.schedule = "cosine"
    config.loss.r1_penalty = 0.3
    config.loss.r1_every = 4
    config.loss.sigma_penalty = 0.01  # the authors' 0.1 left one seed in ten far off
    return config
