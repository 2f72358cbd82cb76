"""The plain GAN on the blobs of deligan_blobs."""

from zoo.configs import deligan_blobs


def get_config():
    config = deligan_blobs.get_config()
    config.model = "GAN"
    config.prior = {"name": "StandardNormal", "latent_dim": 2}
    del config.loss.sigma_penalty
    return config
