"""About 5,000 pictures of your own: --config.dataset=folder:PATH."""

from zoo.configs import small_500


def get_config():
    config = small_500.get_config()
    config.num_steps = 40_000
    config.validation_size = 500
    config.generator.width = 64
    config.discriminator.width = 64
    config.loss.ada_target = 0.6  # no augmentation before the discriminator overfits
    return config
