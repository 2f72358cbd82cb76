"""DeLiGAN's control GAN++ on 500 MNIST digits: a dense layer in front of the generator."""

from zoo.configs import gan_mnist


def get_config():
    config = gan_mnist.get_config()
    config.generator.dense_widths = (50,)
    return config
