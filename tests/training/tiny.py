"""A config whose run takes seconds, for tests to train."""

CONFIG = {
    "model": "DeLiGAN",
    "dataset": "digits",
    "data_dir": "",
    "train_size": 60,
    "image_size": 0,
    "channels": 0,
    "batch_size": 16,
    "num_steps": 6,
    "checkpoint_every": 2,
    "sample_every": 3,
    "log_every": 1,
    "seed": 0,
    "precision": "float32",
    "strategy": "none",
    "ema_momentum": 0.9,
    "prior": {"name": "GaussianMixture", "num_components": 3, "latent_dim": 4},
    "generator": {"name": "DCGANGenerator", "width": 4, "depth": 1},
    "discriminator": {"name": "DCGANDiscriminator", "width": 4, "depth": 1},
    "optimizer": {"name": "Adam", "learning_rate": 1e-3},
    "loss": {"name": "non_saturating", "sigma_penalty": 0.3},
}
