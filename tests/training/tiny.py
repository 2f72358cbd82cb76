"""Configs whose runs take seconds, for tests to train."""

CONFIG = {
    "model": {"name": "DeLiGAN", "sigma_penalty": 0.3},
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
    "discriminator": {
        **{"name": "DCGANDiscriminator", "width": 4, "depth": 1},
        "dense_widths": [8],
    },
    "optimizer": {"name": "Adam", "learning_rate": 1e-2},
}
EARLIER = {  # the same, as it was written before there was a block `model`
    **CONFIG,
    "model": "DeLiGAN",
    "loss": {"name": "non_saturating", "sigma_penalty": 0.3},
}
VALIDATED = {**CONFIG, "evaluate_every": 4, "validation_size": 40}
POINTS = {
    **CONFIG,
    "model": {"name": "GAN"},
    "dataset": "grid",
    "train_size": 500,
    "ema_momentum": 0.0,
    "generator": {"name": "MLPGenerator", "widths": [8]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [8]},
}
PIXEL_CNN = {
    **CONFIG,
    "model": {"name": "PixelCNN", "filters": 2, "num_blocks": 1, "num_levels": 17},
    "ema_momentum": 0.0,
    **{key: {"name": "none"} for key in ("prior", "generator", "discriminator")},
}
