"""The supervised GM-GAN (Ben-Yosef and Weinshall, 2018), K = 10 as in the paper.

mnist: The supervised GM-GAN on all of MNIST, one component per class (2018; c, sigma as quoted).
mnist_all: The supervised GM-GAN with a target for each of its outputs, on all of MNIST.
fashion_mnist: The supervised GM-GAN on all of Fashion-MNIST.
digits: The supervised GM-GAN on all of scikit-learn's 1,297 training digits.
cifar10: The supervised GM-GAN on CIFAR-10, K = 10 as in the paper.
stl10: The supervised GM-GAN on STL-10 at 48 pixels, K = 10 as in the paper.
stl10_96: The supervised GM-GAN on STL-10 at 96 pixels, K = 10 as in the paper.
"""

from tfmix.programs.presets import based_on, chooser

MODEL = {
    "name": "SupervisedGMGAN",
    "component_to_class": "modulo",
    "targets": "own",  # or all
}
PRIOR = {"loc_range": 0.1, "init_scale": 0.15}  # c and sigma, as a report quotes the paper
VARIANTS = {
    "mnist": lambda: based_on("gmgan_mnist", model=MODEL, num_steps=4_000, prior=PRIOR),
    "mnist_all": lambda: based_on("supervised_gmgan_mnist", model={"targets": "all"}),
    "fashion_mnist": lambda: based_on("supervised_gmgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("supervised_gmgan_mnist", dataset="digits"),
    "cifar10": lambda: based_on("gmgan_cifar10", model=MODEL, prior=PRIOR),
    "stl10": lambda: based_on("gmgan_stl10", model=MODEL, prior={**PRIOR, "num_components": 10}),
    "stl10_96": lambda: based_on(
        "gmgan_stl10_96", model=MODEL, prior={**PRIOR, "num_components": 10}
    ),
}
get_config = chooser(VARIANTS)
