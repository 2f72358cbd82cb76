"""About 100 pictures of your own: --config.dataset=folder:PATH."""

from zoo.configs import small_500


def get_config():
    config = small_500.get_config()
    config.batch_size = 25
    config.num_steps = 5_000
    config.validation_size = 20
    return config
