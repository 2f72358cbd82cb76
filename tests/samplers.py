"""Tiny models that draw, for tests of all that takes a sampler."""

import keras
import numpy as np

import tfmix
from tfmix import networks, priors

T_MIXTURE = {"df": [2.0, 2.5, 4.0, 40.0]}


def of_images(labels=None, prior=None, **arguments):
    """Draws 8 x 8 images, which differ with the latent."""
    prior = prior or priors.StudentTMixture(4, 3, **T_MIXTURE)
    width = 3 + (labels.width if labels else 0)
    generator = networks.DCGANGenerator(width, (8, 8, 1), width=3)
    rng = np.random.default_rng(0)
    generator.set_weights([rng.uniform(0.1, 0.5, w.shape) for w in generator.get_weights()])
    return tfmix.Sampler(prior, generator, labels, **arguments)


def of_points(prior=None, widths=(4,)):
    """Draws points of the plane."""
    prior = prior or priors.GaussianMixture(3, 2, seed=0)
    return tfmix.Sampler(prior, networks.MLPGenerator(prior.latent_dim, 2, widths=widths))


def pixel_cnn(shape=(4, 3, 2), spread=0.0, **arguments):
    """A model of few levels; with `spread`, far from its initial weights."""
    arguments = {"filters": 4, "num_blocks": 1, "num_levels": 5, **arguments}
    model = tfmix.PixelCNN(shape, **arguments)
    if spread:
        rng = np.random.default_rng(1)
        for weight in model.trainable_variables:
            weight.assign_add(rng.normal(0, spread, weight.shape))
    return model


def compiled_gan(**weights):
    """A whole GAN of 8 x 8 images, as a run saves it; with a weight of components, with a head."""
    heads = {"component_logits": 3} if weights else None
    generator = networks.DCGANGenerator(4, (8, 8, 1), width=2, depth=1)
    discriminator = networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1, heads=heads)
    gan = tfmix.GMGAN(priors.GaussianMixture(3, 4), generator, discriminator, **weights)
    gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    return gan
