import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.priors.table import PLANE, factors, mixture, trained, variable
from tfmix import priors
from tfmix.priors.student_t import DF_FLOOR

SEED = tf.constant([0, 0])
LAWS = ["t", "t_full", "t_by_dimension"]


def noise(prior, num_samples, component=0):
    """Noise of scale 1 that samples of a component were made of, [D, N]."""
    z = prior.sample(num_samples, seed=component, component=component).z.numpy()
    return np.linalg.solve(factors(prior)[component], (z - prior.loc[component].numpy()).T)


@pytest.mark.parametrize(("kind", "together"), [("t", True), ("t_by_dimension", False)])
def test_tails_come_together_where_a_vector_shares_one_chi_square(kind, together):
    ranks = abs(stats.spearmanr(*abs(noise(mixture(kind, df=3.0), 4000))).statistic)
    assert (ranks > 0.15) == together
    assert together or ranks < 4 / np.sqrt(4000)


@pytest.mark.parametrize("kind", ["t", "t_full"])
def test_length_follows_an_f_distribution(kind):
    length = (noise(mixture(kind, df=3.0), 4000) ** 2).mean(0)
    assert stats.kstest(length, stats.f(2, 3.0).cdf).pvalue > 1e-3


@pytest.mark.parametrize("component", [0, 1, 2])
def test_full_covariances_rotate_independent_tails(component):
    rows = noise(mixture("t_rotated"), 3000, component)
    for row in rows:
        assert stats.kstest(row, stats.t(PLANE["df"][component]).cdf).pvalue > 1e-3
    assert stats.pearsonr(*stats.rankdata(abs(rows), axis=1)).pvalue > 1e-3


def test_many_degrees_of_freedom_are_normal():
    heavy = priors.StudentTMixture(2, 3, df=1e5, seed=4)
    light = priors.GaussianMixture(2, 3, seed=4)
    np.testing.assert_allclose(heavy.sample(100, seed=0).z, light.sample(100, seed=0).z, atol=0.02)


@pytest.mark.parametrize("multivariate", [True, False])
def test_heaviest_tails_stay_finite(multivariate):
    prior = priors.StudentTMixture(1, 2, df=0.05, multivariate=multivariate)
    with tf.GradientTape() as tape:
        z = prior.draw(5000, SEED).z
        loss = tf.reduce_mean(tf.tanh(z))
    for each in (z, *tape.gradient(loss, prior.trainable_variables)):
        assert np.isfinite(tf.convert_to_tensor(each)).all()


def test_df_is_a_variable_only_where_it_is_learned_which_changes_no_latent():
    fixed, learned = mixture("t"), mixture("t", learn_df=True)
    assert trained(learned) == ["loc", "raw_df", "raw_scale"]
    assert sorted(each.name for each in fixed.variables) == ["loc", "logits", "raw_scale"]
    for draw in (lambda prior: prior.sample(50, seed=3), lambda prior: prior.draw(50, SEED)):
        np.testing.assert_allclose(draw(learned).z, draw(fixed).z, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(draw(learned).component, draw(fixed).component)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"learn_scale": False}, ["loc"]),
        ({"learn_loc": False, "loc_range": 0.0}, ["raw_scale"]),
        ({"learn_weights": True, "gradient": "marginal"}, ["loc", "logits", "raw_scale"]),
        ({"assignment": "stratified", "seed": 4}, ["loc", "raw_scale"]),
    ],
)
def test_arguments_of_every_mixture_are_passed_on(arguments, names):
    prior = priors.StudentTMixture(3, 2, **arguments)
    assert trained(prior) == names
    assert arguments.items() <= prior.get_config().items()
    like = priors.GaussianMixture(3, 2, **arguments)
    np.testing.assert_array_equal(prior.loc, like.loc)
    np.testing.assert_array_equal(prior.draw(9, SEED).component, like.draw(9, SEED).component)


def test_df_starts_where_it_is_given_as_the_config_says_ever_after():
    for df, learn_df in itertools.product([4, 2.5, [1.0001, 5.0, 1e4]], [True, False]):
        prior = mixture("t", df=df, learn_df=learn_df)
        np.testing.assert_allclose(prior.df, np.broadcast_to(df, [3]), rtol=1e-6)
    prior = mixture("t", learn_df=True)
    variable(prior, "raw_df").assign([1.0, 2.0, 3.0])
    again = priors.StudentTMixture.from_config(prior.get_config())
    np.testing.assert_allclose(again.df, PLANE["df"], rtol=1e-6)


@pytest.mark.parametrize("kind", LAWS)
def test_learned_df_has_a_floor(kind):
    prior = mixture(kind, learn_df=True)
    variable(prior, "raw_df").assign(np.full([3], -1e9))
    np.testing.assert_array_equal(prior.df, [DF_FLOOR] * 3)
    z = prior.sample(500, seed=0).z
    assert np.isfinite(z).all()
    assert np.isfinite(prior.log_prob(z)).all()


@pytest.mark.parametrize("kind", LAWS)
def test_gradient_by_df_is_that_of_finite_differences(kind):
    prior = mixture(kind, learn_df=True)
    raw = variable(prior, "raw_df")
    start = raw.numpy()

    def value():
        z = tf.cast(prior.draw(256, SEED).z, tf.float64)
        return tf.reduce_sum(tf.sqrt(1 + z**2))

    with tf.GradientTape() as tape:
        loss = value()
    gradient = tf.convert_to_tensor(tape.gradient(loss, raw)).numpy()
    for component in range(3):
        ends = []
        for step in (-1e-2, 1e-2):
            raw.assign(start + step * np.eye(3)[component])
            ends.append(value().numpy())
        expected = (ends[1] - ends[0]) / 2e-2
        np.testing.assert_allclose(gradient[component], expected, rtol=1e-2)


LEARNED = "df is finite and above 1 where it is learned"


@pytest.mark.parametrize(
    ("arguments", "message", "dfs"),
    [
        ({}, "df is finite and above 0", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0, 0.0]]),
        ({}, r"of shape \(3,\). Received: shape", [[1.0, 2.0], [[1.0], [2.0], [3.0]]]),
        ({"learn_df": True}, LEARNED, [1.0, 0.5, -1.0, np.nan, [1.5, 2.0, 1.0]]),
        (
            {"gradient": "implicit"},
            "needs independent dimensions, multivariate=False; .* Received: multivariate=True",
            [5.0],
        ),
    ],
)
def test_refuses(arguments, message, dfs):
    for df in dfs:
        with pytest.raises(ValueError, match=message):
            priors.StudentTMixture(3, 2, df=df, **arguments)
