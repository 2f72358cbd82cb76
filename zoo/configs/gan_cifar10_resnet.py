"""SNGAN's residual pair on all of CIFAR-10 (ICLR 2018: hinge, spectral norm; width is ours)."""

from zoo.configs import dcgan_cifar10


def get_config():
    config = dcgan_cifar10.get_config()
    config.generator = {"name": "ResNetGenerator", "width": 64, "depth": 3}
    config.discriminator = {
        "name": "ResNetDiscriminator",
        "width": 64,
        "depth": 3,
        "norm": "spectral",  # or none, with an R1 penalty
    }
    config.loss.name = "hinge"
    return config
