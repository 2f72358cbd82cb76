"""DeLiGAN on blobs of weights .7, .2 and .1, whose weights it learns; settings are ours."""

from zoo.configs import deligan_grid


def get_config():
    config = deligan_grid.get_config()
    config.dataset = "blobs"
    config.num_steps = 8_000
    config.prior = {
        "name": "GaussianMixture",
        "num_components": 3,
        "latent_dim": 2,
        # Held where the blobs are: a component that may move covers several, and tells no weight.
        "loc": [[0.0, 1.0], [-0.866, -0.5], [0.866, -0.5]],
        "init_scale": 0.3,
        "learn_loc": False,
        "learn_scale": False,
        "gradient": "marginal",
        "learn_weights": True,
    }
    config.generator.widths = (64, 64)
    config.discriminator.widths = (64, 64)
    config.optimizer.learning_rate = 1e-3
    config.optimizer.schedule = "constant"
    config.loss.r1_penalty = 0.0
    config.loss.sigma_penalty = 0.0  # of scales that are held
    return config
