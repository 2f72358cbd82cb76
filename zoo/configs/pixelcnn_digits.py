"""The gated PixelCNN on all of scikit-learn's digits, with their 17 levels."""

from zoo.configs import pixelcnn_mnist


def get_config():
    config = pixelcnn_mnist.get_config()
    config.dataset = "digits"
    config.generator.num_levels = 17
    return config
