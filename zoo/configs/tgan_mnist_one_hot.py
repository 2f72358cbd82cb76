"""t-GANs with one-hot codewords on all of MNIST; prior and codewords are ours."""

from zoo.configs import tgan_mnist


def get_config():
    config = tgan_mnist.get_config()
    config.train_size = 0
    config.batch_size = 64
    config.num_steps = 12_000
    # Ten wide components, not fifty apart: the classifier otherwise learns to know some pairs of
    # component and class by images of another class, and nothing unteaches it.
    config.prior.num_components = 10
    config.prior.init_scale = 0.5
    config.loss.codeword = "one_hot"
    config.loss.codeword_scale = 2.0
    return config
