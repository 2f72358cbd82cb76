"""The DeLiGAN of deligan_blobs with equal weights, as the paper has them."""

from zoo.configs import deligan_blobs


def get_config():
    config = deligan_blobs.get_config()
    config.prior.gradient = "pathwise"
    config.prior.learn_weights = False
    return config
