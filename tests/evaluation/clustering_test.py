import keras
import numpy as np
import pytest

import tfmix
from tests.evaluation.conftest import refuses
from tfmix.evaluation import cluster_agreement, fit_clusterer

COMPONENTS = 3


class Stripes(keras.Model):
    """A generator whose images have a bright stripe, in the place that its latent says."""

    def __init__(self):
        inputs = keras.Input((2,))
        x = keras.layers.Dense(8, kernel_initializer=keras.initializers.GlorotNormal(3))(inputs)
        x = keras.layers.Reshape((8, 1, 1))(4 * x)
        x = keras.layers.UpSampling2D((1, 8))(x)
        super().__init__(inputs, keras.layers.Activation("tanh")(x))


@pytest.fixture(scope="module")
def sampler():
    loc = [[2.0, 0.0], [-1.0, 1.7], [-1.0, -1.7]]
    prior = tfmix.priors.GaussianMixture(COMPONENTS, 2, loc=loc, init_scale=0.2)
    return tfmix.Sampler(prior, Stripes())


def test_it_finds_the_component_of_images_it_has_not_seen(sampler):
    steps = []
    clusterer = fit_clusterer(sampler, 600, seed=1, progress=lambda *each: steps.append(each))
    drawn = sampler.draw(300, seed=2)
    probabilities = clusterer.predict(drawn["images"], verbose=0)
    assert probabilities.shape == (300, COMPONENTS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (probabilities.argmax(axis=1) == drawn["component"]).mean() > 0.97
    assert (steps[0], steps[-1]) == ((600, 3600), (3600, 3600))
    assert steps == sorted(steps)


@pytest.mark.slow
def test_the_same_seed_fits_the_same_bits_also_of_a_gan(sampler):
    discriminator = tfmix.networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1)
    gan = tfmix.GAN(sampler.prior, sampler.generator, discriminator)
    images = sampler.sample(5)
    first, again, other = (
        fit_clusterer(model, 50, seed, epochs=1).predict(images, verbose=0)
        for model, seed in ((sampler, 1), (gan, 1), (sampler, 2))
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_refuses_what_has_no_components(sampler):
    one = tfmix.Sampler(tfmix.priors.StandardNormal(2), Stripes())
    points = tfmix.Sampler(sampler.prior, tfmix.networks.MLPGenerator(2, 2, widths=(4,)))
    pixels = tfmix.PixelCNN((8, 8, 1), filters=2, num_blocks=1)
    refuses(fit_clusterer, one, said="Received: 1 of shape")
    refuses(fit_clusterer, points, said=r"Received: 3 of shape \[2\]")
    refuses(fit_clusterer, pixels, said="Received: a PixelCNN")
    for name in ("num_samples", "epochs"):
        with pytest.raises(ValueError, match=f"{name} is an integer of at least 1"):
            fit_clusterer(sampler, **{name: 0})


def brightness(images):
    """Sorts images, [N, 3], into dark and bright ones, and none into a third cluster."""
    mean = images.mean(axis=(1, 2, 3))
    return np.stack([-mean, mean, np.full_like(mean, -2)], axis=1)


def corner(images):
    """Sorts by one pixel alone, which another image has there after a move."""
    return np.concatenate([images[:, 1, 1], -images[:, 1, 1]], axis=1)


def test_clusters_are_trusted_that_stay_and_that_another_clusterer_finds():
    rng = np.random.default_rng(0)
    level = np.repeat([-0.9, 0.9, 0.9, 0.9], 50)[:, None, None, None]
    flat = np.float32(np.broadcast_to(level, [200, 8, 8, 1]))
    found = cluster_agreement(brightness, flat, brightness)
    expected = np.exp(-0.25 * np.log(0.25) - 0.75 * np.log(0.75))
    assert found == {"invariance": 1, "perplexity": pytest.approx(expected), "agreement": 1}
    noise = np.float32(rng.uniform(-1, 1, [200, 8, 8, 1]))
    found = cluster_agreement(corner, noise, brightness)
    assert found["invariance"] < 0.9
    assert found["agreement"] == pytest.approx(0.5, abs=0.15)
    assert found == cluster_agreement(corner, noise, brightness)
    assert "agreement" not in cluster_agreement(corner, noise, seed=1)
    refuses(cluster_agreement, corner, noise[:0], said="Received: none")
