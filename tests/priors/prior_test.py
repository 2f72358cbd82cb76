"""What holds for every prior."""

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfmix
from tests.priors.table import PRIORS, trained
from tfmix import networks, priors, seeds

SEED = tf.constant([5, -9])


# Rows that draw as others do, which mixture_test.py, marginal_test.py and implicit_test.py assert.
VARIANTS = ("isotropic", "fixed", "marginal", "implicit", "t_full")
EVERY_RUN = [name for name in PRIORS if name not in VARIANTS]


def rows(condition=lambda name: True, every_run=EVERY_RUN):
    """Rows of some names, of which those that not every run needs are slow."""
    return [
        pytest.param(row, id=name, marks=[] if name in every_run else pytest.mark.slow)
        for name, row in PRIORS.items()
        if condition(name)
    ]


def only(condition, every_run=EVERY_RUN):
    return pytest.mark.parametrize("row", rows(condition, every_run), indirect=True)


@pytest.fixture(scope="module", params=rows())
def row(request):
    return request.param


@pytest.fixture(scope="module")
def prior(row):
    return row.make()


@pytest.fixture(scope="module")
def whole(prior):
    return prior.sample(300, seed=3)


@pytest.fixture(scope="module")
def one():
    """A prior for what no prior does otherwise."""
    return PRIORS["diag"].make()


def follows(values, law):
    low, high = law.support()
    if low == high:
        return (values == low).all()
    return stats.kstest(values, law.cdf).pvalue > 1e-3


def assert_same(latents, expected, where=slice(None)):
    np.testing.assert_array_equal(latents.z, expected.z.numpy()[where])
    np.testing.assert_array_equal(latents.component, expected.component.numpy()[where])


def assert_components_follow(latents, row):
    z, component = latents.z.numpy(), latents.component.numpy()
    for k in np.unique(component):
        for d in range(3):
            assert follows(z[component == k, d], row.law(k, d))


def test_samples_of_a_component_and_training_draws_follow_their_law(prior, row):
    component = np.arange(600 * prior.num_components) % prior.num_components
    latents = prior.sample(len(component), seed=1, component=component)
    np.testing.assert_array_equal(latents.component, component)
    assert_components_follow(latents, row)
    assert_components_follow(prior.draw(6_000, SEED), row)


@only(lambda name: name != "one_hot")  # its distribution knows no deviation
def test_moments_are_those_of_the_distribution(prior):
    if "df" in prior.get_config():
        prior = type(prior).from_config(prior.get_config() | {"df": 10.0})  # has a variance
    z, deviation = prior.draw(20_000, SEED).z.numpy(), prior.distribution.stddev().numpy()
    tolerance = 4 * deviation.max() / 20_000**0.5
    np.testing.assert_allclose(z.mean(0), prior.distribution.mean(), atol=tolerance)
    np.testing.assert_allclose(z.std(0), deviation, rtol=0.04)


def test_components_come_as_often_as_their_weights_or_as_given_ones(prior):
    weights, count = prior.mixture_weights.numpy(), 2000
    for component in (prior.sample(count, seed=2).component, prior.draw(count, SEED).component):
        counts = np.bincount(component, minlength=prior.num_components)
        assert (counts[weights == 0] == 0).all()
        expected = count * weights[weights > 0]
        statistic = np.sum((counts[weights > 0] - expected) ** 2 / expected)
        assert statistic < stats.chi2(max(1, len(expected) - 1)).isf(1e-3)
    last = prior.num_components - 1
    given = prior.sample(100, seed=2, weights=np.eye(last + 1)[last])
    np.testing.assert_array_equal(given.component, last)


def test_row_depends_on_neither_its_batch_nor_its_place(prior, whole):
    for size in (0, 1, 7, 16, 17):
        part = prior.sample(size, seed=3)
        assert (part.z.shape, part.component.shape) == ((size, 3), (size,))
        assert_same(part, whole, slice(size))
    own, scale = seeds.row_seeds(3, 100).numpy(), np.linspace(0, 2, 100)
    order = np.random.default_rng(0).permutation(100)
    latents = prior.sample(100, seed=own, scale=scale)
    assert_same(prior.sample(100, seed=own[order], scale=scale[order]), latents, order)


def test_latents_are_the_same_in_a_graph(prior):
    inputs = seeds.row_seeds(3, 50), tf.fill([50], -1), tf.linspace(0.0, 2.0, 50)
    # With the number of rows known early, Grappler rewrites Student-t noise in the last bit.
    signature = [tf.TensorSpec([None], value.dtype) for value in inputs]
    graph = tf.function(prior.sample_rows, input_signature=signature)(*inputs)
    assert_same(graph, prior.sample(50, seed=3, scale=inputs[2].numpy()))
    draw = tf.function(lambda number: prior.draw(number, SEED))
    assert_same(draw(tf.constant(40)), prior.draw(40, SEED))


XLA = ("standard_normal", "diag", "fixed", "full", "t_by_dimension")


@only(lambda name: name in XLA, every_run=("diag", "t_by_dimension"))
def test_training_draws_agree_with_xla(prior):
    plain = tf.function(prior.draw)(256, SEED)
    compiled = tf.function(prior.draw, jit_compile=True)(256, SEED)
    np.testing.assert_array_equal(compiled.component, plain.component)
    rtol = 1e-4 if isinstance(prior, priors.StudentTMixture) else 1e-5
    np.testing.assert_allclose(compiled.z, plain.z, rtol=rtol, atol=1e-5)


def test_another_seed_draws_other_latents(prior, whole):
    assert not np.isin(whole.z[:, 0], prior.sample(50, seed=4).z[:, 0]).any()
    first, second = (prior.draw(50, seed).z[:, 0] for seed in (SEED, SEED + 1))
    assert not np.isin(first, second).any()


def test_scale_multiplies_the_distance_from_the_centre(prior, whole, row):
    scale = np.linspace(0.0, 3.0, 300)
    centre, scaled = (prior.sample(300, seed=3, scale=each).z.numpy() for each in (0, scale))
    expected = [[row.law(k, d).median() for d in range(3)] for k in whole.component.numpy()[:50]]
    np.testing.assert_allclose(centre[:50], expected, atol=1e-6)
    away = scale[:, None] * (whole.z - centre)
    np.testing.assert_allclose(scaled - centre, away, rtol=1e-4, atol=1e-5)


def test_chosen_and_drawn_components_share_their_noise(prior, whole):
    drawn = whole.component.numpy()
    chosen = prior.sample(300, seed=3, component=drawn)
    np.testing.assert_array_equal(chosen.z, whole.z)
    mixed = prior.sample(300, seed=3, component=np.where(np.arange(300) % 2, -1, 0))
    np.testing.assert_array_equal(mixed.component[::2], 0)
    np.testing.assert_array_equal(mixed.component[1::2], drawn[1::2])


@only(lambda name: getattr(PRIORS[name].make(), "gradient", "") == "pathwise" and name != "fixed")
def test_gradient_is_that_of_finite_differences(row):
    prior = row.make()

    def value():
        return tf.reduce_sum(tf.sqrt(1 + prior.draw(64, SEED).z ** 2))

    with tf.GradientTape() as tape:
        loss = value()
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, prior.trainable_variables)]
    rng = np.random.default_rng(0)
    for each, gradient in zip(prior.trainable_variables, gradients, strict=True):
        start, ends = each.numpy(), []
        direction = rng.normal(size=start.shape)
        for step in (-1e-2, 1e-2):
            each.assign(start + step * direction)
            ends.append(np.float64(value()))
        each.assign(start)
        expected = (ends[1] - ends[0]) / 2e-2
        np.testing.assert_allclose(np.sum(gradient * direction), expected, rtol=5e-3)


def test_posterior_is_a_distribution_also_far_away(prior):
    """Its values, and those of densities, are SciPy's: density_test.py."""
    z = prior.sample(200, seed=3, scale=np.geomspace(1, 100, 200)).z
    posterior = prior.posterior(z).numpy()
    assert posterior.shape == (200, prior.num_components)
    assert (posterior >= 0).all()
    np.testing.assert_allclose(posterior.sum(1), 1, rtol=1e-5)
    near = posterior[:50]  # farther away the finite logit of a zero weight may be noticed
    np.testing.assert_array_equal(near[:, prior.mixture_weights == 0], 0)
    if not isinstance(prior, priors.Uniform):
        assert np.isfinite(prior.log_prob(z)).all()


def test_config_round_trip(prior):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(prior)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(prior)
    assert again.get_config() == prior.get_config()
    assert_same(again.sample(20, seed=3), prior.sample(20, seed=3))


@only(lambda name: True, every_run=("uniform", "full", "t_learned"))
def test_file_keeps_what_was_trained_and_what_is_fixed(row, tmp_path):
    prior = row.make()
    prior.set_weights([weight + 0.1 for weight in prior.get_weights()])
    tfmix.Sampler(prior, networks.MLPGenerator(3, 2, widths=())).save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras").prior
    assert again.get_config() == prior.get_config()
    assert trained(again) == trained(prior)
    assert_same(again.sample(20, seed=3), prior.sample(20, seed=3))


def test_computes_in_float32_whatever_the_policy(prior, row):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        draw = row.make().draw(20, SEED)
    finally:
        keras.config.set_dtype_policy("float32")
    assert_same(draw, prior.draw(20, SEED))


def test_simple_priors_have_nothing_to_learn_and_a_weight_of_zero_is_a_finite_variable(one):
    for name in ("standard_normal", "uniform", "one_hot"):
        assert PRIORS[name].make().variables == []
    assert all(np.isfinite(weight).all() for weight in one.get_weights())
    assert one.mixture_weights.numpy()[1] == 0


COMPONENT = r"Wanted a component in \[-1, 5\).*Received: component="
NO_INT = "component is an int, or one per row"
SCALE = r"scale (is a number|of at least 0).*Received: "
LENGTH, SEEDS = r"shape \(3,\) here\. Received: shape", "A seed"
WEIGHTS, SHAPE = "weights are at least 0 and sum to 1", r"weights has shape \(5,\)\. Received: "


@pytest.mark.parametrize(
    ("message", "name", "values"),
    [
        (COMPONENT, "component", [-2, 5, [0, 1, 5], [-2, 0, 0]]),
        (NO_INT, "component", [1.0, True, "1", [0.0, 0.0, 0.0]]),
        (SCALE, "scale", [-0.1, np.nan, np.inf, 1e39, [1, 1, -1], "1", None, True]),
        (LENGTH, "component", [[0, 0], [[0, 0, 0]]]),
        (LENGTH, "scale", [[1, 1]]),
        (LENGTH, "seed", [[1, 2]]),
        (SEEDS, "seed", [2**31, 0.0, None]),
        (WEIGHTS, "weights", [[1.5, *[0.0] * 4], [np.nan] * 5, [-0.5, 1.5, 0, 0, 0], [0.1] * 5]),
        (SHAPE, "weights", [[1.0], np.eye(6)[0], [[0.2] * 5]]),
    ],
)
def test_refuses(one, message, name, values):
    for value in values:
        with pytest.raises(ValueError, match=message):
            one.sample(3, **{"seed": 0, name: value})


def test_latents_of_another_width_are_refused_and_those_that_are_no_number_have_no_posterior(one):
    for shape in ((4,), (4, 2), (4, 4), (2, 4, 3)):
        for method in (one.log_prob, one.posterior):
            with pytest.raises(ValueError, match=r"A latent is \[N, 3\]\. Received: shape"):
                method(np.zeros(shape, np.float32))
    assert np.isnan(one.posterior([[np.nan, 0.0, 0.0], [np.inf, 0.0, 0.0]])).all()


def test_refuses_sizes():
    for value in (0, -1, 2.0, True, None, "3"):
        with pytest.raises(ValueError, match=f"latent_dim is an integer .* latent_dim={value!r}"):
            priors.StandardNormal(value)
        with pytest.raises(ValueError, match=f"num_components is an integer.*={value!r}"):
            priors.GaussianMixture(value, 2)


def test_message_stays_on_one_line(one):
    wrong = {"component": np.full(100, 77), "scale": np.full(100, -1.0), "seed": np.ones(100)}
    for name, value in wrong.items():
        with pytest.raises(ValueError, match="Received") as caught:
            one.sample(100, **{"seed": 0, name: value})
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (priors.GaussianMixture, ["init_scale", "loc_range", "scale", "weights", "loc"]),
        *((priors.StudentTMixture, ["df"]), (priors.OneHotNormal, ["scale"])),
    ],
)
def test_refuses_what_is_no_number(make, names):
    for name, value in itertools.product(names, ["a", True, 1j, [["a"]]]):
        with pytest.raises(ValueError, match=f"{name} (is|are) .* Received: {name}=|A scale is"):
            make(2, 5, **{name: value})
