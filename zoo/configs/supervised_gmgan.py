"""The supervised GM-GAN (Ben-Yosef and Weinshall, 2018), K = 10 as in the paper.

mnist: The supervised GM-GAN on all of MNIST, one component per class; our recipe.
mnist_paper: The supervised GM-GAN on all of MNIST (2018; c, sigma, rate as a report quotes them).
mnist_all: The supervised GM-GAN with a target for each of its outputs, on all of MNIST.
fashion_mnist: The supervised GM-GAN on all of Fashion-MNIST.
digits: The supervised GM-GAN on all of scikit-learn's 1,297 training digits.
cifar10: The supervised GM-GAN on CIFAR-10, K = 10 as in the paper.
stl10: The supervised GM-GAN on STL-10 at 48 pixels, K = 10 as in the paper.
stl10_96: The supervised GM-GAN on STL-10 at 96 pixels, K = 10 as in the paper.
"""

from tfmix.programs.presets import based_on, chooser, get

MODEL = {
    "name": "SupervisedGMGAN",
    "component_to_class": "modulo",
    "targets": "own",  # or all
}
PRIOR = {**get("gmgan_mnist").prior, "num_components": 10}
VARIANTS = {
    "mnist": lambda: based_on("dcgan_mnist", model=MODEL, prior=PRIOR),
    "mnist_paper": lambda: based_on("gmgan_mnist_paper", model=MODEL),
    "mnist_all": lambda: based_on("supervised_gmgan_mnist", model={"targets": "all"}),
    "fashion_mnist": lambda: based_on("supervised_gmgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on(
        "supervised_gmgan_mnist", dataset="digits", discriminator={"depth": 2}
    ),
    "cifar10": lambda: based_on("dcgan_cifar10", model=MODEL, prior=PRIOR),
    "stl10": lambda: based_on("dcgan_stl10", model=MODEL, prior=PRIOR),
    "stl10_96": lambda: based_on("dcgan_stl10_96", model=MODEL, prior=PRIOR),
}
get_config = chooser(VARIANTS)
