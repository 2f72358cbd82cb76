"""The keys that every config has. An experiment's own file sets only what differs."""

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    """A GAN on StandardNormal with DCGAN's networks and settings, which no data set is set for."""
    return ConfigDict(
        {
            "model": "GAN",
            # Data. `dataset` is a TFDS name, `digits`, `folder:PATH`, `npz:PATH`, or a toy set:
            # `ring`, `grid`, `grid_unequal`, `blobs`, `unimodal`, `bimodal`.
            "dataset": "",
            # TFDS's folder, where decoded folders of pictures are kept too; empty: the defaults.
            "data_dir": "",
            "train_size": 0,  # a class-balanced subset of this many images; 0: all
            "image_size": 0,  # side in pixels; 0: the data set's own
            "channels": 0,  # 1 or 3; 0: the data set's own
            # Length and rhythm of the run, in steps.
            "batch_size": 64,
            "num_steps": 10_000,
            "checkpoint_every": 1_000,
            "sample_every": 1_000,
            "log_every": 100,
            "seed": 0,
            # Validation on images of the training split that are held out of training: curves, and
            # the best model by KID. A run goes on with another rhythm; what is held out stays.
            "evaluate_every": 0,  # steps; 0: never, and nothing is held out
            "validation_size": 1_000,  # images held out, balanced over classes as train_size is
            "extractor": "",  # as of tfmix.evaluation.load_extractor; empty: that of the data set
            # A model to begin from, the path of a .keras file;
            # --init_from of zoo.train sets it, and takes names too. Empty: random weights.
            "init_from": "",
            # How it is computed.
            "precision": "float32",  # or mixed_bfloat16
            "strategy": "none",  # or mirrored: all GPUs of the machine
            "ema_momentum": 0.0,  # of the averaged weights that are sampled; 0: no average
            # Each block names a class and gives arguments to it.
            "prior": {"name": "StandardNormal", "latent_dim": 100},
            "generator": {"name": "DCGANGenerator", "width": 64, "depth": 2},
            "discriminator": {
                "name": "DCGANDiscriminator",
                "width": 64,
                "depth": 2,
                "norm": "batch",  # or none, layer, spectral
                "minibatch_kernels": 0,
            },
            "optimizer": {
                "name": "Adam",
                "learning_rate": 2e-4,
                "discriminator_learning_rate": 0.0,  # 0: the same
                "beta_1": 0.5,
                "schedule": "constant",  # or linear, cosine: down to 0 at the end of the run
                "hold": 0.0,  # share of the run before the rate begins to fall
            },
            # The model's further arguments stand here, such as sigma_penalty or num_classes.
            "loss": {
                "name": "non_saturating",  # or hinge, least_squares, wasserstein
                "label_smoothing": 0.0,
                "r1_penalty": 0.0,  # with norm none, layer or spectral
                "r1_every": 16,
                "gradient_penalty": 0.0,
                "lecam_penalty": 0.0,
                "augment": "",  # default, or some of color,translation,cutout,flip; empty: none
                "ada_target": 0.0,  # r_t that augmentation keeps by its probability; 0: always on
                "ada_images": 500_000,  # over which that probability may rise to 1
                "frozen_layers": 0,  # of the discriminator, from below
                "packing": 1,
            },
        }
    )
