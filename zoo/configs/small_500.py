"""About 500 pictures of your own: --config.dataset=folder:PATH."""

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.dataset = "folder:"
    config.image_size = 64
    config.batch_size = 50
    config.num_steps = 10_000
    config.ema_momentum = 0.999
    config.evaluate_every = 1_000
    config.validation_size = 50
    config.prior.latent_dim = 64
    config.generator.width = 32
    config.generator.depth = 4
    config.discriminator.width = 32
    config.discriminator.depth = 4
    config.loss.augment = "default"
    return config
