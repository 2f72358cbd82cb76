"""The supervised GM-GAN on STL-10 at 96 pixels, K = 10 as in the paper."""

from zoo.configs import dcgan_stl10_96, supervised_gmgan_mnist


def get_config():
    config = dcgan_stl10_96.get_config()
    supervised = supervised_gmgan_mnist.get_config()
    config.model, config.prior, config.loss = supervised.model, supervised.prior, supervised.loss
    return config
