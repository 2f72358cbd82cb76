"""t-GANs with one-hot codewords on all of MNIST, ours: classes come as they are asked for."""

from zoo.configs import tgan_mnist


def get_config():
    config = tgan_mnist.get_config()
    config.train_size = 0
    config.num_steps = 20_000
    config.loss.codeword = "one_hot"
    return config
