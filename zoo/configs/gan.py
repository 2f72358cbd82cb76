"""The plain GAN with the settings of DeLiGAN on the same data, and other models to compare to it.

mnist: The plain GAN with the networks, data and budget of deligan_mnist.
mnist_uniform: The plain GAN of gan_mnist with z uniform in a cube, the baseline of GM-GAN (2018).
mnist_dense: DeLiGAN's control GAN++ on 500 MNIST digits: a dense layer in front of the generator.
mnist_moe: DeLiGAN's control MoE-GAN on 500 MNIST digits: noise joined to a one-hot vector.
fashion_mnist: The plain GAN with the networks, data and budget of deligan_fashion_mnist.
digits: The plain GAN with the networks, data and budget of deligan_digits.
cifar10: The plain GAN with the networks, data and budget of deligan_cifar10.
cifar10_resnet: SNGAN's residual pair on all of CIFAR-10 (ICLR 2018: hinge, spectral norm).
grid: The plain GAN on the 25-mode grid, with the recipe of deligan_grid.
grid_moe: DeLiGAN's control MoE-GAN on the 25-mode grid: normal noise joined to a one-hot vector.
grid_packed: PacGAN4 on the 25-mode grid: the discriminator takes four points at once.
ring: The plain GAN on the 8-mode ring, with the recipe of deligan_ring.
blobs: The plain GAN on the blobs of deligan_blobs.
bimodal: The plain GAN on the two modes of deligan_bimodal.
unimodal: The plain GAN on the one mode of deligan_unimodal.
"""

from tfmix.programs.presets import based_on, chooser

MODEL = {"name": "GAN"}
SIZE = {"width": 64, "depth": 3}  # of the residual networks


def plain(deligan, latent_dim):
    """A config of DeLiGAN with a plain GAN and one normal prior, which has nothing to train."""
    prior = {"name": "StandardNormal", "latent_dim": latent_dim}
    return based_on(deligan, model=MODEL, prior=prior, prior_optimizer={"name": "none"})


def one_hot(num_components, noise_dim):
    width = num_components + noise_dim
    return {"name": "OneHotNormal", "num_components": num_components, "latent_dim": width}


VARIANTS = {
    "mnist": lambda: plain("deligan_mnist", 30),
    "mnist_uniform": lambda: based_on("gan_mnist", prior={"name": "Uniform", "latent_dim": 30}),
    "mnist_dense": lambda: based_on("gan_mnist", generator={"dense_widths": (50,)}),
    "mnist_moe": lambda: based_on("gan_mnist", prior=one_hot(50, 30)),
    "fashion_mnist": lambda: plain("deligan_fashion_mnist", 30),
    "digits": lambda: plain("deligan_digits", 30),
    "cifar10": lambda: plain("deligan_cifar10", 100),
    "cifar10_resnet": lambda: based_on(
        "dcgan_cifar10",
        model={"loss": "hinge", "r1_penalty": 0.0},
        generator={"name": "ResNetGenerator", **SIZE},
        # Or the norm none, with an R1 penalty.
        discriminator={"name": "ResNetDiscriminator", **SIZE, "norm": "spectral"},
        optimizer={"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "schedule": "constant"},
    ),
    "grid": lambda: plain("deligan_grid", 8),
    "grid_moe": lambda: based_on("gan_grid", prior=one_hot(25, 8)),
    "grid_packed": lambda: based_on("gan_grid", model={"packing": 4}),
    "ring": lambda: plain("deligan_ring", 8),
    "blobs": lambda: plain("deligan_blobs", 2),
    "bimodal": lambda: plain("deligan_bimodal", 2),
    "unimodal": lambda: plain("deligan_unimodal", 2),
}
get_config = chooser(VARIANTS)
