"""The supervised GM-GAN on all of MNIST, one component a class (2018; c and sigma as quoted)."""

from zoo.configs import gmgan_mnist


def get_config():
    config = gmgan_mnist.get_config()
    config.model = "SupervisedGMGAN"
    config.num_steps = 4_000
    config.prior.loc_range = 0.1  # the paper's, as a report quotes them
    config.prior.init_scale = 0.15
    config.loss.component_to_class = "modulo"  # or "frequency"
    config.loss.targets = "own"  # or "all"
    return config
