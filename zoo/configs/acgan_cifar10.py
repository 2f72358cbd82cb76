"""AC-GAN on CIFAR-10; networks and budget of dcgan_cifar10."""

from zoo.configs import dcgan_cifar10


def get_config():
    config = dcgan_cifar10.get_config()
    config.model = "ACGAN"
    config.loss.alpha = 1.0
    return config
