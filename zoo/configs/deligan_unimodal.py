"""DeLiGAN on 400 points of one mode (CVPR 2017, section 5.2; networks and schedule are ours)."""

from zoo.configs import deligan_bimodal


def get_config():
    config = deligan_bimodal.get_config()
    config.dataset = "unimodal"
    return config
