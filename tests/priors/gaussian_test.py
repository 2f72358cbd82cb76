import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

from tfmix import priors, seeds
from tfmix.priors.scale import SCALE_FLOOR

LOC = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]])
SCALE = np.array([[0.3, 1.2], [0.5, 0.1], [2.0, 0.7]])
FACTOR = np.array([[[0.3, 0.5], [-1.2, 0.4]], [[0.5, 0.0], [0.2, 0.1]], [[0.0, 2.0], [0.7, 0.7]]])
GIVEN = {"isotropic": SCALE[:, 0], "diag": SCALE, "full": FACTOR}
WEIGHTS = np.array([0.5, 0.2, 0.3])
POINTS = np.random.default_rng(0).uniform(-3, 3, [50, 2])


def mixture(covariance, **kwargs):
    return priors.GaussianMixture(
        3, 2, loc=LOC, scale=GIVEN[covariance], weights=WEIGHTS, covariance=covariance, **kwargs
    )


def as_factor(scale, width):
    """Factors [K, D, D] of covariances from what a prior takes or has as its scale."""
    scale = np.float64(scale)
    if scale.ndim == 3:
        return scale
    return scale.reshape(len(scale), -1, 1) * np.eye(width)


def joint(prior, points):
    """Log of weight times density of each component at points, [N, K], in float64."""
    factors = as_factor(prior.scale, prior.latent_dim)
    density = [
        stats.multivariate_normal(loc, factor @ factor.T).logpdf(points)
        for loc, factor in zip(np.float64(prior.loc), factors, strict=True)
    ]
    return special.log_softmax(np.float64(prior.logits)) + np.stack(density, axis=1)


@pytest.mark.parametrize("covariance", GIVEN)
def test_density_is_that_of_the_mixture(covariance):
    density = [
        stats.multivariate_normal(loc, factor @ factor.T).logpdf(POINTS)
        for loc, factor in zip(LOC, as_factor(GIVEN[covariance], 2), strict=True)
    ]
    expected = np.log(WEIGHTS) + np.stack(density, axis=1)
    prior = mixture(covariance)
    np.testing.assert_allclose(
        prior.log_prob(POINTS), special.logsumexp(expected, axis=1), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(prior.posterior(POINTS), special.softmax(expected, 1), atol=1e-4)


def close_together(covariance, num_components, width):
    """A mixture that leaves doubt of the component, however far away a point is."""
    rng = np.random.default_rng(0)
    scale = np.array(0.7)
    if covariance == "full":
        factor = np.tril(rng.normal(size=[width, width])) * 0.1 + np.eye(width)
        scale = np.broadcast_to(factor, [num_components, width, width])
    loc = rng.normal(scale=0.01, size=[num_components, width])
    return priors.GaussianMixture(
        num_components, width, loc=loc, scale=scale, covariance=covariance
    )


@pytest.mark.parametrize("covariance", GIVEN)
@pytest.mark.parametrize(("num_components", "width"), [(5, 2), (5, 30), (1000, 4)])
def test_a_hundred_deviations_away(covariance, num_components, width):
    prior = close_together(covariance, num_components, width)
    points = np.float32(prior.sample(20, seed=1, scale=100.0).z)
    expected = joint(prior, points)
    np.testing.assert_allclose(
        prior.log_prob(points), special.logsumexp(expected, axis=1), rtol=1e-5
    )
    posterior = special.softmax(expected, axis=1)
    assert posterior.max(1).min() < 0.9  # it takes digits to tell
    np.testing.assert_allclose(prior.posterior(points), posterior, atol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(prior.posterior(points), axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("covariance", GIVEN)
def test_a_thousand_components(covariance):
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.1, 1, [1000, 1])
    if covariance == "full":
        scale = scale[..., None] * rng.normal(size=[1000, 10, 10])
    prior = priors.GaussianMixture(1000, 10, scale=scale, covariance=covariance)
    points = np.float32(prior.sample(20, seed=1).z)
    expected = joint(prior, points)
    np.testing.assert_allclose(
        prior.log_prob(points), special.logsumexp(expected, axis=1), rtol=1e-5, atol=1e-5
    )
    np.testing.assert_allclose(prior.posterior(points), special.softmax(expected, 1), atol=1e-5)


@pytest.mark.parametrize("component", range(3))
def test_samples_have_the_covariance_of_their_component(component):
    z = mixture("full").sample(20_000, seed=component, component=component).z.numpy()
    whitened = np.linalg.solve(FACTOR[component], (z - LOC[component]).T)
    np.testing.assert_allclose(whitened @ whitened.T / 20_000, np.eye(2), atol=0.04)


def test_training_draws_have_the_covariance_of_their_component():
    draw = mixture("full").draw(40_000, tf.constant([0, 1]))
    z, component = draw.z.numpy(), draw.component.numpy()
    for k in range(3):
        whitened = np.linalg.solve(FACTOR[k], (z[component == k] - LOC[k]).T)
        np.testing.assert_allclose(np.cov(whitened), np.eye(2), atol=0.05)


def test_marginal_scale_is_each_dimension_s_deviation():
    expected = {"isotropic": SCALE[:, :1], "diag": SCALE, "full": np.linalg.norm(FACTOR, axis=2)}
    for covariance, deviations in expected.items():
        np.testing.assert_allclose(mixture(covariance).marginal_scale, deviations, rtol=1e-5)


@pytest.mark.parametrize("covariance", GIVEN)
def test_at_the_floor_all_stays_finite(covariance):
    raw = {"isotropic": np.full([3, 1], -1e9), "diag": np.full([3, 2], -1e9)}
    raw["full"] = tfp.math.fill_triangular_inverse(np.tile(np.tri(2) - 1e9 * np.eye(2), [3, 1, 1]))
    prior = mixture(covariance)
    next(each for each in prior.variables if each.name == "raw_scale").assign(raw[covariance])
    deviations = prior.scale if covariance != "full" else tf.linalg.diag_part(prior.scale)
    np.testing.assert_allclose(deviations, np.full(deviations.shape, SCALE_FLOOR), rtol=1e-6)
    z = prior.sample(100, seed=0).z
    assert np.isfinite(z).all()
    assert np.isfinite(prior.log_prob(z)).all()


def test_distribution_has_the_moments_of_the_mixture():
    prior = mixture("diag")
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
    uniform = seeds.uniform_rows(seeds.row_seeds(7, 100), 3).numpy()[
        :, 1:
    ]  # the first: the component
    np.testing.assert_allclose(z, stats.norm.ppf(uniform), rtol=1e-4, atol=1e-6)


def test_uniform_density():
    prior = priors.Uniform(2)
    np.testing.assert_allclose(prior.log_prob([[0.0, 0.0], [-0.99, 0.99]]), np.log([0.25, 0.25]))
    np.testing.assert_array_equal(prior.log_prob([[0.0, 1.01], [-1.01, 0.0]]), [-np.inf, -np.inf])


def test_uniform_has_the_moments_of_the_law():
    z = priors.Uniform(2).sample(20_000, seed=0).z.numpy()
    np.testing.assert_allclose(z.mean(0), 0, atol=4 / np.sqrt(3 * 20_000))
    np.testing.assert_allclose(z.var(0), 1 / 3, rtol=0.03)


def test_uniform_stays_inside():
    z = priors.Uniform(1).transform(tf.constant([[2.0**-24], [1 - 2.0**-24]]), [0, 0], tf.ones([2]))
    assert (abs(z.numpy()) < 1).all()


def test_uniform_has_nothing_to_learn():
    assert priors.Uniform(2).variables == []


def test_one_hot_is_the_component():
    z, component = priors.OneHotNormal(4, 7).sample(100, seed=0)
    np.testing.assert_array_equal(z[:, 3:], np.eye(4)[component])


@pytest.mark.parametrize("factor", [0.0, 0.5, 3.0])
def test_scale_of_a_sample_leaves_the_one_hot_alone(factor):
    prior = priors.OneHotNormal(4, 7)
    whole, scaled = (prior.sample(100, seed=0, scale=scale).z for scale in (1.0, factor))
    np.testing.assert_allclose(scaled[:, :3], factor * whole[:, :3], rtol=1e-6)
    np.testing.assert_array_equal(scaled[:, 3:], whole[:, 3:])


def test_one_hot_normal_has_the_moments_of_the_law():
    prior = priors.OneHotNormal(2, 5, scale=0.1)
    z = prior.sample(20_000, seed=0).z.numpy()
    np.testing.assert_allclose(prior.distribution.mean(), [0, 0, 0, 0.5, 0.5])
    np.testing.assert_allclose(z.mean(0), [0, 0, 0, 0.5, 0.5], atol=4 * 0.5 / np.sqrt(20_000))
    np.testing.assert_allclose(z.std(0), [0.1, 0.1, 0.1, 0.5, 0.5], rtol=0.03)


def test_one_hot_normal_density():
    prior = priors.OneHotNormal(2, 5, scale=0.1)
    noise = np.array([[0.1, -0.2, 0.05], [0.0, 30.0, 0.0]])
    expected = stats.norm(0, 0.1).logpdf(noise).sum(1) + np.log(0.5)
    z = np.concatenate([noise, np.eye(2)], axis=1)
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-5)
    np.testing.assert_array_equal(prior.posterior(z), np.eye(2))


@pytest.mark.parametrize("vector", [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5], [0.0, 0.999]])
def test_off_the_one_hot_there_is_no_density(vector):
    prior = priors.OneHotNormal(2, 5)
    z = [[0.0, 0.0, 0.0, *vector]]
    assert prior.log_prob(z) == -np.inf
    np.testing.assert_array_equal(prior.posterior(z), [[0.5, 0.5]])


def test_one_hot_normal_has_nothing_to_learn():
    assert priors.OneHotNormal(2, 5).variables == []


@pytest.mark.parametrize("latent_dim", [1, 4])
def test_refuses_one_hot_without_noise(latent_dim):
    message = f"above num_components=4. Received: latent_dim={latent_dim}"
    with pytest.raises(ValueError, match=message):
        priors.OneHotNormal(4, latent_dim)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_refuses_scale_of_one_hot_normal(scale):
    with pytest.raises(ValueError, match=r"scale is finite and above 0\. Received: scale="):
        priors.OneHotNormal(2, 5, scale=scale)


def test_configs_of_when_noise_could_be_truncated_are_read():
    prior = mixture("diag")
    again = priors.GaussianMixture.from_config(prior.get_config() | {"truncation": None})
    np.testing.assert_array_equal(again.sample(9, seed=0).z, prior.sample(9, seed=0).z)
    with pytest.raises(ValueError, match=r"Truncated noise .* Received: truncation=2\.0"):
        priors.GaussianMixture.from_config(prior.get_config() | {"truncation": 2.0})
