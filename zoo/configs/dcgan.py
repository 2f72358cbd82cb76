"""DCGAN (Radford et al., ICLR 2016) on whole data sets. Other models share these settings.

mnist: DCGAN on all of MNIST (ICLR 2016: latents, Adam and initial weights; width is ours).
fashion_mnist: DCGAN on all of Fashion-MNIST, with the settings of dcgan_mnist.
digits: DCGAN on all of scikit-learn's 1,297 training digits.
cifar10: DCGAN on all of CIFAR-10 (ICLR 2016; three layers for 32 pixels, budget is ours).
stl10: DCGAN on the labelled images of STL-10 at 48 pixels; settings are ours.
stl10_96: DCGAN on the labelled images of STL-10 at 96 pixels; settings are ours.
"""

from tfmix.programs.presets import based_on, chooser, defaults

VARIANTS = {
    "mnist": lambda: defaults(
        dataset="mnist",
        num_steps=12_000,
        ema_momentum=0.999,
        generator={"width": 32},
        discriminator={"width": 32},
    ),
    "fashion_mnist": lambda: based_on("dcgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("dcgan_mnist", dataset="digits"),
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
