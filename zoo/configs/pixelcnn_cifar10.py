"""The PixelCNN on CIFAR-10 with mixtures of logistics (PixelCNN++, ICLR 2017); size is ours."""

from zoo.configs import pixelcnn_mnist


def get_config():
    config = pixelcnn_mnist.get_config()
    config.dataset = "cifar10"
    config.num_steps = 50_000
    config.generator.filters = 64
    config.generator.num_blocks = 8
    config.generator.likelihood = "discretized_logistic"
    return config
