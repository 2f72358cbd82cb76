"""The dynamic and the static GM-GAN (Ben-Yosef and Weinshall, 2018).

mnist: The dynamic GM-GAN on all of MNIST, components tied to images by a head, our recipe.
mnist_mixed: gmgan_mnist in bfloat16 on any processor, beside whose results float32's stand.
mnist_paper: The dynamic GM-GAN on all of MNIST; K, c, sigma and rate as a report quotes the paper.
mnist_static: The static GM-GAN on all of MNIST: centres drawn once, one deviation, nothing learned.
fashion_mnist: The dynamic GM-GAN on all of Fashion-MNIST, with the settings of gmgan_mnist.
stacked_mnist: The dynamic GM-GAN on stacked MNIST, 1,000 modes, with a light head.
digits: The dynamic GM-GAN on all of scikit-learn's 1,297 training digits.
cifar10: The dynamic GM-GAN on CIFAR-10; networks and budget of dcgan_cifar10.
stl10: The dynamic GM-GAN on STL-10 at 48 pixels; networks and budget of dcgan_stl10.
stl10_96: The dynamic GM-GAN on STL-10 at 96 pixels; networks and budget of dcgan_stl10_96.
grid: The dynamic GM-GAN on the 25-mode grid, with the recipe of deligan_grid.
ring: The dynamic GM-GAN on the 8-mode ring, with the recipe of deligan_ring.
bimodal: The dynamic GM-GAN on the two modes of deligan_bimodal.
unimodal: The dynamic GM-GAN on the one mode of deligan_unimodal.
"""

from ml_collections import ConfigDict

from tfmix.programs.presets import based_on, chooser

MODEL = {
    "name": "GMGAN",
    "component_weight": 0.0,  # of the cross-entropy of the component, in both networks' losses
    "noise_weight": 0.0,  # of the error of the noise, likewise
    "invariance_weight": 0.0,  # of the component head's loss on real images
    "component_delay": 0,  # steps before the cross-entropy counts
}
# The head learns from real images, and finds clusters of them before the generator follows it.
TIED = {**MODEL, "component_weight": 1.0, "invariance_weight": 1.0, "component_delay": 300}
PRIOR = {
    "name": "GaussianMixture",
    "num_components": 20,  # more than ten kinds, so that each finds a component
    "latent_dim": 100,
    "within": 0.9,  # share of z's variance within components
    "covariance": "diag",  # or "full", the paper's A_k
    "scale_parametrization": "identity",
    "gradient": "pathwise",  # or marginal, implicit
    "assignment": "categorical",
}
PAPER = ConfigDict(
    {
        **{"name": "GaussianMixture", "num_components": 10, "latent_dim": 100},
        # As a report quotes the paper; its full A_k start here as sigma times the identity.
        **{"loc_range": 0.1, "init_scale": 0.15, "covariance": "full", "gradient": "pathwise"},
    }
)
STATIC = {"covariance": "isotropic", "learn_loc": False, "learn_scale": False}
VARIANTS = {
    "mnist": lambda: based_on("dcgan_mnist", model=TIED, prior=PRIOR),
    "mnist_mixed": lambda: based_on("gmgan_mnist", precision="mixed_bfloat16"),
    # The paper's networks and losses of regularisation are not known; these are DCGAN's.
    "mnist_paper": lambda: based_on("dcgan_mnist_paper", model=MODEL, prior=PAPER),
    "mnist_static": lambda: based_on("gmgan_mnist", prior=STATIC),
    "fashion_mnist": lambda: based_on("gmgan_mnist", dataset="fashion_mnist"),
    # There are more kinds of images than components, which no shift or rotation sorts.
    "stacked_mnist": lambda: based_on(
        "dcgan_stacked_mnist",
        model={**MODEL, "component_weight": 0.1},
        prior={**PRIOR, "num_components": 50, "within": 0.7},
        prior_optimizer={"name": "Adam", "learning_rate": 1e-4},
    ),
    "digits": lambda: based_on("gmgan_mnist", dataset="digits", discriminator={"depth": 2}),
    "cifar10": lambda: based_on("dcgan_cifar10", model=TIED, prior=PRIOR),
    "stl10": lambda: based_on("dcgan_stl10", model=TIED, prior=PRIOR),
    "stl10_96": lambda: based_on("dcgan_stl10_96", model=TIED, prior=PRIOR),
    # Of 25 components, a seed in ten leaves modes out.
    "grid": lambda: based_on("deligan_grid", model=MODEL, prior={"num_components": 50}),
    "ring": lambda: based_on("deligan_ring", model=MODEL),
    "bimodal": lambda: based_on("deligan_bimodal", model=MODEL),
    "unimodal": lambda: based_on("deligan_unimodal", model=MODEL),
}
get_config = chooser(VARIANTS)
