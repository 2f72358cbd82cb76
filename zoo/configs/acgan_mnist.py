"""AC-GAN on all of MNIST (ICML 2017; networks of dcgan_mnist, three times its steps)."""

from zoo.configs import dcgan_mnist


def get_config():
    config = dcgan_mnist.get_config()
    config.model = "ACGAN"
    config.num_steps = 12_000
    config.loss.alpha = 1.0
    return config
