"""DeLiGAN's control MoE-GAN on 500 MNIST digits: noise joined to a one-hot vector."""

from zoo.configs import gan_mnist


def get_config():
    config = gan_mnist.get_config()
    config.prior = {"name": "OneHotNormal", "num_components": 50, "latent_dim": 50 + 30}
    return config
