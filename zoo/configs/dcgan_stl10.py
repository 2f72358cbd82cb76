"""DCGAN on the labelled images of STL-10 at 48 pixels; settings are ours."""

from zoo.configs import dcgan_cifar10


def get_config():
    config = dcgan_cifar10.get_config()
    config.dataset = "stl10"
    config.image_size = 48
    return config
