"""AC-GAN on STL-10 at 48 pixels; networks and budget of dcgan_stl10."""

from zoo.configs import dcgan_stl10


def get_config():
    config = dcgan_stl10.get_config()
    config.model = "ACGAN"
    config.loss.alpha = 1.0
    return config
