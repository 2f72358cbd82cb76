"""What holds for every prior."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import tfmix
from tfmix import networks, priors, seeds

SEED = tf.constant([5, -9])
WEIGHTS = [0.4, 0.0, 0.1, 0.3, 0.2]
LOC = np.linspace(-2, 2, 15).reshape(5, 3)
SCALE = np.linspace(0.1, 1.5, 15).reshape(5, 3)
POSITIVE = [0.4, 0.05, 0.1, 0.25, 0.2]  # weights that can be learned
FACTOR = np.random.default_rng(0).normal(size=[5, 3, 3])  # of the covariances, no triangles
DEVIATION = np.linalg.norm(FACTOR, axis=2)
DF = np.array([1.0, 2.5, 4.0, 10.0, 40.0])
LEARNED_DF = DF + 0.5


def standard_normal():
    return priors.StandardNormal(3)


def uniform():
    return priors.Uniform(3)


def one_hot_normal():
    return priors.OneHotNormal(2, 3, scale=0.7)


def isotropic():
    return priors.GaussianMixture(
        5, 3, loc=LOC, scale=SCALE[:, 0], covariance="isotropic", weights=WEIGHTS
    )


def diagonal():
    return priors.GaussianMixture(5, 3, loc=LOC, scale=SCALE, weights=WEIGHTS)


def full():
    return priors.GaussianMixture(5, 3, loc=LOC, scale=FACTOR, covariance="full", weights=WEIGHTS)


def marginal():
    return priors.GaussianMixture(
        5, 3, loc=LOC, scale=SCALE, weights=POSITIVE, learn_weights=True, gradient="marginal"
    )


def implicit():
    return priors.GaussianMixture(
        5, 3, loc=LOC, scale=SCALE, weights=POSITIVE, learn_weights=True, gradient="implicit"
    )


def student_t():
    return priors.StudentTMixture(5, 3, loc=LOC, scale=SCALE, weights=WEIGHTS, df=DF)


def student_t_by_dimension():
    return priors.StudentTMixture(
        5, 3, loc=LOC, scale=SCALE, weights=WEIGHTS, df=DF, multivariate=False
    )


def student_t_full():
    return priors.StudentTMixture(
        5, 3, loc=LOC, scale=FACTOR, covariance="full", weights=WEIGHTS, df=DF
    )


def student_t_learned():
    return priors.StudentTMixture(
        5, 3, loc=LOC, scale=SCALE, weights=WEIGHTS, df=LEARNED_DF, learn_df=True
    )


def one_hot_law(k, d):
    hot = int(d == 1 + k)
    return stats.norm(0, 0.7) if d == 0 else stats.randint(hot, hot + 1)


# The law of dimension d of component k.
LAWS = {
    standard_normal: lambda k, d: stats.norm(),
    uniform: lambda k, d: stats.uniform(-1, 2),
    one_hot_normal: one_hot_law,
    isotropic: lambda k, d: stats.norm(LOC[k, d], SCALE[k, 0]),
    diagonal: lambda k, d: stats.norm(LOC[k, d], SCALE[k, d]),
    full: lambda k, d: stats.norm(LOC[k, d], DEVIATION[k, d]),
    marginal: lambda k, d: stats.norm(LOC[k, d], SCALE[k, d]),
    implicit: lambda k, d: stats.norm(LOC[k, d], SCALE[k, d]),
    student_t: lambda k, d: stats.t(DF[k], LOC[k, d], SCALE[k, d]),
    student_t_by_dimension: lambda k, d: stats.t(DF[k], LOC[k, d], SCALE[k, d]),
    student_t_full: lambda k, d: stats.t(DF[k], LOC[k, d], DEVIATION[k, d]),
    student_t_learned: lambda k, d: stats.t(LEARNED_DF[k], LOC[k, d], SCALE[k, d]),
}
BOUNDED = [uniform, one_hot_normal]  # there are latents that no component gives


def follows(values, law):
    low, high = law.support()
    if low == high:
        return (values == low).all()
    return stats.kstest(values, law.cdf).pvalue > 1e-3


@pytest.fixture(params=LAWS, ids=lambda make: make.__name__)
def make(request):
    return request.param


@pytest.fixture
def prior(make):
    return make()


@pytest.fixture(scope="module")
def one():
    """A prior for what no prior does otherwise."""
    return diagonal()


@pytest.fixture
def law(make):
    return LAWS[make]


def test_components_follow_their_law(prior, law):
    for k in range(prior.num_components):
        z, component = prior.sample(2000, seed=k, component=k)
        np.testing.assert_array_equal(component, k)
        for d in range(3):
            assert follows(z[:, d].numpy(), law(k, d))


def test_training_draws_follow_the_law(prior, law):
    draw = prior.draw(10_000, SEED)
    z, component = draw.z.numpy(), draw.component.numpy()
    for k in np.unique(component):
        for d in range(3):
            assert follows(z[component == k, d], law(k, d))


@pytest.mark.parametrize("make", [make for make in LAWS if make is not one_hot_normal])
def test_moments_are_those_of_the_distribution(prior):
    if "df" in prior.get_config():
        prior = type(prior).from_config(prior.get_config() | {"df": 10.0})  # has a variance
    z = prior.sample(20_000, seed=1).z.numpy()
    deviation = prior.distribution.stddev().numpy()
    np.testing.assert_allclose(
        z.mean(0), prior.distribution.mean(), atol=4 * deviation.max() / 20_000**0.5
    )
    np.testing.assert_allclose(z.std(0), deviation, rtol=0.04)


def test_components_come_as_often_as_their_weights(prior):
    weights = prior.mixture_weights.numpy()
    for component in (prior.sample(4000, seed=2).component, prior.draw(4000, SEED).component):
        counts = np.bincount(component, minlength=prior.num_components)
        assert (counts[weights == 0] == 0).all()
        expected = 4000 * weights[weights > 0]
        statistic = np.sum((counts[weights > 0] - expected) ** 2 / expected)
        assert statistic < stats.chi2(max(1, len(expected) - 1)).isf(1e-3)


def test_given_weights_take_the_place_of_its_own(prior):
    weights = np.eye(prior.num_components)[-1]
    component = prior.sample(500, seed=2, weights=weights).component
    np.testing.assert_array_equal(component, prior.num_components - 1)


@pytest.mark.parametrize("size", [1, 7, 16, 17])
def test_row_does_not_depend_on_its_batch(prior, size):
    whole, part = prior.sample(300, seed=3), prior.sample(size, seed=3)
    np.testing.assert_array_equal(part.z, whole.z[:size])
    np.testing.assert_array_equal(part.component, whole.component[:size])


def test_row_does_not_depend_on_its_place(prior):
    rows = seeds.row_seeds(3, 300).numpy()
    scale = np.linspace(0, 2, 300)
    order = np.random.default_rng(0).permutation(300)
    whole = prior.sample(300, seed=rows, scale=scale)
    shuffled = prior.sample(300, seed=rows[order], scale=scale[order])
    np.testing.assert_array_equal(shuffled.z, whole.z.numpy()[order])
    np.testing.assert_array_equal(shuffled.component, whole.component.numpy()[order])


def test_no_rows(prior):
    z, component = prior.sample(0, seed=3)
    assert (z.shape, component.shape) == ((0, 3), (0,))


def test_sampling_is_the_same_in_a_graph(prior):
    inputs = seeds.row_seeds(3, 50), tf.fill([50], -1), tf.linspace(0.0, 2.0, 50)
    eager = prior.sample(50, seed=3, scale=inputs[2].numpy())
    # With the number of rows known early, Grappler rewrites Student-t noise in the last bit.
    signature = [tf.TensorSpec([None], value.dtype) for value in inputs]
    graph = tf.function(prior.sample_rows, input_signature=signature)(*inputs)
    np.testing.assert_array_equal(graph.z, eager.z)
    np.testing.assert_array_equal(graph.component, eager.component)


@pytest.mark.parametrize("make", [standard_normal, diagonal, full, student_t_by_dimension])
def test_draws_of_training_agree_with_xla(make):
    prior = make()
    plain = tf.function(prior.draw)(256, SEED)
    compiled = tf.function(prior.draw, jit_compile=True)(256, SEED)
    np.testing.assert_array_equal(compiled.component, plain.component)
    heavy = isinstance(prior, priors.StudentTMixture)
    np.testing.assert_allclose(compiled.z, plain.z, rtol=1e-4 if heavy else 1e-5, atol=1e-5)


def test_draw_takes_a_number_known_late(prior):
    draw = tf.function(lambda number: prior.draw(number, SEED).z)
    np.testing.assert_array_equal(draw(tf.constant(40)), prior.draw(40, SEED).z)


def test_another_seed_draws_other_latents(prior):
    first, second = (prior.sample(50, seed=seed).z[:, 0] for seed in (3, 4))
    assert not np.isin(first, second).any()
    first, second = (prior.draw(50, seed).z[:, 0] for seed in (SEED, SEED + 1))
    assert not np.isin(first, second).any()


def test_scale_zero_gives_the_centre(prior, law):
    z, component = prior.sample(50, seed=3, scale=0)
    expected = [[law(k, d).median() for d in range(3)] for k in component.numpy()]
    np.testing.assert_allclose(z, expected, atol=1e-6)


def test_scale_multiplies_the_deviation(prior):
    centre, one = (prior.sample(100, seed=3, scale=scale).z.numpy() for scale in (0, 1))
    scale = np.linspace(0.0, 3.0, 100)
    z = prior.sample(100, seed=3, scale=scale).z.numpy()
    np.testing.assert_allclose(z - centre, scale[:, None] * (one - centre), rtol=1e-4, atol=1e-5)


def test_drawn_component_has_the_noise_of_a_chosen_one(prior):
    z, component = prior.sample(100, seed=3)
    chosen = prior.sample(100, seed=3, component=component.numpy())
    np.testing.assert_array_equal(chosen.z, z)


def test_minus_one_draws_the_component_of_its_row(prior):
    component = np.where(np.arange(100) % 2, -1, 0)
    mixed, drawn = prior.sample(100, seed=3, component=component), prior.sample(100, seed=3)
    np.testing.assert_array_equal(mixed.component[::2], 0)
    np.testing.assert_array_equal(mixed.component[1::2], drawn.component[1::2])


@pytest.mark.parametrize(
    "make",
    [
        isotropic,
        diagonal,
        full,
        student_t,
        student_t_by_dimension,
        student_t_full,
        student_t_learned,
    ],
)
def test_gradient_is_that_of_finite_differences(make):
    prior = make()

    def value():
        z = prior.draw(64, SEED).z
        return tf.reduce_sum(tf.sqrt(1 + z**2))

    with tf.GradientTape() as tape:
        loss = value()
    gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, prior.trainable_variables)]
    rng = np.random.default_rng(0)
    for variable, gradient in zip(prior.trainable_variables, gradients, strict=True):
        start = keras.ops.convert_to_numpy(variable)
        direction = rng.normal(size=start.shape)
        ends = []
        for step in (-1e-2, 1e-2):
            variable.assign(start + step * direction)
            ends.append(np.float64(value()))
        variable.assign(start)
        expected = (ends[1] - ends[0]) / 2e-2
        np.testing.assert_allclose(np.sum(gradient * direction), expected, rtol=5e-3)


def test_posterior_is_a_distribution(prior):
    posterior = prior.posterior(prior.sample(200, seed=3, scale=1.5).z).numpy()
    assert posterior.shape == (200, prior.num_components)
    assert (posterior >= 0).all()
    np.testing.assert_allclose(posterior.sum(1), 1, rtol=1e-5)
    np.testing.assert_array_equal(posterior[:, prior.mixture_weights == 0], 0)


def test_posterior_is_bayes_rule(prior):
    z = prior.sample(200, seed=3).z
    alone = np.log(prior.mixture_weights.numpy() + 1e-30) - prior.log_prob(z).numpy()[:, None]
    likelihood = prior.distribution.components_distribution.log_prob(z[:, None]).numpy()
    np.testing.assert_allclose(prior.posterior(z), np.exp(alone + likelihood), atol=1e-4)


def test_density_is_that_of_the_distribution(prior):
    z = prior.sample(200, seed=3).z
    np.testing.assert_allclose(
        prior.log_prob(z), prior.distribution.log_prob(z), rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize("make", [make for make in LAWS if make is not uniform])
def test_far_away_is_finite(prior):
    z = prior.sample(64, seed=3, scale=100.0).z
    assert np.isfinite(prior.log_prob(z)).all()
    np.testing.assert_allclose(tf.reduce_sum(prior.posterior(z), axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("make", BOUNDED)
def test_what_no_component_gives_has_no_density(prior):
    np.testing.assert_array_equal(prior.log_prob(np.full([1, 3], 50.0)), -np.inf)


@pytest.mark.parametrize("make", BOUNDED)
def test_what_no_component_gives_leaves_the_weights(prior):
    z = np.concatenate([prior.sample(1, seed=3).z, np.full([2, 3], 50.0)])
    posterior = prior.posterior(z)[1:]
    np.testing.assert_allclose(posterior, [prior.mixture_weights] * 2, rtol=1e-6)


def test_config_round_trip(prior):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(prior)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(prior)
    np.testing.assert_array_equal(again.sample(20, seed=3).z, prior.sample(20, seed=3).z)
    assert again.get_config() == prior.get_config()


def test_file_round_trip(prior, tmp_path):
    path = tmp_path / "x.keras"
    tfmix.Sampler(prior, networks.MLPGenerator(3, 2, widths=())).save(path)
    again = keras.models.load_model(path).prior
    assert again.get_config() == prior.get_config()
    np.testing.assert_array_equal(again.sample(20, seed=3).z, prior.sample(20, seed=3).z)


def test_computes_in_float32_whatever_the_policy(make):
    expected = make().draw(20, SEED).z
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        z = make().draw(20, SEED).z
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(z, expected)


@pytest.mark.parametrize("component", [-2, 5, [0, 1, 5], [-2, 0, 0]])
def test_refuses_component_that_is_not_there(one, component):
    with pytest.raises(ValueError, match=r"component lies in \[0, \d\), or is -1.*Received: "):
        one.sample(3, seed=0, component=component)


@pytest.mark.parametrize("component", [1.0, True, "1", [0.0, 0.0, 0.0]])
def test_refuses_component_that_is_no_int(one, component):
    with pytest.raises(ValueError, match="component is an int, or one a row"):
        one.sample(3, seed=0, component=component)


@pytest.mark.parametrize("scale", [-0.1, np.nan, np.inf, 1e39, [1, 1, -1], "1", None, True])
def test_refuses_scale(one, scale):
    with pytest.raises(ValueError, match="scale is finite and at least 0"):
        one.sample(3, seed=0, scale=scale)


@pytest.mark.parametrize(
    "arguments",
    [{"component": [0, 0]}, {"component": [[0, 0, 0]]}, {"scale": [1, 1]}, {"seed": [1, 2]}],
)
def test_refuses_another_length(one, arguments):
    with pytest.raises(ValueError, match=r"shape \(3,\) here\. Received: shape"):
        one.sample(3, **({"seed": 0} | arguments))


@pytest.mark.parametrize("seed", [2**31, 0.0, None])
def test_refuses_seed(one, seed):
    with pytest.raises(ValueError, match="A seed"):
        one.sample(3, seed=seed)


@pytest.mark.parametrize("change", [[1.5], [np.nan], [-0.5, 1.5], [0.5]])
def test_refuses_weights_that_are_no_distribution(one, change):
    weights = np.zeros(one.num_components + 1)
    weights[: len(change)] = change
    with pytest.raises(ValueError, match=r"weights (are at least 0 and sum to 1|has shape)"):
        one.sample(3, seed=0, weights=weights[: max(len(change), one.num_components)])


def test_refuses_weights_of_another_length(one):
    wrong = np.eye(one.num_components + 1)[0]
    with pytest.raises(ValueError, match=r"weights has shape \(\d,\)\. Received: shape \(\d,\)"):
        one.sample(3, seed=0, weights=wrong)


@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 4), (2, 4, 3)])
def test_refuses_latents_of_another_width(one, shape):
    for method in (one.log_prob, one.posterior):
        with pytest.raises(ValueError, match=r"A latent is \[N, 3\]\. Received: shape"):
            method(np.zeros(shape, np.float32))


@pytest.mark.parametrize("value", [0, -1, 2.0, True, None, "3"])
def test_refuses_sizes(value):
    with pytest.raises(ValueError, match=f"latent_dim is an integer .* latent_dim={value!r}"):
        priors.StandardNormal(value)
    with pytest.raises(ValueError, match=f"num_components is an integer.*={value!r}"):
        priors.GaussianMixture(value, 2)


@pytest.mark.parametrize("argument", ["component", "scale", "seed"])
def test_message_stays_on_one_line(one, argument):
    wrong = {"component": np.full(100, 77), "scale": np.full(100, -1.0), "seed": np.ones(100)}
    with pytest.raises(ValueError, match="Received") as caught:
        one.sample(100, **({"seed": 0} | {argument: wrong[argument]}))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_latent_that_is_no_number_has_no_posterior(one, value):
    assert np.isnan(one.posterior([[value, 0.0, 0.0]])).all()


def test_components_to_draw_leave_the_gradient_as_it_is():
    prior = marginal()
    gradients = []
    for component in (None, -1, [-1] * 9):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(prior.sample(9, seed=1, component=component).z)
        gradients.append(tape.gradient(value, prior.trainable_variables[1]))
    np.testing.assert_array_equal(gradients[1], gradients[0])
    np.testing.assert_array_equal(gradients[2], gradients[0])


def test_weight_of_zero_is_a_finite_variable(one):
    assert all(np.isfinite(weight).all() for weight in one.get_weights())
    assert one.mixture_weights.numpy()[1] == 0


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (priors.GaussianMixture, "init_scale"),
        (priors.GaussianMixture, "loc_range"),
        (priors.GaussianMixture, "scale"),
        (priors.GaussianMixture, "weights"),
        (priors.GaussianMixture, "loc"),
        (priors.StudentTMixture, "df"),
        (priors.OneHotNormal, "scale"),
    ],
)
@pytest.mark.parametrize("value", ["a", True, 1j, [["a"]]])
def test_refuses_what_is_no_number(make, name, value):
    with pytest.raises(ValueError, match=f"{name} (is|are) .* Received: {name}=|A scale is"):
        make(2, 5, **{name: value})
