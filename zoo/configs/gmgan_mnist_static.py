"""The static GM-GAN on all of MNIST: centres drawn once, one deviation, nothing learned."""

from zoo.configs import gmgan_mnist


def get_config():
    config = gmgan_mnist.get_config()
    config.prior.covariance = "isotropic"
    config.prior.learn_loc = False
    config.prior.learn_scale = False
    return config
