"""What every mixture of locations and scales does, mostly seen on the Gaussian one."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.priors.table import KINDS, PLANE_SCALES, mixture, trained, variable
from tfmix.priors import GaussianMixture
from tfmix.priors.scale import COVARIANCES, SCALE_FLOOR

UNEQUAL = [0.05, 0.0, 0.25, 0.3, 0.4]
GRADIENTS = pytest.mark.parametrize("gradient", ["marginal", "implicit"])


def draws(prior, num_samples, num_seeds):
    """Components of many training draws, [num_seeds, N]."""
    draw = tf.function(lambda seed: prior.draw(num_samples, seed).component)
    return np.stack([draw(tf.constant([number, 1])) for number in range(num_seeds)])


def counts(prior, num_samples, num_seeds):
    """How often each component comes in each of many training draws, [num_seeds, K]."""
    drawn = draws(prior, num_samples, num_seeds)
    return np.stack([np.bincount(each, minlength=prior.num_components) for each in drawn])


def stratified(num_components, weights=None):
    return GaussianMixture(num_components, 1, weights=weights, assignment="stratified")


def test_stratified_is_exact_where_it_can_be():
    for num_components, num_samples in ((1, 5), (3, 3), (3, 12), (7, 49), (50, 100), (10, 1000)):
        drawn = counts(stratified(num_components), num_samples, 20)
        np.testing.assert_array_equal(drawn, num_samples // num_components)


@pytest.mark.parametrize(
    ("weights", "num_samples"), [*((UNEQUAL, size) for size in (1, 7, 32)), ([0.05] * 20, 4)]
)
def test_stratified_is_within_one(weights, num_samples):
    drawn = counts(stratified(len(weights), weights), num_samples, 200)
    expected = num_samples * np.array(weights)
    assert (drawn >= np.floor(expected)).all()
    assert (drawn <= np.floor(expected) + 1).all()
    assert (drawn[:, expected == 0] == 0).all()
    np.testing.assert_allclose(drawn.mean(0), expected, atol=4 * 0.5 / np.sqrt(200))


def test_stratified_rows_are_shuffled():
    for row in draws(stratified(4), 8, 400).T:
        assert stats.chisquare(np.bincount(row, minlength=4)).pvalue > 1e-3


def test_stratified_concerns_training_draws_alone():
    plain, shared = (
        GaussianMixture(4, 2, assignment=assignment).sample(50, seed=3).component
        for assignment in ("categorical", "stratified")
    )
    np.testing.assert_array_equal(shared, plain)
    assert np.ptp(np.bincount(shared)) > 1


def test_locations_start_uniform_from_the_seed():
    prior = GaussianMixture(500, 4, loc_range=2.5)
    assert stats.kstest(prior.loc.numpy().ravel(), stats.uniform(-2.5, 5).cdf).pvalue > 1e-3
    first, again, other = (GaussianMixture(4, 3, seed=seed).loc.numpy() for seed in (1, 1, -1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert abs(GaussianMixture(4, 3).loc.numpy()).max() < 1
    np.testing.assert_allclose(GaussianMixture(4, 3).mixture_weights, np.full([4], 0.25))


def test_scale_starts_at_a_fifth_or_where_it_is_given():
    """What may be given is in scale_test.py."""
    for arguments, expected in (
        ({}, np.full([2, 3], 0.2)),
        ({"covariance": "full"}, [0.2 * np.eye(3)] * 2),
        ({"scale": [0.1, 0.5]}, [[0.1] * 3, [0.5] * 3]),
    ):
        np.testing.assert_allclose(GaussianMixture(2, 3, **arguments).scale, expected, rtol=1e-4)


def test_marginal_scale_is_each_dimension_s_deviation():
    expected = {"isotropic": PLANE_SCALES["isotropic"][:, None], "diag": PLANE_SCALES["diag"]}
    expected["full"] = np.linalg.norm(PLANE_SCALES["full"], axis=2)
    for kind, deviations in expected.items():
        np.testing.assert_allclose(mixture(kind).marginal_scale, deviations, rtol=1e-5)


@pytest.mark.parametrize(("kind", "variance"), [("full", 1.0), ("t_full", 10 / 8)])
def test_full_covariances_are_those_of_the_components(kind, variance):
    prior, component = mixture(kind, df=10.0), np.repeat([0, 1, 2], 3000)
    sample, draw = prior.sample(9_000, seed=0, component=component), prior.draw(40_000, [0, 1])
    for latents in (sample, draw):
        for k in range(3):
            z = latents.z.numpy()[latents.component.numpy() == k] - prior.loc[k].numpy()
            whitened = np.linalg.solve(PLANE_SCALES["full"][k], z.T)
            moments = whitened @ whitened.T / len(z)
            np.testing.assert_allclose(moments, variance * np.eye(2), atol=0.1)


def test_learns_what_it_is_asked_to():
    for loc, scale, covariance in itertools.product([True, False], [True, False], COVARIANCES):
        prior = GaussianMixture(2, 3, learn_loc=loc, learn_scale=scale, covariance=covariance)
        assert trained(prior) == ["loc"] * loc + ["raw_scale"] * scale


def descended(prior, optimizer, num_steps, sign=1.0):
    """Deviations, or diagonals of triangles, after steps that make them smaller, or larger."""
    full = prior.covariance == "full"
    deviations = lambda: tf.linalg.diag_part(prior.scale) if full else prior.scale  # noqa: E731
    for _ in range(num_steps):
        with tf.GradientTape() as tape:
            loss = sign * tf.reduce_sum(deviations())
        optimizer.apply(tape.gradient(loss, prior.trainable_variables), prior.trainable_variables)
    return deviations().numpy()


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_a_step_of_adam_in_sigma_is_the_rate_and_the_floor_holds_and_can_be_left(covariance):
    start = np.array([[0.01], [0.2], [5.0]]) * np.ones([1 if covariance == "isotropic" else 2])
    prior = GaussianMixture(3, 2, scale=start, covariance=covariance, learn_loc=False)
    adam = keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.1)
    np.testing.assert_allclose(descended(prior, adam, 3), start - 3e-3, rtol=1e-3)
    np.testing.assert_array_equal(descended(prior, adam, 12)[0], np.float32(SCALE_FLOOR))
    np.testing.assert_allclose(variable(prior, "raw_scale").numpy()[0].max(), SCALE_FLOOR)
    left = descended(prior, adam, 3, sign=-1.0)[0]
    np.testing.assert_allclose(left, SCALE_FLOOR + 3e-3, rtol=1e-3)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_configs_of_before_there_was_a_choice_are_read_as_softplus(covariance):
    arguments = {"covariance": covariance, "scale_parametrization": "softplus"}
    prior = GaussianMixture(3, 2, scale=[0.1, 0.5, 30.0], **arguments)
    config = prior.get_config()
    for name in ("scale_parametrization", "within"):
        del config[name]
    again = GaussianMixture.from_config(config)
    assert again.get_config() == prior.get_config()
    np.testing.assert_array_equal(again.scale, prior.scale)
    raw = variable(again, "raw_scale")
    raw.assign(raw - 1e3)
    assert raw.constraint is None
    floor = np.diagonal(again.scale, axis1=-2, axis2=-1) if covariance == "full" else again.scale
    np.testing.assert_array_equal(floor, np.full(floor.shape, np.float32(SCALE_FLOOR)))


@GRADIENTS
def test_learns_weights_only_where_asked_to_and_from_where_they_are_given(gradient):
    weights = [1e-6, 0.2, 0.8 - 1e-6]
    assert trained(GaussianMixture(3, 2, gradient=gradient)) == ["loc", "raw_scale"]
    prior = GaussianMixture(3, 2, learn_weights=True, gradient=gradient, weights=weights)
    assert trained(prior) == ["loc", "logits", "raw_scale"]
    np.testing.assert_allclose(prior.mixture_weights, weights, rtol=1e-5)


def test_distribution_is_built_from_current_values():
    prior = GaussianMixture(3, 2, seed=0)
    other = GaussianMixture(3, 2, seed=1, scale=0.7, weights=[0.2, 0.3, 0.5])
    prior.set_weights(other.get_weights())
    z = np.float32([[0.1, 0.2], [-0.5, 1.0]])
    for of in (
        lambda p: p.log_prob(z),
        lambda p: p.posterior(z),
        lambda p: p.distribution.log_prob(z),
    ):
        np.testing.assert_array_equal(of(prior), of(other))


@pytest.mark.parametrize(
    ("gradient", "kinds"),
    [("marginal", KINDS), ("implicit", ["isotropic", "diag", "t_by_dimension"])],
)
def test_draws_are_those_of_pathwise(gradient, kinds):
    for kind in kinds:
        found, expected = (
            mixture(kind, gradient=each).draw(50, tf.constant([5, 6]))
            for each in (gradient, "pathwise")
        )
        np.testing.assert_array_equal(found.z, expected.z)
        np.testing.assert_array_equal(found.component, expected.component)


STRATIFIED = {"assignment": "stratified"}
ZERO = r"learned start above 0\. Received: weights=0\.0 at \[1\]"
INDEPENDENT = "need assignment='categorical', .* Received: assignment='stratified'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": [0.5, 0.6]}, "weights are at least 0 and sum to 1"),
        ({"weights": [-0.5, 1.5]}, "weights are at least 0"),
        ({"weights": [1.0]}, r"weights has shape \(2,\). Received: shape \(1,\)"),
        ({"loc": np.zeros([3, 2])}, r"loc is finite, of shape \(2, 3\). Received: shape \(3, 2\)"),
        ({"loc": np.full([2, 3], np.nan)}, "loc is finite"),
        ({"loc_range": -1.0}, "loc_range is finite and at least 0"),
        ({"loc_range": np.inf}, "loc_range is finite"),
        ({"scale": [0.1, -0.1]}, "scale is finite and above 0.0001"),
        ({"scale": np.ones([3, 2])}, r"\(2, 3\). Received: shape \(3, 2\)"),
        ({"init_scale": -1.0}, "scale is finite and above"),
        ({"scale_parametrization": "exp"}, "one of identity, softplus.*'exp'"),
        ({"covariance": "round"}, "covariance is one of isotropic, diag, full.*'round'"),
        ({"gradient": "none"}, "gradient is one of pathwise, marginal, implicit.*'none'"),
        ({"assignment": "random"}, "assignment is one of categorical, stratified.*'random'"),
        ({"seed": 2**31}, "A seed lies in"),
        ({"seed": 0.5}, "A seed is an int32"),
        ({"learn_weights": True}, "learn_weights needs .* Received: gradient='pathwise'"),
        ({"learn_weights": True, "gradient": "marginal", **STRATIFIED}, INDEPENDENT),
        ({"learn_weights": True, "gradient": "implicit", **STRATIFIED}, INDEPENDENT),
        ({"gradient": "marginal", **STRATIFIED}, INDEPENDENT),
        *(
            ({"weights": [1.0, 0.0], "learn_weights": True, "gradient": gradient}, ZERO)
            for gradient in ("marginal", "implicit")
        ),
        (
            {"gradient": "implicit", "covariance": "full"},
            "gradient='implicit' needs independent dimensions, .* Received: covariance='full'",
        ),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, 3, **arguments)
