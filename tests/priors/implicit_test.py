import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special, stats

from tests.priors import table
from tfmix.priors import implicit_reparameterization, implicit_sample

tfd = tfp.distributions

ROWS = 6  # in every batch where it does not matter, since each shape is compiled anew
FAMILIES = pytest.mark.parametrize("family", ["normal", "student_t"])


def parameters(family, K=3, D=2, seed=0):
    """Components that overlap."""
    rng = np.random.default_rng([seed, K, D])
    values = {
        "logits": rng.normal(size=K),
        "loc": rng.uniform(-1, 1, [K, D]),
        "scale": rng.uniform(0.5, 1.5, [K, D]),
    }
    return values | ({"df": rng.uniform(1, 9, [K, 1])} if family == "student_t" else {})


def draws(values, seed=0, rows=ROWS):
    """Samples near the components, of no law in particular, [rows, D]."""
    rng = np.random.default_rng(seed)
    k = rng.integers(len(values["loc"]), size=rows)
    noise = rng.normal(size=[rows, values["loc"].shape[1]])
    return values["loc"][k] + 1.5 * values["scale"][k] * noise


def mixture(logits=None, probs=None, *, loc, scale, df=None, **arguments):
    base = tfd.Normal(loc, scale) if df is None else tfd.StudentT(df, loc, scale)
    weights = tfd.Categorical(logits=logits, probs=probs)
    return tfd.MixtureSameFamily(weights, tfd.Independent(base, 1), **arguments)


def coupled(z):
    """A loss that ties the dimensions together."""
    return tf.reduce_sum(tf.sin(tf.reduce_sum(z, axis=-1)) * tf.tanh(z[..., 0]))


def gradients(values, samples, loss=coupled, dtype=np.float64):
    """Implicit gradients of the loss by each parameter."""
    values = {name: tf.constant(value, dtype) for name, value in values.items()}
    with tf.GradientTape() as tape:
        tape.watch(values)
        value = loss(implicit_reparameterization(mixture(**values), tf.constant(samples, dtype)))
    return {name: each.numpy() for name, each in tape.gradient(value, values).items()}


def upstream(weights):
    """A loss whose gradient by the samples is `weights`."""
    return lambda z: tf.reduce_sum(z * tf.constant(weights, z.dtype))


def tfp_samples_and_gradients(values):
    values = {name: tf.constant(value) for name, value in values.items()}
    with tf.GradientTape() as tape:
        tape.watch(values)
        samples = mixture(**values, reparameterize=True).sample(ROWS, seed=[0, 1])
        value = coupled(samples)
    found = tape.gradient(value, values)
    return samples.numpy(), {name: each.numpy() for name, each in found.items()}


def assert_close(got, expected, rtol):
    """Compares each gradient relative to its own largest entry."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        atol = rtol * abs(value).max() + 1e-12
        np.testing.assert_allclose(got[name], value, rtol=0, atol=atol, err_msg=name)


def assert_finite(values):
    for name, value in values.items():
        assert np.isfinite(value).all(), (name, value)


@FAMILIES
def test_samples_come_back_bit_by_bit_and_get_no_gradient(family):
    for dtype in (np.float32, np.float64):
        values = {name: value.astype(dtype) for name, value in parameters(family).items()}
        samples = draws(values).astype(dtype)
        samples[0] = [1e30, -0.0]
        with tf.GradientTape() as tape:
            tape.watch(watched := tf.constant(samples))
            z = implicit_reparameterization(mixture(**values), watched)
        assert z.dtype == dtype
        assert z.numpy().tobytes() == samples.tobytes()
        assert tape.gradient(z, watched) is None


@pytest.mark.parametrize(
    ("family", "K", "D"),
    [pytest.param("normal", 2, 4, marks=pytest.mark.slow), ("student_t", 3, 2)],
)
def test_agrees_with_tfp(family, K, D):
    values = parameters(family, K, D)
    if family == "student_t":
        values["df"] = np.random.default_rng(0).uniform(0.8, 9, [K, D])
    samples, expected = tfp_samples_and_gradients(values)
    assert_close(gradients(values, samples), expected, 1e-6)


@pytest.mark.parametrize("shape", [(), (2,), (3, 1)])
@pytest.mark.parametrize(("family", "name"), [("normal", "scale"), ("student_t", "df")])
def test_parameter_broadcasts(family, name, shape):
    values = parameters(family)
    samples = draws(values)
    values[name] = np.random.default_rng(0).uniform(0.5, 3, shape)
    wide = values | {name: values[name] + np.zeros([3, 2])}
    expected = gradients(wide, samples)
    copies = tuple(i for i, size in enumerate((1, 1, *shape)[-2:]) if size == 1)
    expected[name] = expected[name].sum(copies).reshape(shape)
    assert_close(gradients(values, samples), expected, 1e-10)


def test_takes_weights_as_probabilities():
    values = parameters("normal")
    values["probs"] = special.softmax(values.pop("logits"))
    samples, expected = tfp_samples_and_gradients(values)
    got = gradients(values, samples)
    # Up to a constant, since probabilities sum to 1.
    for each in (got, expected):
        each["probs"] -= each["probs"] @ values["probs"]
    assert_close(got, expected, 1e-6)


@FAMILIES
def test_float32_agrees_with_float64(family):
    for seed in range(5):
        values = parameters(family, seed=seed)
        values = {name: value.astype(np.float32) for name, value in values.items()}
        samples = draws(values, seed).astype(np.float32)
        got = gradients(values, samples, dtype=np.float32)
        assert {value.dtype for value in got.values()} == {np.dtype(np.float32)}
        assert_close(got, gradients(values, samples), 1e-4)


@pytest.mark.parametrize(
    ("family", "jit_compile"),
    [("normal", False), pytest.param("student_t", True, marks=pytest.mark.slow)],
)
def test_agrees_in_a_graph_of_unknown_batch(family, jit_compile):
    values = parameters(family)
    samples = draws(values)

    @tf.function(jit_compile=jit_compile, input_signature=[tf.TensorSpec([None, 2], tf.float64)])
    def graph(samples):
        constants = {name: tf.constant(value) for name, value in values.items()}
        with tf.GradientTape() as tape:
            tape.watch(constants)
            z = implicit_reparameterization(mixture(**constants), samples)
            value = coupled(z)
        return z, tape.gradient(value, constants)

    z, got = graph(samples)
    np.testing.assert_array_equal(z, samples)
    got = {name: value.numpy() for name, value in got.items()}
    assert_close(got, gradients(values, samples), 1e-10)


@FAMILIES
def test_sample_has_the_law_and_the_gradient_of_its_distribution(family):
    values = {name: each.astype(np.float32) for name, each in parameters(family).items()}
    values["loc"] *= 5
    values |= {"df": np.float32([2.0, 5.0])} if family == "student_t" else {}
    values = {name: tf.constant(each) for name, each in values.items()}
    distribution, seed = mixture(**values), tf.constant([3, 4])
    wide, other = (implicit_sample(distribution, 3000, each).numpy() for each in (seed, seed + 1))
    np.testing.assert_array_equal(implicit_sample(distribution, 3000, seed), wide)
    expected = distribution.sample(3000, seed=[7, 7]).numpy()
    # Sums and differences see which dimensions come from one component.
    for side in np.array([[1, 0], [0, 1], [1, 1], [1, -1]]):
        assert stats.ks_2samp(wide @ side, expected @ side).pvalue > 1e-3
        assert stats.ks_2samp(wide @ side, other @ side).pvalue > 1e-3
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(values)
        z = implicit_sample(mixture(**values), ROWS, seed)
        losses = coupled(z), coupled(implicit_reparameterization(mixture(**values), z))
    got, same = (tape.gradient(loss, values) for loss in losses)
    for name, each in same.items():
        np.testing.assert_array_equal(got[name], each)


def test_a_batch_of_any_rank_is_the_sum_of_its_rows():
    values = parameters("normal")
    samples = draws(values)
    rows = [gradients(values, row) for row in samples]
    total = {name: sum(row[name] for row in rows) for name in values}
    assert_close(gradients(values, samples), total, 1e-12)
    assert_close(gradients(values, samples.reshape(2, 3, 2)), total, 1e-12)
    for value in gradients(values, np.zeros([0, 2])).values():
        np.testing.assert_array_equal(value, 0)


def test_is_first_order():
    values = far_apart("normal")
    loc = tf.Variable(values["loc"])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            distribution = mixture(**values | {"loc": loc})
            value = coupled(implicit_reparameterization(distribution, np.ones([ROWS, 1])))
        gradient = inner.gradient(value, loc)
    assert abs(gradient.numpy()).max() > 0
    with pytest.raises(LookupError, match="The implicit gradient is first-order"):
        outer.gradient(gradient, loc)


def far_apart(family, D=1):
    """Two components of scale 1, 1000 from each other in each dimension."""
    values = {
        "logits": np.log([0.3, 0.7]),
        "loc": np.stack([np.zeros(D), np.full(D, 1000.0)]),
        "scale": np.ones([2, D]),
    }
    return values | ({"df": np.array([[3.0], [5.0]])} if family == "student_t" else {})


@pytest.mark.parametrize(
    ("values", "x"),
    [(far_apart("normal"), x) for x in (500.0, 400.0)]
    + [(parameters("normal", K=3, D=1), x) for x in (30.0, 1e4, -1e4)],
)
def test_far_from_components_the_weights_get_the_gradient_of_the_tails_alone(values, x):
    """To one side of all of them it is exact; between them the rest is left out."""
    got = gradients(values, np.full([ROWS, 1], x), upstream(2 / ROWS))
    scale, log_weights = values["scale"][:, 0], special.log_softmax(values["logits"])
    eps = (x - values["loc"][:, 0]) / scale
    log_joint = log_weights + stats.norm.logpdf(eps) - np.log(scale)
    log_density = special.logsumexp(log_joint)
    tail = -np.sign(eps) * np.exp(log_weights + stats.norm.logsf(abs(eps)) - log_density)
    posterior = np.exp(log_joint - log_density)
    expected = {
        "logits": -2 * (tail - np.exp(log_weights) * tail.sum()),
        "loc": 2 * posterior[:, None],
        "scale": 2 * (posterior * eps)[:, None],
    }
    assert_close(got, expected, 1e-9)


@FAMILIES
def test_samples_as_far_as_floats_go_have_finite_gradients(family):
    samples = np.tile(np.repeat([[1e12], [-1e20], [1e30]], 2, axis=1), [2, 1])
    assert_finite(gradients(parameters(family), samples, upstream(1.0), np.float32))


@pytest.mark.parametrize("family", ["normal", pytest.param("student_t", marks=pytest.mark.slow)])
def test_a_chain_of_dimensions_far_from_all_components_has_finite_gradients(family):
    samples = np.full([3, 30], [[500.0], [999.0], [-1e5]])
    assert_finite(gradients(far_apart(family, 30), samples, upstream(1.0), np.float32))


def test_row_that_underflows_leaves_the_others_as_they_are():
    values = parameters("normal")
    samples = draws(values)
    samples[2] = 1e4
    weights = np.ones([ROWS, 2])
    weights[2] = 0
    ignored = gradients(values, samples, upstream(weights))
    samples[2] = 0
    assert_close(gradients(values, samples, upstream(weights)), ignored, 1e-12)


@FAMILIES
def test_nan_is_not_hidden(family):
    for dimension in (0, 1):
        values, weights = parameters(family), np.ones([ROWS, 2])
        weights[3, dimension] = np.nan
        got = gradients(values, draws(values), upstream(weights))
        assert np.isnan(got["logits"]).all()
        for name in ("loc", "scale"):
            assert np.isnan(got[name][:, dimension]).all()


@FAMILIES
def test_component_of_no_weight_gets_no_gradient(family):
    values = parameters(family)
    values["logits"][1] = -np.inf
    got = gradients(values, draws(values))
    assert_finite(got)
    for value in got.values():
        np.testing.assert_array_equal(value[1], 0)


@pytest.mark.parametrize("K", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_component_that_alone_has_weight_gets_its_pathwise_gradient(K):
    values = parameters("normal", K)
    samples = draws(values)
    values["logits"][1:] = -np.inf
    only = {name: value[:1] for name, value in gradients(values, samples, upstream(1.0)).items()}
    eps = (samples - values["loc"][0]) / values["scale"][0]
    pathwise = {"logits": np.zeros(1), "loc": np.full([1, 2], ROWS), "scale": eps.sum(0)[None]}
    assert_close(only, pathwise, 1e-10)


EYE, CUBE = np.eye(2), np.zeros([2, 2, 2])
COMPONENTS = "Independent Normal or StudentT.*Received: .*"


def of(components):
    return tfd.MixtureSameFamily(tfd.Categorical(logits=np.zeros(2)), components)


@pytest.mark.parametrize(
    ("distribution", "message"),
    [
        (of(tfd.MultivariateNormalDiag(EYE)), f"{COMPONENTS}MultivariateNormalDiag of"),
        (of(tfd.MultivariateNormalTriL(EYE, [EYE, EYE])), f"{COMPONENTS}MultivariateNormalTriL of"),
        (of(tfd.Independent(tfd.Laplace(EYE, 1.0), 1)), f"{COMPONENTS}Independent of Laplace"),
        (of(tfd.Normal(np.zeros(2), 1.0)), f"{COMPONENTS}Normal of Normal"),
        (of(tfd.Independent(tfd.Normal(CUBE, 1.0), 2)), rf"{COMPONENTS}event shape \(2, 2\)"),
        (tfd.Normal(np.zeros(2), 1.0), r"takes a MixtureSameFamily.*Received: Normal\."),
        (mixture(EYE, loc=CUBE, scale=1.0), r"of scalar batch .*Received: batch shape \(2,\)"),
    ],
)
def test_refuses_distributions(distribution, message):
    with pytest.raises(ValueError, match=message):
        implicit_reparameterization(distribution, np.zeros([3, 2]))


def test_refuses_samples_of_another_width():
    for shape in ((4, 3), (4, 1), (3,), ()):
        with pytest.raises(ValueError, match=r"Samples are \[..., 2\]. Received: shape"):
            implicit_reparameterization(mixture(**parameters("normal")), np.zeros(shape))


LEARNED = {"learn_weights": True, "learn_df": True}


@pytest.mark.parametrize(
    ("kind", "arguments", "names"),
    [
        ("diag", {}, ["loc", "raw_scale"]),
        ("diag", {"learn_weights": True}, ["loc", "logits", "raw_scale"]),
        ("isotropic", {}, ["loc", "raw_scale"]),
        ("t_by_dimension", {}, ["loc", "raw_scale"]),
        ("t_by_dimension", LEARNED, ["loc", "logits", "raw_df", "raw_scale"]),
    ],
)
def test_a_prior_takes_its_gradients_from_its_distribution(kind, arguments, names):
    prior = table.mixture(kind, scale=0.8, loc=None, gradient="implicit", **arguments)
    with tf.GradientTape(persistent=True) as tape:
        z = prior.draw(ROWS, tf.constant([5, 6])).z
        values = coupled(z), coupled(implicit_reparameterization(prior.distribution, z))
    got, expected = (tape.gradient(value, prior.trainable_variables) for value in values)
    assert table.trained(prior) == names
    for one, other, name in zip(got, expected, names, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6, err_msg=name)
        assert abs(one.numpy()).max() > 0
