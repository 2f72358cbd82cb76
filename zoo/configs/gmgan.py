"""The dynamic and the static GM-GAN (Ben-Yosef and Weinshall, 2018).

mnist: The dynamic GM-GAN on all of MNIST; K and rate as quoted, c and sigma as wide as in a re-run.
mnist_static: The static GM-GAN on all of MNIST: centres drawn once, one deviation, nothing learned.
fashion_mnist: The dynamic GM-GAN on all of Fashion-MNIST, with the settings of gmgan_mnist.
digits: The dynamic GM-GAN on all of scikit-learn's 1,297 training digits.
cifar10: The dynamic GM-GAN on CIFAR-10; networks and budget of dcgan_cifar10.
stl10: The dynamic GM-GAN on STL-10 at 48 pixels; networks and budget of dcgan_stl10.
stl10_96: The dynamic GM-GAN on STL-10 at 96 pixels; networks and budget of dcgan_stl10_96.
grid: The dynamic GM-GAN on the 25-mode grid, with the recipe of deligan_grid.
ring: The dynamic GM-GAN on the 8-mode ring, with the recipe of deligan_ring.
bimodal: The dynamic GM-GAN on the two modes of deligan_bimodal.
unimodal: The dynamic GM-GAN on the one mode of deligan_unimodal.
"""

from tfmix.programs.presets import based_on, chooser

MODEL = {"name": "GMGAN"}
PRIOR = {
    "name": "GaussianMixture",
    "num_components": 10,
    "latent_dim": 100,
    # The paper's .1 and .15, as a report quotes them, have the same ratio; with these networks
    # their samples collapse within a component.
    "loc_range": 0.467,
    "init_scale": 0.7,
    "covariance": "diag",  # or "full", the paper's A_k
    "gradient": "pathwise",  # or marginal, implicit
}
STL10 = {**PRIOR, "num_components": 30}  # the paper's best on STL-10
VARIANTS = {
    "mnist": lambda: based_on("dcgan_mnist", model=MODEL, prior=PRIOR),
    "mnist_static": lambda: based_on(
        "gmgan_mnist", prior={"covariance": "isotropic", "learn_loc": False, "learn_scale": False}
    ),
    "fashion_mnist": lambda: based_on("gmgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("gmgan_mnist", dataset="digits"),
    "cifar10": lambda: based_on("dcgan_cifar10", model=MODEL, prior=PRIOR),
    "stl10": lambda: based_on("dcgan_stl10", model=MODEL, prior=STL10),
    "stl10_96": lambda: based_on("dcgan_stl10_96", model=MODEL, prior=STL10),
    # Of 25 components, a seed in ten leaves modes out.
    "grid": lambda: based_on("deligan_grid", model=MODEL, prior={"num_components": 50}),
    "ring": lambda: based_on("deligan_ring", model=MODEL),
    "bimodal": lambda: based_on("deligan_bimodal", model=MODEL),
    "unimodal": lambda: based_on("deligan_unimodal", model=MODEL),
}
get_config = chooser(VARIANTS)
