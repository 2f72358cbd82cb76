"""t-GANs with one-hot codewords on 500 MNIST digits, an ablation of ours."""

from zoo.configs import tgan_mnist


def get_config():
    config = tgan_mnist.get_config()
    config.loss.codeword = "one_hot"
    return config
