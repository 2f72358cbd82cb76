"""Densities and posteriors of mixtures, against SciPy's in float64."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tests.priors.table import KINDS, factors, mixture, variable
from tfmix import priors
from tfmix.priors.scale import SCALE_FLOOR

POINTS = np.random.default_rng(0).uniform(-3, 3, [50, 2])
GAUSSIANS = ["isotropic", "diag", "full"]


def joint(prior, points):
    """Log of weight times density of each component at points, [N, K]."""
    width, dfs = prior.latent_dim, np.float64(getattr(prior, "df", [0] * prior.num_components))
    density = []
    for loc, factor, df in zip(np.float64(prior.loc), factors(prior), dfs, strict=True):
        noise = np.linalg.solve(factor, (points - loc).T).T
        if df == 0:
            each = stats.norm.logpdf(noise).sum(1)
        elif prior.multivariate:
            each = stats.multivariate_t(np.zeros(width), np.eye(width), df).logpdf(noise)
        else:
            each = stats.t(df).logpdf(noise).sum(1)
        density.append(each - np.linalg.slogdet(factor)[1])
    return special.log_softmax(np.float64(prior.logits)) + np.stack(density, axis=1)


def assert_agrees(prior, points, **tolerance):
    expected = joint(prior, np.float64(points))
    log_prob = special.logsumexp(expected, axis=1)
    np.testing.assert_allclose(prior.log_prob(points), log_prob, **tolerance)
    posterior = prior.posterior(points).numpy()
    np.testing.assert_allclose(posterior, special.softmax(expected, axis=1), atol=1e-5)
    np.testing.assert_allclose(posterior.sum(axis=1), 1, rtol=1e-5)
    return posterior


@pytest.mark.parametrize("kind", KINDS)
def test_density_is_that_of_the_mixture(kind):
    prior = mixture(kind)
    assert_agrees(prior, POINTS, rtol=1e-4, atol=1e-4)
    expected = special.logsumexp(joint(prior, POINTS), axis=1)
    found = prior.distribution.log_prob(np.float32(POINTS))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def of_any_size(kind, num_components, width):
    """A mixture with locations near 0, whose factors have all their entries where they may."""
    rng = np.random.default_rng(0)
    scale = np.full([num_components, 1], 0.7)
    if KINDS[kind][1].get("covariance") == "full":
        scale = scale[..., None] * (np.eye(width) + 0.1 * rng.normal(size=[width, width]))
    loc = 0.01 * rng.normal(size=[num_components, width])
    df = rng.uniform(1, 30, num_components)
    return mixture(kind, num_components, width, weights=None, loc=loc, scale=scale, df=df)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("num_components", "width"), [(5, 2), (5, 30), (1000, 4)])
def test_a_hundred_deviations_away_of_a_thousand_components(kind, num_components, width):
    """Components lie so close together that they leave doubt however far away a point is."""
    prior = of_any_size(kind, num_components, width)
    points = np.float32(70 * np.random.default_rng(1).normal(size=[20, width]))
    posterior = assert_agrees(prior, points, rtol=1e-5)
    if kind in GAUSSIANS:  # tails of their own tell components of Student's t apart
        assert posterior.max(1).min() < 0.9  # it takes digits to tell


@pytest.mark.parametrize("kind", GAUSSIANS)
def test_at_the_floor_of_scales_all_stays_finite(kind):
    prior = mixture(kind)
    variable(prior, "raw_scale").assign(np.full(variable(prior, "raw_scale").shape, -1e9))
    if kind != "full":
        np.testing.assert_allclose(prior.scale, np.full(prior.scale.shape, SCALE_FLOOR), rtol=1e-6)
    z = prior.sample(100, seed=0).z
    assert np.isfinite(z).all()
    assert np.isfinite(prior.log_prob(z)).all()


@pytest.mark.parametrize("kind", [*KINDS, "marginal"])
def test_log_prob_reaches_the_parameters(kind):
    arguments = {"gradient": "marginal", "learn_weights": True} if kind == "marginal" else {}
    if kind.startswith("t"):
        arguments["learn_df"] = True
    prior = mixture("diag" if kind == "marginal" else kind, **arguments)
    with tf.GradientTape() as tape:
        likelihood = tf.reduce_sum(prior.log_prob(POINTS))
    for gradient in tape.gradient(likelihood, prior.trainable_variables):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all()
        assert abs(gradient).max() > 0


def test_simple_priors():
    expected = stats.multivariate_normal(np.zeros(2)).logpdf(POINTS)
    np.testing.assert_allclose(priors.StandardNormal(2).log_prob(POINTS), expected, rtol=1e-5)
    uniform = priors.Uniform(2)
    inside, outside = [[0.0, 0.0], [-0.99, 0.99]], [[0.0, 1.01], [-1.01, 0.0]]
    np.testing.assert_allclose(uniform.log_prob(inside), np.log([0.25, 0.25]))
    np.testing.assert_array_equal(uniform.log_prob(outside), [-np.inf, -np.inf])
    np.testing.assert_array_equal(uniform.posterior(outside), [[1.0], [1.0]])


def test_one_hot_normal():
    prior, noise = priors.OneHotNormal(2, 5, scale=0.1), [[0.1, -0.2, 0.05], [0.0, 30.0, 0.0]]
    expected = stats.norm(0, 0.1).logpdf(noise).sum(1) + np.log(0.5)
    z = np.concatenate([noise, np.eye(2)], axis=1)
    np.testing.assert_allclose(prior.log_prob(z), expected, rtol=1e-5)
    np.testing.assert_array_equal(prior.posterior(z), np.eye(2))
    for vector in ([0.0, 0.0], [1.0, 1.0], [0.5, 0.5], [0.0, 0.999]):  # off the one-hot
        z = [[0.0, 0.0, 0.0, *vector]]
        assert prior.log_prob(z) == -np.inf
        np.testing.assert_array_equal(prior.posterior(z), [[0.5, 0.5]])
