"""One normal prior, on whole data sets, by our recipe. Other models share these settings.

mnist: One normal prior on all of MNIST, by the recipe of tfmix.
mnist_mixed: dcgan_mnist in bfloat16 on any processor, beside whose results float32's stand.
mnist_paper: DCGAN on all of MNIST (ICLR 2016: networks, Adam and initial weights; width is ours).
fashion_mnist: One normal prior on all of Fashion-MNIST, with the settings of dcgan_mnist.
stacked_mnist: One normal prior on stacked MNIST, 1,000 modes, with the loss of R3GAN.
digits: One normal prior on all of scikit-learn's 1,297 training digits.
cifar10: One normal prior on all of CIFAR-10; budget is ours.
stl10: One normal prior on the labelled images of STL-10 at 48 pixels; settings are ours.
stl10_96: One normal prior on the labelled images of STL-10 at 96 pixels; settings are ours.
"""

from tfmix.programs.presets import based_on, chooser, defaults

# Of DCGAN (ICLR 2016): batch normalisation in both networks, convolutions alone, a constant rate of
# 2e-4, Adam's beta_1 of 0.5. Three convolutions see the whole image. Width and average are ours.
PAPER = {
    "model": {"r1_penalty": 0.0},
    "prior": {"latent_dim": 100},
    "discriminator": {"kernel_size": 5, "dense_widths": (), "norm": "batch"},
    "optimizer": {
        **{"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "schedule": "constant"}
    },
}
VARIANTS = {
    "mnist": lambda: defaults(
        dataset="mnist",
        num_steps=8_000,
        ema_momentum=0.998,
        prior={"latent_dim": 32},  # of 100 dimensions, FID was half as high again
        generator={"width": 32},
        discriminator={"width": 32},
    ),
    "mnist_mixed": lambda: based_on("dcgan_mnist", precision="mixed_bfloat16"),
    "mnist_paper": lambda: based_on("dcgan_mnist", **PAPER),
    "fashion_mnist": lambda: based_on("dcgan_mnist", dataset="fashion_mnist"),
    # R3GAN's authors report that all modes are found by this loss, and fewer without it.
    "stacked_mnist": lambda: based_on(
        "dcgan_mnist",
        model={"loss": "relativistic", "r2_penalty": 0.1},
        dataset="stacked_mnist",
        prior={"latent_dim": 100},
        num_steps=10_000,
    ),
    "digits": lambda: based_on("dcgan_mnist", dataset="digits", discriminator={"depth": 2}),
    "cifar10": lambda: defaults(
        dataset="cifar10",
        num_steps=50_000,
        ema_momentum=0.999,
        generator={"depth": 3},
        discriminator={"depth": 3},
    ),
    "stl10": lambda: based_on("dcgan_cifar10", dataset="stl10", image_size=48),
    "stl10_96": lambda: based_on(
        "dcgan_stl10", image_size=96, generator={"depth": 4}, discriminator={"depth": 4}
    ),
}
get_config = chooser(VARIANTS)
