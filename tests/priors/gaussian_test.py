import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.priors.table import mixture
from tfmix import priors, seeds


def test_dimensions_are_independent_within_a_component():
    z = priors.GaussianMixture(3, 4).sample(5000, seed=0, component=1).z.numpy()
    correlation = np.corrcoef(z**2, rowvar=False) - np.eye(4)
    assert abs(correlation).max() < 4 / np.sqrt(5000)


def test_a_standard_normal_is_a_mixture_of_one():
    prior = priors.StandardNormal(2)
    z = prior.sample(50, seed=4).z
    assert prior.num_components == 1
    np.testing.assert_array_equal(prior.posterior(z), np.ones([50, 1]))
    mixture = priors.GaussianMixture(1, 2, loc=np.zeros([1, 2]), scale=1.0)
    np.testing.assert_allclose(mixture.sample(50, seed=4).z, z, rtol=1e-5, atol=1e-6)


def test_latents_are_quantiles_of_their_uniforms():
    z = priors.StandardNormal(2).sample(100, seed=7).z
    uniform = seeds.uniform_rows(seeds.row_seeds(7, 100), 3)[:, 1:]  # the first: the component
    np.testing.assert_allclose(z, stats.norm.ppf(uniform), rtol=1e-4, atol=1e-6)
    ends = tf.constant([[2.0**-24], [1 - 2.0**-24]])  # the smallest and largest that are drawn
    inside = priors.Uniform(1).transform(ends, [0, 0], tf.ones([2]))
    assert (abs(inside.numpy()) < 1).all()


def test_one_hot_is_the_component_and_scale_leaves_it_alone():
    prior = priors.OneHotNormal(4, 7)
    whole, component = prior.sample(100, seed=0)
    for factor in (0.0, 0.5, 3.0):
        scaled = prior.sample(100, seed=0, scale=factor).z
        np.testing.assert_allclose(scaled[:, :3], factor * whole[:, :3], rtol=1e-6)
        for z in (whole, scaled):
            np.testing.assert_array_equal(z[:, 3:], np.eye(4)[component])
    mean = priors.OneHotNormal(2, 5, scale=0.1).distribution.mean()
    np.testing.assert_allclose(mean, [0, 0, 0, 0.5, 0.5])


@pytest.mark.parametrize(
    ("latent_dim", "scale", "message"),
    [
        *((n, 1.0, f"above num_components=4. Received: latent_dim={n}") for n in (1, 4)),
        *((5, s, r"scale is finite and above 0\. R") for s in (0.0, -1.0, np.nan, np.inf)),
    ],
)
def test_refuses_one_hot_normal(latent_dim, scale, message):
    with pytest.raises(ValueError, match=message):
        priors.OneHotNormal(4, latent_dim, scale=scale)


def test_configs_of_when_noise_could_be_truncated_are_read():
    prior = mixture("diag")
    again = priors.GaussianMixture.from_config(prior.get_config() | {"truncation": None})
    np.testing.assert_array_equal(again.sample(9, seed=0).z, prior.sample(9, seed=0).z)
    with pytest.raises(ValueError, match=r"Truncated noise .* Received: truncation=2\.0"):
        priors.GaussianMixture.from_config(prior.get_config() | {"truncation": 2.0})
