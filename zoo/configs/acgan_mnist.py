"""AC-GAN on all of MNIST (ICML 2017; networks and budget of dcgan_mnist)."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.model = "ACGAN"
    config.loss.alpha = 1.0
    return config
