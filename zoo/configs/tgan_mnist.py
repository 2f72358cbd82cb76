"""t-GANs on 500 MNIST digits (2020, section 4.2); networks and data of deligan_mnist."""

from zoo.configs import deligan_mnist


def get_config():
    config = deligan_mnist.get_config()
    config.model = "TGAN"
    config.prior.name = "StudentTMixture"
    config.prior.df = 5.0  # ours: the paper's is not known
    del config.loss.sigma_penalty
    config.loss.codeword_dim = 10  # ours
    config.loss.codeword_std = 0.2
    config.loss.codeword_scale = 1.0
    config.loss.codeword = "ordinal"  # or one_hot
    config.loss.alpha = 1.0  # ours
    return config
