"""What every mixture of locations and scales does, seen on the Gaussian one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfmix
from tfmix import networks
from tfmix.priors import GaussianMixture
from tfmix.priors.scale import COVARIANCES

UNEQUAL = [0.05, 0.0, 0.25, 0.3, 0.4]


def step_seed(number):
    return tf.constant([number, 1])


def counts(prior, num_samples, num_seeds):
    """How often each component comes in each of many training draws, [num_seeds, K]."""
    draw = tf.function(lambda seed: prior.draw(num_samples, seed).component)
    drawn = [draw(step_seed(number)).numpy() for number in range(num_seeds)]
    return np.stack([np.bincount(d, minlength=prior.num_components) for d in drawn])


def stratified(num_components, weights=None):
    return GaussianMixture(num_components, 1, weights=weights, assignment="stratified")


@pytest.mark.parametrize(
    ("num_components", "num_samples"), [(1, 5), (3, 3), (3, 12), (7, 49), (50, 100), (10, 1000)]
)
def test_stratified_is_exact_where_it_can_be(num_components, num_samples):
    drawn = counts(stratified(num_components), num_samples, 50)
    np.testing.assert_array_equal(drawn, num_samples // num_components)


@pytest.mark.parametrize("num_samples", [1, 3, 7, 32])
def test_stratified_is_within_one(num_samples):
    drawn = counts(stratified(5, UNEQUAL), num_samples, 300)
    expected = num_samples * np.array(UNEQUAL)
    assert (drawn >= np.floor(expected)).all()
    assert (drawn <= np.floor(expected) + 1).all()
    assert (drawn[:, 1] == 0).all()
    np.testing.assert_allclose(drawn.mean(0), expected, atol=4 * 0.5 / np.sqrt(300))


def test_stratified_with_more_components_than_rows():
    drawn = counts(stratified(20), 4, 300)
    assert drawn.max() == 1
    np.testing.assert_allclose(drawn.mean(0), 0.2, atol=4 * 0.4 / np.sqrt(300))


def test_stratified_rows_are_shuffled():
    prior = stratified(4)
    draw = tf.function(lambda seed: prior.draw(8, seed).component)
    drawn = np.stack([draw(step_seed(number)).numpy() for number in range(400)])
    for row in range(8):
        assert stats.chisquare(np.bincount(drawn[:, row], minlength=4)).pvalue > 1e-3


def test_stratified_agrees_with_xla():
    prior = stratified(5, UNEQUAL)
    compiled = tf.function(prior.draw, jit_compile=True)(33, step_seed(0))
    np.testing.assert_array_equal(compiled.component, prior.draw(33, step_seed(0)).component)


def test_stratified_concerns_training_draws_alone():
    latents = [
        GaussianMixture(4, 2, assignment=assignment).sample(50, seed=3)
        for assignment in ("categorical", "stratified")
    ]
    np.testing.assert_array_equal(latents[0].component, latents[1].component)
    assert np.ptp(np.bincount(latents[1].component)) > 1


def test_locations_start_uniform():
    prior = GaussianMixture(500, 4, loc_range=2.5)
    assert stats.kstest(prior.loc.numpy().ravel(), stats.uniform(-2.5, 5).cdf).pvalue > 1e-3


def test_locations_start_from_the_seed():
    first, again, other = (GaussianMixture(4, 3, seed=seed).loc.numpy() for seed in (1, 1, -1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_starts_with_what_the_docstring_says():
    prior = GaussianMixture(4, 3)
    np.testing.assert_allclose(prior.scale, np.full([4, 3], 0.2), rtol=1e-6)
    np.testing.assert_allclose(prior.mixture_weights, np.full([4], 0.25))
    assert abs(prior.loc.numpy()).max() < 1


@pytest.mark.parametrize("scale", [0.3, [0.1, 0.5], [[0.1], [0.5]], [[0.1, 1, 7], [2e-4, 50, 1e3]]])
def test_scale_starts_where_it_is_told(scale):
    prior = GaussianMixture(2, 3, scale=scale)
    expected = np.array(scale) if np.ndim(scale) != 1 else np.array(scale)[:, None]
    np.testing.assert_allclose(prior.scale, np.broadcast_to(expected, (2, 3)), rtol=1e-4)


def test_full_starts_round():
    np.testing.assert_allclose(
        GaussianMixture(2, 3, covariance="full").scale, [0.2 * np.eye(3)] * 2
    )


def test_isotropic_has_one_scale_a_component():
    prior = GaussianMixture(2, 3, scale=[0.1, 0.5], covariance="isotropic")
    np.testing.assert_allclose(prior.scale, [[0.1], [0.5]], rtol=1e-6)


@pytest.mark.parametrize("learn_loc", [True, False])
@pytest.mark.parametrize("learn_scale", [True, False])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_learns_what_it_is_told(learn_loc, learn_scale, covariance):
    prior = GaussianMixture(
        2, 3, learn_loc=learn_loc, learn_scale=learn_scale, covariance=covariance
    )
    names = [variable.name for variable in prior.trainable_variables]
    assert names == ["loc"] * learn_loc + ["raw_scale"] * learn_scale


@pytest.mark.parametrize("gradient", ["marginal", "implicit"])
def test_learns_weights_where_told(gradient):
    prior = GaussianMixture(3, 2, learn_weights=True, gradient=gradient)
    assert sorted(each.name for each in prior.trainable_variables) == ["loc", "logits", "raw_scale"]


@pytest.mark.parametrize("gradient", ["marginal", "implicit"])
def test_holds_weights_unless_told(gradient):
    prior = GaussianMixture(3, 2, gradient=gradient)
    assert sorted(each.name for each in prior.trainable_variables) == ["loc", "raw_scale"]


@pytest.mark.parametrize("gradient", ["marginal", "implicit"])
def test_learned_weights_start_where_told(gradient):
    weights = [1e-6, 0.2, 0.8 - 1e-6]
    prior = GaussianMixture(3, 2, learn_weights=True, gradient=gradient, weights=weights)
    np.testing.assert_allclose(prior.mixture_weights, weights, rtol=1e-5)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_fixed_parameters_are_saved(tmp_path, covariance):
    prior = GaussianMixture(
        2, 3, learn_loc=False, learn_scale=False, weights=[0.5, 0.5], covariance=covariance
    )
    rng = np.random.default_rng(0)
    prior.set_weights([rng.normal(size=weight.shape) for weight in prior.get_weights()])
    sampler = tfmix.Sampler(prior, networks.MLPGenerator(3, 2, widths=()))
    sampler.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras").prior
    assert loaded.trainable_variables == []
    for weight, expected in zip(loaded.get_weights(), prior.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_distribution_is_built_from_current_values():
    prior = GaussianMixture(3, 2, seed=0)
    other = GaussianMixture(3, 2, seed=1, scale=0.7, weights=[0.2, 0.3, 0.5])
    prior.set_weights(other.get_weights())
    z = np.float32([[0.1, 0.2], [-0.5, 1.0]])
    np.testing.assert_array_equal(prior.log_prob(z), other.log_prob(z))
    np.testing.assert_array_equal(prior.posterior(z), other.posterior(z))


@pytest.mark.parametrize(
    "arguments",
    [
        {"covariance": "isotropic"},
        {"covariance": "diag"},
        {"covariance": "full"},
        {"learn_weights": True, "gradient": "marginal", "seed": 1},
    ],
)
def test_log_prob_reaches_the_parameters(arguments):
    prior = GaussianMixture(3, 2, **arguments)
    with tf.GradientTape() as tape:
        likelihood = tf.reduce_sum(prior.log_prob(np.float32([[0.1, 0.2], [-0.5, 1.0]])))
    for gradient in tape.gradient(likelihood, prior.trainable_variables):
        gradient = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(gradient).all()
        assert abs(gradient).max() > 0


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
        ({"scale": 0.0}, "scale is finite and above 0.0001"),
        ({"scale": np.inf}, "scale is finite"),
        ({"scale": [0.1, -0.1]}, "scale is finite and above"),
        ({"scale": np.ones([3])}, r"scale is a number or of shape \(2,\)"),
        ({"scale": np.ones([3, 2])}, r"\(2, 3\). Received: shape \(3, 2\)"),
        ({"scale": np.ones([2, 3]), "covariance": "isotropic"}, r"Received: shape \(2, 3\)"),
        ({"init_scale": -1.0}, "scale is finite and above"),
        ({"scale": np.ones([2, 3, 3]), "covariance": "full"}, "deviation, given those before it"),
        ({"scale": np.ones([2, 3, 3])}, r"Received: shape \(2, 3, 3\)"),
        ({"covariance": "round"}, "covariance is one of isotropic, diag, full.*'round'"),
        ({"gradient": "none"}, "gradient is one of pathwise, marginal, implicit.*'none'"),
        ({"assignment": "random"}, "assignment is one of categorical, stratified.*'random'"),
        ({"seed": 2**31}, "A seed lies in"),
        ({"seed": 0.5}, "A seed is an int32"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, 3, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learn_weights": True}, "learn_weights needs .* Received: gradient='pathwise'"),
        (
            {"learn_weights": True, "gradient": "marginal", "assignment": "stratified"},
            "need assignment='categorical', .* Received: assignment='stratified'",
        ),
        (
            {"learn_weights": True, "gradient": "implicit", "assignment": "stratified"},
            "need assignment='categorical', .* Received: assignment='stratified'",
        ),
        (
            {"gradient": "marginal", "assignment": "stratified"},
            "need assignment='categorical', .* Received: assignment='stratified'",
        ),
        (
            {"gradient": "implicit", "covariance": "full"},
            "gradient='implicit' needs independent dimensions, .* Received: covariance='full'",
        ),
    ],
)
def test_refuses_what_is_at_odds(arguments, message):
    with pytest.raises(ValueError, match=message):
        GaussianMixture(2, 3, **arguments)


@pytest.mark.parametrize("gradient", ["marginal", "implicit"])
def test_refuses_to_learn_a_weight_of_zero(gradient):
    with pytest.raises(
        ValueError, match=r"learned start above 0\. Received: weights=0\.0 at \[1\]"
    ):
        GaussianMixture(2, 3, weights=[1.0, 0.0], learn_weights=True, gradient=gradient)
