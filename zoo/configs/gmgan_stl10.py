"""The dynamic GM-GAN on STL-10 at 48 pixels; networks and budget of dcgan_stl10."""

from zoo.configs import dcgan_stl10, gmgan_mnist


def get_config():
    config = dcgan_stl10.get_config()
    config.model = "GMGAN"
    config.prior = gmgan_mnist.get_config().prior
    config.prior.num_components = 30  # the paper's best on STL-10
    return config
