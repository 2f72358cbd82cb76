"""The gated PixelCNN on all of Fashion-MNIST, with the settings of pixelcnn_mnist."""

from zoo.configs import pixelcnn_mnist


def get_config():
    config = pixelcnn_mnist.get_config()
    config.dataset = "fashion_mnist"
    return config
