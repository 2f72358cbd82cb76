"""AC-GAN (Odena et al., ICML 2017).

mnist: AC-GAN on all of MNIST (ICML 2017; networks and budget of dcgan_mnist, latents of 100).
fashion_mnist: AC-GAN on all of Fashion-MNIST.
digits: AC-GAN on all of scikit-learn's 1,297 training digits.
cifar10: AC-GAN on CIFAR-10; networks and budget of dcgan_cifar10.
stl10: AC-GAN on STL-10 at 48 pixels; networks and budget of dcgan_stl10.
stl10_96: AC-GAN on STL-10 at 96 pixels; networks and budget of dcgan_stl10_96.
"""

from tfmix.programs.presets import based_on, chooser

MODEL = {"name": "ACGAN", "alpha": 1.0}
VARIANTS = {
    "mnist": lambda: based_on("dcgan_mnist", model=MODEL, prior={"latent_dim": 100}),
    "fashion_mnist": lambda: based_on("acgan_mnist", dataset="fashion_mnist"),
    "digits": lambda: based_on("acgan_mnist", dataset="digits", discriminator={"depth": 2}),
    "cifar10": lambda: based_on("dcgan_cifar10", model=MODEL),
    "stl10": lambda: based_on("dcgan_stl10", model=MODEL),
    "stl10_96": lambda: based_on("dcgan_stl10_96", model=MODEL),
}
get_config = chooser(VARIANTS)
