"""The plain GAN with the networks, data and budget of deligan_cifar10."""

from zoo.configs import deligan_cifar10


def get_config():
    config = deligan_cifar10.get_config()
    config.model = "GAN"
    config.prior = {"name": "StandardNormal", "latent_dim": 100}
    del config.loss.sigma_penalty
    return config
