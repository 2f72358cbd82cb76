"""The gated PixelCNN on all of MNIST, 256 levels (NeurIPS 2016); size and budget are ours."""

from ml_collections import config_dict

from zoo.configs import base


def get_config():
    config = base.get_config()
    config.model = "PixelCNN"
    config.dataset = "mnist"
    config.batch_size = 32
    config.num_steps = 2_000
    config.log_every = 50
    config.prior = {"name": "none"}
    config.generator = {
        "name": "PixelCNN",
        "filters": 32,
        "num_blocks": 5,
        "num_levels": 256,
        "likelihood": "softmax",
        "num_classes": config_dict.placeholder(int),  # of the data, for a model told the class
    }
    config.discriminator = {"name": "none"}
    config.optimizer.learning_rate = 2e-3
    config.optimizer.beta_1 = 0.9
    config.optimizer.schedule = "cosine"
    config.loss = {"name": "likelihood"}
    return config
