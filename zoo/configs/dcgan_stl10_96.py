"""DCGAN on the labelled images of STL-10 at 96 pixels; settings are ours."""

from zoo.configs import dcgan_stl10


def get_config():
    config = dcgan_stl10.get_config()
    config.image_size = 96
    config.generator.depth = 4
    config.discriminator.depth = 4
    return config
