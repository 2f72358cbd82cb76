"""The plain GAN with the networks, data and budget of deligan_mnist."""

from zoo.configs import deligan_mnist


def get_config():
    config = deligan_mnist.get_config()
    config.model = "GAN"
    config.prior = {"name": "StandardNormal", "latent_dim": 30}
    del config.loss.sigma_penalty
    return config
