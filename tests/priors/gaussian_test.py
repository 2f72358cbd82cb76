import numpy as np
import pytest
from scipy import special, stats

from tfmix import priors, seeds

LOC = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]])
SCALE = np.array([[0.3, 1.2], [0.5, 0.1], [2.0, 0.7]])
WEIGHTS = np.array([0.5, 0.2, 0.3])
POINTS = np.random.default_rng(0).uniform(-3, 3, [50, 2])


def joint(loc, scale):
    """Log of weight times density of each component at the points, [N, K]."""
    density = [
        stats.multivariate_normal(mean, np.diag(deviation**2)).logpdf(POINTS)
        for mean, deviation in zip(loc, scale, strict=True)
    ]
    return np.log(WEIGHTS) + np.stack(density, axis=1)


@pytest.mark.parametrize("covariance", ["diag", "isotropic"])
def test_density_is_that_of_the_mixture(covariance):
    given = SCALE if covariance == "diag" else SCALE[:, 0]
    scale = SCALE if covariance == "diag" else np.repeat(SCALE[:, :1], 2, axis=1)
    prior = priors.GaussianMixture(
        3, 2, loc=LOC, scale=given, weights=WEIGHTS, covariance=covariance
    )
    expected = joint(LOC, scale)
    np.testing.assert_allclose(
        prior.log_prob(POINTS), special.logsumexp(expected, axis=1), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(prior.posterior(POINTS), special.softmax(expected, 1), atol=1e-4)


def test_distribution_has_the_moments_of_the_mixture():
    prior = priors.GaussianMixture(3, 2, loc=LOC, scale=SCALE, weights=WEIGHTS)
    mean = WEIGHTS @ LOC
    np.testing.assert_allclose(prior.distribution.mean(), mean, atol=1e-5)
    variance = WEIGHTS @ (SCALE**2 + LOC**2) - mean**2
    np.testing.assert_allclose(prior.distribution.variance(), variance, rtol=1e-5)


def test_dimensions_are_independent_within_a_component():
    prior = priors.GaussianMixture(3, 4)
    z = prior.sample(5000, seed=0, component=1).z.numpy()
    correlation = np.corrcoef(z**2, rowvar=False) - np.eye(4)
    assert abs(correlation).max() < 4 / np.sqrt(5000)


def test_standard_normal_density():
    expected = stats.multivariate_normal(np.zeros(2)).logpdf(POINTS)
    np.testing.assert_allclose(priors.StandardNormal(2).log_prob(POINTS), expected, rtol=1e-5)


def test_standard_normal_is_a_mixture_of_one():
    prior = priors.StandardNormal(2)
    assert prior.num_components == 1
    np.testing.assert_array_equal(prior.posterior(POINTS), np.ones([50, 1]))
    mixture = priors.GaussianMixture(1, 2, loc=np.zeros([1, 2]), scale=1.0)
    np.testing.assert_allclose(
        mixture.sample(50, seed=4).z, prior.sample(50, seed=4).z, rtol=1e-5, atol=1e-6
    )


def test_standard_normal_has_nothing_to_learn():
    assert priors.StandardNormal(2).variables == []


def test_latents_are_quantiles_of_their_uniforms():
    z = priors.StandardNormal(2).sample(100, seed=7).z
    uniform = seeds.uniform_rows(seeds.rows(7, 100), 3).numpy()[:, 1:]  # the first: the component
    np.testing.assert_allclose(z, stats.norm.ppf(uniform), rtol=1e-4, atol=1e-6)
