"""The dynamic GM-GAN on all of MNIST; K, c, sigma and rate as a report quotes the paper's."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.model = "GMGAN"
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 10,
        "latent_dim": 100,
        "loc_range": 0.1,
        "init_scale": 0.15,
        "covariance": "diag",  # or "full", the paper's A_k
    }
    return config
