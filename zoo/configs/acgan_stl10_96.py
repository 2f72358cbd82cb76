"""AC-GAN on STL-10 at 96 pixels; networks and budget of dcgan_stl10_96."""

from zoo.configs import dcgan_stl10_96


def get_config():
    config = dcgan_stl10_96.get_config()
    config.model = "ACGAN"
    config.loss.alpha = 1.0
    return config
