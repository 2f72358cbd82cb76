import numpy as np
import pytest
import tensorflow as tf

from tfmix import Sampler, networks, priors
from tfmix.models import collapse


def sampler(prior, factor=1.0):
    """Draws its latents, times a factor."""
    generator = networks.MLPGenerator(prior.latent_dim, prior.latent_dim, widths=())
    generator.set_weights([factor * np.eye(prior.latent_dim), np.zeros(prior.latent_dim)])
    return Sampler(prior, generator)


def test_usage_is_the_effective_number_of_components():
    usage = collapse.ComponentUsage(4)
    assert float(usage.result()) == pytest.approx(1)
    for drawn in ([0, 0], [1, 1, 3, 3]):
        usage.update_state(tf.constant(drawn))
    assert float(usage.result()) == pytest.approx(3, rel=1e-6)
    usage.reset_state()
    usage.update_state(tf.constant([0, 0, 0, 1]))
    assert float(usage.result()) == pytest.approx(
        np.exp(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    )


@pytest.mark.parametrize("make", [lambda: priors.GaussianMixture(9, 3), lambda: _normal()])
def test_spread_is_one_for_samples_like_the_data_and_none_for_one_point(make):
    real = sampler(make()).sample(64, seed=5)
    assert collapse.signs(sampler(make()), real)["sample_spread"] == pytest.approx(1, abs=0.2)
    assert collapse.signs(sampler(make(), 0.0), real)["sample_spread"] == 0


def _normal():
    return priors.StandardNormal(3)


def test_distance_is_that_to_the_nearest_other_location():
    loc = [[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]]
    found = collapse.signs(sampler(priors.GaussianMixture(3, 2, loc=loc)), np.eye(2))
    assert found["component_distance"] == pytest.approx((5 + 1 + 1) / 3)
    assert "component_distance" not in collapse.signs(sampler(_normal()), np.eye(3))


@pytest.mark.parametrize("real", [np.zeros([1, 3]), np.ones([5, 3])])
def test_data_without_distances_have_no_spread(real):
    assert "sample_spread" not in collapse.signs(sampler(_normal()), real)
