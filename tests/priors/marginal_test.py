import numpy as np
import pytest
import tensorflow as tf

from tests.priors import table
from tests.priors.table import KINDS
from tfmix.priors import GaussianMixture
from tfmix.priors.marginal import average_over_posterior, score_surrogate

SEED = tf.constant([5, 6])
LOC = np.random.default_rng(0).uniform(-1, 1, [3, 2])
SCALES = {
    "isotropic": [0.3, 0.6, 0.9],
    "diag": np.random.default_rng(1).uniform(0.3, 1, [3, 2]),
    "full": 0.6 * np.eye(2) + np.random.default_rng(2).normal(0, 0.3, [3, 2, 2]),
}
SLOW, HEAVY = pytest.mark.slow, ["t_full", "t_by_dimension"]
GAUSSIANS = pytest.mark.parametrize("covariance", SCALES)
QUADRATIC = tf.constant([[0.5, 0.3], [-0.2, -0.4]])
WAVE = tf.constant([1.1, -0.7])


def mixture(kind, gradient="marginal", **arguments):
    """One whose components overlap."""
    scale = SCALES[KINDS[kind][1].get("covariance", "diag")]
    given = {"loc": LOC, "scale": scale, "df": [3.0, 5.0, 9.0], "weights": [0.2, 0.3, 0.5]}
    return table.mixture(kind, gradient=gradient, **given | arguments)


def losses(z):
    """One per row: a quadratic and a wave."""
    wave = tf.sin(tf.linalg.matvec(z, WAVE))
    return tf.linalg.matvec(z, WAVE) + tf.reduce_sum(z @ QUADRATIC * z, axis=1) + wave


def expected_loss(prior):
    """Exact, for a Gaussian mixture."""
    loc, scale = prior.loc, prior.scale
    if prior.covariance != "full":
        scale = tf.linalg.diag(tf.broadcast_to(scale, loc.shape))
    covariance = tf.matmul(scale, scale, transpose_b=True)
    along = tf.linalg.matvec(loc, WAVE)
    square = tf.reduce_sum(loc @ QUADRATIC * loc, axis=1)
    square += tf.linalg.trace(QUADRATIC @ covariance)
    damping = tf.reduce_sum(tf.linalg.matvec(covariance, WAVE) * WAVE, axis=1)
    each = along + square + tf.exp(-0.5 * damping) * tf.sin(along)
    return tf.reduce_sum(prior.mixture_weights * each)


def gradients_of_batches(prior, loss, rows=160, batches=100):
    """The gradient by each variable in each of many batches, {name: [batches, ...]}."""

    @tf.function
    def gradient(seed):
        with tf.GradientTape() as tape:
            latent = prior.draw(rows, seed)
            each = loss(latent.z)
            value = tf.reduce_mean(each) + prior.score_surrogate(latent, each)
        return by_name(prior, tape.gradient(value, prior.trainable_variables))

    drawn = [gradient(tf.constant([number, 7])) for number in range(batches)]
    return {name: np.stack([np.float64(each[name]) for each in drawn]) for name in drawn[0]}


def by_name(prior, gradients):
    pairs = zip(prior.trainable_variables, gradients, strict=True)
    return {variable.name: tf.convert_to_tensor(each) for variable, each in pairs}


def gradient_of(function, prior):
    with tf.GradientTape() as tape:
        value = function(prior)
    gradients = by_name(prior, tape.gradient(value, prior.trainable_variables))
    return {name: each.numpy() for name, each in gradients.items()}


def of_a_draw(prior):
    return gradient_of(lambda prior: tf.reduce_mean(losses(prior.draw(50, SEED).z)), prior)


def assert_mean_is(values, expected, name):
    """Each mean over the first axis lies within 4.5 standard errors."""
    error = values.std(0) / np.sqrt(len(values))
    assert (abs(values.mean(0) - expected) < 4.5 * error + 1e-6).all(), name


@GAUSSIANS
def test_gradients_are_unbiased(covariance):
    prior = mixture(covariance, learn_weights=True)
    expected = gradient_of(expected_loss, prior)
    assert sorted(expected) == ["loc", "logits", "raw_scale"]
    for name, values in gradients_of_batches(prior, losses).items():
        assert_mean_is(values, expected[name], name)


@pytest.mark.parametrize("kind", ["t", *(pytest.param(kind, marks=SLOW) for kind in HEAVY)])
def test_gradients_of_student_t_are_on_average_those_of_pathwise(kind):
    def waves(z):
        return tf.sin(tf.linalg.matvec(z, WAVE)) + tf.tanh(z[:, 0] - z[:, 1])

    marginal, pathwise = (
        gradients_of_batches(mixture(kind, gradient), waves, rows=64)
        for gradient in ("marginal", "pathwise")
    )
    for name, values in marginal.items():
        assert_mean_is(values - pathwise[name], 0, name)  # of the same draws


def both(kind, **arguments):
    """Gradients of one draw, marginal and pathwise."""
    return [of_a_draw(mixture(kind, each, **arguments)) for each in ("marginal", "pathwise")]


def test_gradient_of_df_is_pathwise():
    for kind in ("t", "t_by_dimension"):
        marginal, pathwise = both(kind, learn_df=True)
        np.testing.assert_allclose(marginal["raw_df"], pathwise["raw_df"], rtol=1e-5)
        assert (marginal["loc"] != pathwise["loc"]).any()


APART = {"loc": [[0.0, 0.0], [0.0, 100.0], [100.0, 0.0]], "scale": 0.5}


@pytest.mark.parametrize("kind", [*KINDS, "apart"])
def test_where_there_is_no_doubt_of_the_component_gradients_are_pathwise(kind):
    given = APART
    if kind != "apart":
        scale = SCALES[KINDS[kind][1].get("covariance", "diag")][:1]
        given = {"num_components": 1, "loc": LOC[:1], "scale": scale, "weights": None, "df": 5.0}
    marginal, pathwise = both("diag" if kind == "apart" else kind, **given)
    for name, value in pathwise.items():
        np.testing.assert_allclose(marginal[name], value, rtol=1e-4, atol=1e-5)


def test_overlap_lowers_the_variance():
    marginal, pathwise = (
        gradients_of_batches(mixture("diag", gradient), losses, rows=64)
        for gradient in ("marginal", "pathwise")
    )
    for name, value in pathwise.items():
        assert marginal[name].var(0).sum() < 0.95 * value.var(0).sum()


def test_direction_of_the_weights_gradient():
    wave = tf.constant(np.random.default_rng(0).normal(size=30), tf.float32)
    prior = GaussianMixture(10, 30, scale=0.2, gradient="marginal", learn_weights=True)

    def expected(prior):
        along = tf.linalg.matvec(prior.loc, wave)
        damping = tf.linalg.matvec(prior.scale**2, wave**2)
        return tf.reduce_sum(prior.mixture_weights * tf.exp(-0.5 * damping) * tf.sin(along))

    truth = gradient_of(expected, prior)["logits"]

    def wavy(z):
        return tf.sin(tf.linalg.matvec(z, wave))

    drawn = gradients_of_batches(prior, wavy, rows=256, batches=20)["logits"]
    cosine = drawn @ truth / np.linalg.norm(truth) / np.linalg.norm(drawn, axis=1)
    assert np.median(cosine) >= 0.9


def toy(kind, dtype=np.float64):
    """Samples, their posterior, locations, scales and an upstream gradient of no law at all."""
    rng = np.random.default_rng(1)
    scale = {
        "isotropic": rng.uniform(0.5, 2, [3, 1]),
        "diag": rng.uniform(0.5, 2, [3, 4]),
        "full": np.tril(rng.normal(size=[3, 4, 4])) + 3 * np.eye(4),
    }[kind]
    values = (
        rng.normal(size=[7, 4]),
        rng.dirichlet(np.ones(3), size=7),
        rng.normal(size=[3, 4]),
        scale,
        rng.normal(size=[7, 4]),
    )
    return [value.astype(dtype) for value in values]


def averaged(z, posterior, loc, scale, upstream):
    """The value, and the gradients by z, loc and scale."""
    z, loc, scale = arguments = [tf.constant(each) for each in (z, loc, scale)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        value = average_over_posterior(z, tf.constant(posterior), loc, scale)
    return value, tape.gradient(value, arguments, tf.constant(upstream))


@GAUSSIANS
def test_average_is_that_of_a_loop_and_leaves_samples_and_their_gradient_alone(covariance):
    z, posterior, loc, scale, upstream = toy(covariance)
    by_loc, by_scale = np.zeros_like(loc), np.zeros_like(scale)
    for i in range(7):
        for k in range(3):
            pull = posterior[i, k] * upstream[i]
            by_loc[k] += pull
            if covariance == "full":
                by_scale[k] += np.outer(pull, np.linalg.solve(scale[k], z[i] - loc[k]))
            else:
                each = pull * (z[i] - loc[k]) / scale[k]
                by_scale[k] += each if covariance == "diag" else each.sum()
    value, got = averaged(z, posterior, loc, scale, upstream)
    np.testing.assert_array_equal(value, z)
    np.testing.assert_array_equal(got[0], upstream)
    np.testing.assert_allclose(got[1], by_loc, rtol=1e-12)
    np.testing.assert_allclose(got[2], by_scale, rtol=1e-10)


@GAUSSIANS
def test_average_keeps_its_digits_where_scales_are_small(covariance):
    _, posterior, loc, scale, upstream = toy(covariance, np.float32)
    posterior = posterior.astype(np.float64)
    arguments = loc[:1] + np.float32(1e-4), posterior[:1], loc, 1e-4 * scale, upstream[:1]
    _, got = averaged(*arguments)
    _, expected = averaged(*(each.astype(np.float64) for each in arguments))
    for one, other in zip(got[1:], expected[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6 * abs(other.numpy()).max())


def surrogate(losses, posterior, logits):
    arguments = [tf.constant(each, tf.float32) for each in (losses, posterior, logits)]
    with tf.GradientTape() as tape:
        tape.watch(arguments)
        value = score_surrogate(*arguments)
    by_losses, by_posterior, by_logits = tape.gradient(value, arguments)
    assert by_losses is by_posterior is None
    assert value == 0
    return by_logits


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_surrogate_is_that_of_a_loop(rows):
    rng = np.random.default_rng(rows)
    losses, logits = rng.normal(2, 1, size=rows), rng.normal(size=4)
    posterior = rng.dirichlet(np.ones(4), size=rows)
    weights = np.exp(logits) / np.exp(logits).sum()
    expected = np.zeros(4)
    for i in range(rows):
        others = np.delete(losses, i)
        baseline = others.mean() if rows > 1 else 0.0
        expected += (losses[i] - baseline) * (posterior[i] - weights) / rows
    by_logits = surrogate(losses, posterior, logits)
    np.testing.assert_allclose(by_logits, expected, rtol=1e-5, atol=1e-6)
    if rows > 1:  # what all losses share does not matter
        shifted = surrogate(losses + 100, posterior, logits)
        np.testing.assert_allclose(shifted, by_logits, atol=1e-4)


@pytest.mark.parametrize(
    ("gradient", "learn_weights"), [("marginal", False), ("pathwise", False), ("implicit", True)]
)
def test_no_surrogate_where_weights_are_not_learned_by_it(gradient, learn_weights):
    prior = mixture("diag", gradient, learn_weights=learn_weights)
    with tf.GradientTape() as tape:
        latent = prior.draw(9, SEED)
        value = prior.score_surrogate(latent, losses(latent.z))
    gradients = tape.gradient(value, prior.trainable_variables)
    assert value == 0
    assert gradients == [None] * len(prior.trainable_variables)


def test_samples_are_differentiable_as_training_draws_are_or_along_the_path_if_given():
    prior = mixture("diag")
    weights = tf.constant(np.random.default_rng(0).normal(size=[9, 2]), tf.float32)
    for component in (None, -1, [-1] * 9, 1):
        with tf.GradientTape() as tape:
            z = prior.sample(9, seed=3, component=component).z
            value = tf.reduce_sum(weights * z)
        by_loc, by_raw_scale = tape.gradient(value, prior.trainable_variables)
        share = tf.one_hot([1] * 9, 3) if component == 1 else prior.posterior(z)
        expected = tf.matmul(share, weights, transpose_a=True)
        by_loc = tf.convert_to_tensor(by_loc)  # of a gather, slices
        np.testing.assert_allclose(by_loc, expected, rtol=1e-5, atol=1e-6)
        assert abs(tf.convert_to_tensor(by_raw_scale).numpy()).max() > 0
