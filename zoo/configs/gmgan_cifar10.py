"""The dynamic GM-GAN on CIFAR-10; networks and budget of dcgan_cifar10."""

from zoo.configs import dcgan_cifar10, gmgan_mnist


def get_config():
    config = dcgan_cifar10.get_config()
    config.model = "GMGAN"
    config.prior = gmgan_mnist.get_config().prior
    return config
