"""t-GANs on all of CIFAR-10; networks and budget of dcgan_cifar10."""

from zoo.configs import dcgan_cifar10, tgan_mnist


def get_config():
    config = dcgan_cifar10.get_config()
    tgan = tgan_mnist.get_config()
    config.model, config.prior, config.loss = tgan.model, tgan.prior, tgan.loss
    config.prior.num_components = 64
    config.prior.latent_dim = 100
    return config
