"""The dynamic GM-GAN on all of MNIST; K and rate as quoted, c and sigma as wide as in a re-run."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.model = "GMGAN"
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 10,
        "latent_dim": 100,
        # The paper's .1 and .15, as a report quotes them, have the same ratio; with these networks
        # their samples collapse within a component.
        "loc_range": 0.467,
        "init_scale": 0.7,
        "covariance": "diag",  # or "full", the paper's A_k
        "gradient": "pathwise",  # or marginal, implicit
    }
    return config
