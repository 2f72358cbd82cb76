import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from tfmix import priors

LOC = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]])
SCALE = np.array([[0.3, 1.2], [0.5, 0.1], [2.0, 0.7]])
WEIGHTS = np.array([0.5, 0.2, 0.3])
DF = np.array([1.5, 4.0, 30.0])
POINTS = np.random.default_rng(0).uniform(-3, 3, [50, 2])


def joint(multivariate):
    """Log of weight times density of each component at the points, [N, K]."""
    if multivariate:
        density = [
            stats.multivariate_t(loc, np.diag(scale**2), df).logpdf(POINTS)
            for loc, scale, df in zip(LOC, SCALE, DF, strict=True)
        ]
    else:
        density = [
            stats.t(df, loc, scale).logpdf(POINTS).sum(1)
            for loc, scale, df in zip(LOC, SCALE, DF, strict=True)
        ]
    return np.log(WEIGHTS) + np.stack(density, axis=1)


@pytest.mark.parametrize("multivariate", [True, False])
def test_density_is_that_of_the_mixture(multivariate):
    prior = priors.StudentTMixture(
        3, 2, loc=LOC, scale=SCALE, weights=WEIGHTS, df=DF, multivariate=multivariate
    )
    expected = joint(multivariate)
    np.testing.assert_allclose(
        prior.log_prob(POINTS), special.logsumexp(expected, axis=1), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(prior.posterior(POINTS), special.softmax(expected, 1), atol=1e-4)


def test_isotropic_density():
    prior = priors.StudentTMixture(1, 2, loc=LOC[:1], scale=0.7, covariance="isotropic", df=3.0)
    expected = stats.multivariate_t(LOC[0], 0.49 * np.eye(2), 3.0).logpdf(POINTS)
    np.testing.assert_allclose(prior.log_prob(POINTS), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("multivariate", "together"), [(True, True), (False, False)])
def test_tails_come_together_where_one_chi_square_is_drawn_a_vector(multivariate, together):
    prior = priors.StudentTMixture(1, 2, df=3.0, multivariate=multivariate)
    z = prior.sample(5000, seed=0).z.numpy() - prior.loc.numpy()
    ranks = abs(stats.spearmanr(abs(z)).statistic)
    assert (ranks > 0.15) == together
    assert together or ranks < 4 / np.sqrt(5000)


def test_length_follows_an_f_distribution():
    prior = priors.StudentTMixture(1, 4, df=3.0, scale=1.0)
    z = prior.sample(4000, seed=0).z.numpy() - prior.loc.numpy()
    assert stats.kstest((z**2).mean(1), stats.f(4, 3.0).cdf).pvalue > 1e-3


def test_many_degrees_of_freedom_are_normal():
    heavy = priors.StudentTMixture(2, 3, df=1e5, seed=4)
    light = priors.GaussianMixture(2, 3, seed=4)
    np.testing.assert_allclose(heavy.sample(100, seed=0).z, light.sample(100, seed=0).z, atol=0.02)


def test_one_number_is_every_component_s():
    np.testing.assert_array_equal(priors.StudentTMixture(3, 2, df=4).df, [4, 4, 4])


@pytest.mark.parametrize("multivariate", [True, False])
def test_heaviest_tails_stay_finite(multivariate):
    prior = priors.StudentTMixture(1, 2, df=0.05, multivariate=multivariate)
    with tf.GradientTape() as tape:
        z = prior.draw(5000, tf.constant([0, 0])).z
        loss = tf.reduce_mean(tf.tanh(z))
    assert np.isfinite(z).all()
    for gradient in tape.gradient(loss, prior.trainable_variables):
        assert np.isfinite(tf.convert_to_tensor(gradient)).all()


def test_passes_on_what_every_mixture_takes():
    arguments = {"loc_range": 3.0, "covariance": "isotropic", "learn_scale": False, "seed": 4}
    heavy, light = (
        make(3, 2, assignment="stratified", **arguments)
        for make in (priors.StudentTMixture, priors.GaussianMixture)
    )
    for weight, expected in zip(heavy.get_weights(), light.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    assert [variable.name for variable in heavy.trainable_variables] == ["loc"]
    component = heavy.draw(9, tf.constant([0, 0])).component
    np.testing.assert_array_equal(np.bincount(component), [3, 3, 3])


@pytest.mark.parametrize("df", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0, 0.0]])
def test_refuses_df(df):
    with pytest.raises(ValueError, match="df is finite and above 0"):
        priors.StudentTMixture(3, 2, df=df)


@pytest.mark.parametrize("df", [[1.0, 2.0], [[1.0], [2.0], [3.0]]])
def test_refuses_df_of_another_shape(df):
    with pytest.raises(ValueError, match=r"df is a number or of shape \(3,\). Received: shape"):
        priors.StudentTMixture(3, 2, df=df)
