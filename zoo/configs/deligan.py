"""DeLiGAN (Gurumurthy et al., CVPR 2017).

mnist: DeLiGAN on 500 MNIST digits (CVPR 2017, section 5.3), in at most 8 minutes on two cores.
fashion_mnist: DeLiGAN on 500 images of Fashion-MNIST, with the settings of deligan_mnist.
digits: DeLiGAN on 500 of scikit-learn's 8x8 digits: a minute or two on a laptop, no download.
cifar10: DeLiGAN on 2,000 images of CIFAR-10 (CVPR 2017, section 5.4; no labels; networks are ours).
grid: DeLiGAN on the 25-mode grid of PacGAN (NeurIPS 2018), in under a minute; settings are ours.
ring: DeLiGAN on the 8-mode ring of PacGAN (NeurIPS 2018); settings are ours.
bimodal: DeLiGAN on 400 points of two modes (CVPR 2017, section 5.2; networks, schedule are ours).
unimodal: DeLiGAN on 400 points of one mode (CVPR 2017, section 5.2; networks, schedule are ours).
blobs: DeLiGAN on blobs of weights .7, .2 and .1, whose weights it learns; settings are ours.
blobs_uniform: The DeLiGAN of deligan_blobs with equal weights, as the paper has them.
"""

from ml_collections import ConfigDict

from tfmix.programs.presets import based_on, chooser, defaults

PRIOR = {
    "name": "GaussianMixture",
    "num_components": 50,
    "latent_dim": 30,
    "loc_range": 1.0,
    "init_scale": 0.2,
    "covariance": "diag",  # or isotropic, full
    "gradient": "pathwise",  # or marginal, implicit
    "assignment": "stratified",  # as in the authors' code: each component once per batch
}
VARIANTS = {
    "mnist": lambda: defaults(
        model={"name": "DeLiGAN", "sigma_penalty": 1 / 3},
        dataset="mnist",
        train_size=500,
        batch_size=50,
        num_steps=8_000,
        ema_momentum=0.999,
        prior=PRIOR,
        generator={"width": 32},
        discriminator={"width": 32},
    ),
    "fashion_mnist": lambda: based_on("deligan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("deligan_mnist", dataset="digits", num_steps=5_000),
    "cifar10": lambda: based_on(
        "dcgan_cifar10",
        # In the authors' code the penalty is printed and never added.
        model={"name": "DeLiGAN", "sigma_penalty": 0.05},
        train_size=2_000,
        batch_size=100,
        num_steps=24_000,
        prior=PRIOR | {"num_components": 100, "latent_dim": 100},
        optimizer={"learning_rate": 3e-4, "schedule": "linear", "hold": 2 / 3},
    ),
    "grid": lambda: defaults(
        # The authors' sigma_penalty of 0.1 left one seed in ten far off.
        model={"name": "DeLiGAN", "r1_penalty": 0.3, "r1_every": 4, "sigma_penalty": 0.01},
        dataset="grid",
        batch_size=256,
        num_steps=16_000,
        checkpoint_every=4_000,
        sample_every=4_000,
        log_every=500,
        ema_momentum=0.999,
        prior=PRIOR | {"num_components": 25, "latent_dim": 8, "loc_range": 3.0, "init_scale": 1.0},
        generator={"name": "MLPGenerator", "widths": (128, 128, 128)},
        discriminator={"name": "MLPDiscriminator", "widths": (128, 128, 128)},
        optimizer={"learning_rate": 2e-3, "schedule": "cosine"},
    ),
    # The modes of the ring are five times as narrow as those of the grid.
    "ring": lambda: based_on(
        "deligan_grid", model={"r1_penalty": 0.01}, dataset="ring", num_steps=12_000
    ),
    "bimodal": lambda: based_on(
        "deligan_grid",
        model={"r1_penalty": 0.1, "sigma_penalty": 0.1},
        dataset="bimodal",
        batch_size=50,
        num_steps=8_000,
        prior=ConfigDict(
            {
                "name": "GaussianMixture",
                "num_components": 50,
                "latent_dim": 2,
                "loc_range": 1.0,
                "init_scale": 0.02,
                "assignment": "stratified",
            }
        ),
        generator={"widths": (32,)},
        discriminator={"widths": (32,)},
    ),
    "unimodal": lambda: based_on("deligan_bimodal", dataset="unimodal"),
    "blobs": lambda: based_on(
        "deligan_grid",
        model={"r1_penalty": 0.0, "sigma_penalty": 0.0},  # the scales are not learned
        dataset="blobs",
        num_steps=8_000,
        # The locations are fixed where the blobs are: a component that may move covers several
        # blobs, and its weight tells nothing.
        prior=ConfigDict(
            {
                "name": "GaussianMixture",
                "num_components": 3,
                "latent_dim": 2,
                "loc": [[0.0, 1.0], [-0.866, -0.5], [0.866, -0.5]],
                "init_scale": 0.3,
                "learn_loc": False,
                "learn_scale": False,
                "gradient": "marginal",
                "learn_weights": True,
            }
        ),
        generator={"widths": (64, 64)},
        discriminator={"widths": (64, 64)},
        optimizer={"learning_rate": 1e-3, "schedule": "constant"},
    ),
    "blobs_uniform": lambda: based_on(
        "deligan_blobs", prior={"gradient": "pathwise", "learn_weights": False}
    ),
}
get_config = chooser(VARIANTS)
