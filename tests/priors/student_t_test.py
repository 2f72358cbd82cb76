import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

import tfmix
from tfmix import networks, priors
from tfmix.priors.student_t import DF_FLOOR

LOC = np.array([[0.0, 1.0], [-1.0, 0.5], [2.0, -2.0]])
SCALE = np.array([[0.3, 1.2], [0.5, 0.1], [2.0, 0.7]])
FACTOR = np.array([[[0.3, 0.5], [-1.2, 0.4]], [[0.5, 0.0], [0.2, 0.1]], [[0.0, 2.0], [0.7, 0.7]]])
WEIGHTS = np.array([0.5, 0.2, 0.3])
DF = np.array([1.5, 4.0, 30.0])
POINTS = np.random.default_rng(0).uniform(-3, 3, [50, 2])
KINDS = {
    "independent": {"multivariate": False},
    "multivariate": {"multivariate": True},
    "full": {"multivariate": True, "covariance": "full"},
}
STEP_SEED = tf.constant([0, 0])


def mixture(kind, **kwargs):
    arguments = {"loc": LOC, "scale": FACTOR if kind == "full" else SCALE, "weights": WEIGHTS}
    return priors.StudentTMixture(3, 2, **arguments | {"df": DF} | KINDS[kind] | kwargs)


def joint(kind, loc, factors, df, log_weights, points):
    """Log of weight times density of each component at points, [N, K], in float64."""
    density = [
        stats.multivariate_t(at, factor @ factor.T, nu).logpdf(points)
        if kind != "independent"
        else stats.t(nu, at, np.diag(factor)).logpdf(points).sum(1)
        for at, factor, nu in zip(loc, factors, df, strict=True)
    ]
    return log_weights + np.stack(density, axis=1)


@pytest.mark.parametrize("kind", KINDS)
def test_density_is_that_of_the_mixture(kind):
    prior = mixture(kind)
    factors = FACTOR if kind == "full" else SCALE[..., None] * np.eye(2)
    expected = joint(kind, LOC, factors, DF, np.log(WEIGHTS), POINTS)
    np.testing.assert_allclose(
        prior.log_prob(POINTS), special.logsumexp(expected, axis=1), rtol=1e-4, atol=1e-4
    )
    np.testing.assert_allclose(prior.posterior(POINTS), special.softmax(expected, 1), atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("num_components", "width", "far"), [(5, 2, 100), (5, 30, 100), (1000, 4, 100), (1000, 10, 1)]
)
def test_density_far_away_and_of_many(kind, num_components, width, far):
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.5, 1.0, [num_components, width])
    if kind == "full":
        scale = scale[..., None] * (np.eye(width) + 0.1 * rng.normal(size=[width, width]))
    df = rng.uniform(1, 30, num_components)
    prior = priors.StudentTMixture(num_components, width, scale=scale, df=df, **KINDS[kind])
    points = np.float32(far * rng.normal(size=[20, width]))
    loc, scale, df, logits = map(np.float64, (prior.loc, prior.scale, prior.df, prior.logits))
    factors = scale if kind == "full" else scale[..., None] * np.eye(width)
    expected = joint(kind, loc, factors, df, special.log_softmax(logits), points)
    posterior = prior.posterior(points)
    np.testing.assert_allclose(
        prior.log_prob(points), special.logsumexp(expected, axis=1), rtol=1e-5
    )
    np.testing.assert_allclose(posterior, special.softmax(expected, axis=1), atol=1e-5)
    np.testing.assert_allclose(tf.reduce_sum(posterior, axis=1), 1, rtol=1e-5)


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


@pytest.mark.parametrize("kind", KINDS)
def test_tails_are_those_of_three_degrees_of_freedom(kind):
    z = mixture(kind, df=3.0).sample(4000, seed=0, component=0).z.numpy() - LOC[0]
    deviation = np.linalg.norm(FACTOR[0], axis=1) if kind == "full" else SCALE[0]
    for d in range(2):
        assert stats.kstest(z[:, d], stats.t(3.0, scale=deviation[d]).cdf).pvalue > 1e-3


@pytest.mark.parametrize("component", range(3))
def test_full_covariance(component):
    z = mixture("full", df=10.0).sample(20_000, seed=0, component=component).z.numpy()
    whitened = np.linalg.solve(FACTOR[component], (z - LOC[component]).T)
    np.testing.assert_allclose(whitened @ whitened.T / 20_000, 10 / 8 * np.eye(2), atol=0.05)


def test_full_length_follows_an_f_distribution():
    z = mixture("full", df=3.0).sample(4000, seed=0, component=0).z.numpy()
    whitened = np.linalg.solve(FACTOR[0], (z - LOC[0]).T)
    assert stats.kstest((whitened**2).mean(0), stats.f(2, 3.0).cdf).pvalue > 1e-3


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
        z = prior.draw(5000, STEP_SEED).z
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
    component = heavy.draw(9, STEP_SEED).component
    np.testing.assert_array_equal(np.bincount(component), [3, 3, 3])


@pytest.mark.parametrize("df", [0.0, -1.0, np.nan, np.inf, [1.0, 2.0, 0.0]])
def test_refuses_df(df):
    with pytest.raises(ValueError, match="df is finite and above 0"):
        priors.StudentTMixture(3, 2, df=df)


@pytest.mark.parametrize("df", [[1.0, 2.0], [[1.0], [2.0], [3.0]]])
def test_refuses_df_of_another_shape(df):
    with pytest.raises(ValueError, match=r"df is a number or of shape \(3,\). Received: shape"):
        priors.StudentTMixture(3, 2, df=df)


@pytest.mark.parametrize("df", [1.0, 0.5, -1.0, np.nan, [1.5, 2.0, 1.0]])
def test_refuses_df_that_are_learned_from_the_floor_or_below(df):
    with pytest.raises(ValueError, match="df is finite and above 1 where it is learned"):
        priors.StudentTMixture(3, 2, df=df, learn_df=True)


@pytest.fixture(scope="module")
def turned():
    """Independent tails along the axes of a full covariance."""
    return mixture("full", multivariate=False)


@pytest.mark.parametrize("component", [0, 1, 2])
def test_full_covariances_turn_independent_tails(turned, component):
    z = turned.sample(4000, seed=component, component=component).z.numpy()
    noise = np.linalg.solve(turned.scale[component], (z - LOC[component]).T)
    for row in noise:
        assert stats.kstest(row, stats.t(DF[component]).cdf).pvalue > 1e-3
    ranks = stats.rankdata(abs(noise), axis=1)
    assert stats.pearsonr(*ranks).pvalue > 1e-3


def test_turned_tails_have_the_density_of_their_noise(turned):
    factors = turned.scale.numpy()
    noise = np.stack(
        [np.linalg.solve(A, (POINTS - at).T).T for A, at in zip(factors, LOC, strict=True)], axis=1
    )
    density = stats.t(DF[:, None]).logpdf(noise).sum(-1) - np.log(np.linalg.det(factors))
    expected = special.logsumexp(np.log(WEIGHTS) + density, axis=1)
    np.testing.assert_allclose(turned.log_prob(POINTS), expected, rtol=1e-4)
    np.testing.assert_allclose(
        turned.distribution.log_prob(np.float32(POINTS)), expected, rtol=1e-4
    )


def test_refuses_implicit_gradients_of_the_multivariate_t():
    message = "needs independent dimensions, multivariate=False; .* Received: multivariate=True"
    with pytest.raises(ValueError, match=message):
        mixture("multivariate", gradient="implicit")


def raw_df(prior):
    return next(each for each in prior.variables if each.name == "raw_df")


def test_df_is_trained_where_it_is_told():
    assert raw_df(mixture("multivariate", learn_df=True)).trainable


def test_df_is_no_variable_otherwise():
    names = [variable.name for variable in mixture("multivariate").variables]
    assert sorted(names) == ["loc", "logits", "raw_scale"]


@pytest.mark.parametrize("df", [2.5, [1.0001, 5.0, 1e4]])
def test_learned_df_starts_where_it_is_told(df):
    prior = mixture("multivariate", df=df, learn_df=True)
    np.testing.assert_allclose(prior.df, np.broadcast_to(df, [3]), rtol=1e-6)


def test_learned_df_draws_what_held_df_does():
    held, learned = (mixture("full", learn_df=learn_df) for learn_df in (False, True))
    np.testing.assert_allclose(learned.sample(50, seed=0).z, held.sample(50, seed=0).z, rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_learned_df_has_a_floor(kind):
    prior = mixture(kind, learn_df=True)
    raw_df(prior).assign(np.full([3], -1e9))
    np.testing.assert_array_equal(prior.df, [DF_FLOOR] * 3)
    z = prior.sample(500, seed=0).z
    assert np.isfinite(z).all()
    assert np.isfinite(prior.log_prob(z)).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("component", range(3))
def test_gradient_by_df_is_that_of_finite_differences(kind, component):
    prior = mixture(kind, learn_df=True)
    raw = raw_df(prior)
    start = raw.numpy().copy()

    def value():
        z = tf.cast(prior.draw(256, STEP_SEED).z, tf.float64)
        return tf.reduce_sum(tf.sqrt(1 + z**2))

    with tf.GradientTape() as tape:
        loss = value()
    gradient = tf.convert_to_tensor(tape.gradient(loss, raw)).numpy()[component]
    ends = []
    for step in (-1e-2, 1e-2):
        raw.assign(start + step * np.eye(3)[component])
        ends.append(value().numpy())
    np.testing.assert_allclose(gradient, (ends[1] - ends[0]) / 2e-2, rtol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_log_prob_reaches_the_parameters(kind):
    prior = mixture(kind, learn_df=True)
    with tf.GradientTape() as tape:
        likelihood = tf.reduce_sum(prior.log_prob(POINTS))
    for gradient in tape.gradient(likelihood, prior.trainable_variables):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all()
        assert abs(gradient).max() > 0


def test_config_says_where_df_started():
    prior = mixture("multivariate", learn_df=True)
    raw_df(prior).assign([1.0, 2.0, 3.0])
    again = priors.StudentTMixture.from_config(prior.get_config())
    np.testing.assert_allclose(again.df, DF, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_learned_df_is_saved(kind, tmp_path):
    prior = mixture(kind, learn_df=True)
    raw_df(prior).assign([1.0, 2.0, 3.0])
    sampler = tfmix.Sampler(prior, networks.MLPGenerator(2, 2, widths=()))
    sampler.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras").prior
    np.testing.assert_array_equal(loaded.df, prior.df)
    assert raw_df(loaded).trainable


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_learned_is_saved_too(kind, tmp_path):
    prior = mixture(kind, learn_loc=False, learn_scale=False)
    prior.set_weights([weight + 0.1 for weight in prior.get_weights()])
    sampler = tfmix.Sampler(prior, networks.MLPGenerator(2, 2, widths=()))
    sampler.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras").prior
    assert loaded.trainable_variables == []
    np.testing.assert_array_equal(loaded.sample(20, seed=0).z, prior.sample(20, seed=0).z)
