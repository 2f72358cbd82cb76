import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import optimize, special, stats

from tfmix.priors import GaussianMixture, StudentTMixture, implicit_reparameterization

tfd = tfp.distributions

ROWS = 6  # in every batch where it does not matter, since each shape is compiled anew
FAMILIES = ("normal", "student_t")


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


def tfp_samples_and_gradients(values, seed=0):
    values = {name: tf.constant(value) for name, value in values.items()}
    with tf.GradientTape() as tape:
        tape.watch(values)
        samples = mixture(**values, reparameterize=True).sample(ROWS, seed=[seed, 1])
        value = coupled(samples)
    return samples.numpy(), {
        name: each.numpy() for name, each in tape.gradient(value, values).items()
    }


def assert_close(got, expected, rtol):
    """Compares each gradient relative to its own largest entry."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        largest = abs(value).max()
        np.testing.assert_allclose(
            got[name], value, rtol=0, atol=rtol * largest + 1e-12, err_msg=name
        )


def assert_finite(values):
    for name, value in values.items():
        assert np.isfinite(value).all(), (name, value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_come_back_bit_by_bit(dtype):
    values = {name: value.astype(dtype) for name, value in parameters("normal").items()}
    samples = draws(values).astype(dtype)
    samples[0] = [1e30, -0.0]
    z = implicit_reparameterization(mixture(**values), samples).numpy()
    assert z.dtype == dtype
    assert z.tobytes() == samples.tobytes()


@pytest.mark.parametrize(("K", "D"), [(1, 3), (2, 4)])
def test_normal_agrees_with_tfp(K, D):
    values = parameters("normal", K, D)
    samples, expected = tfp_samples_and_gradients(values)
    assert_close(gradients(values, samples), expected, 1e-6)


def test_student_t_agrees_with_tfp():
    values = parameters("student_t")
    values["df"] = np.random.default_rng(0).uniform(0.8, 9, [3, 2])
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


@pytest.mark.parametrize("family", FAMILIES)
def test_moves_along_quantiles(family):
    values, weights = parameters(family, 2, 1), np.linspace(-1, 2, ROWS)
    samples = draws(values)

    def cdf(x, logits, loc, scale, df=None):
        law = stats.norm if df is None else stats.t(df[:, 0])
        return special.softmax(logits) @ law.cdf((x - loc[:, 0]) / scale[:, 0])

    def total(values):
        """Of the upstream weights times the quantiles where the samples are."""
        quantiles = [
            optimize.brentq(lambda q, u=u: cdf(q, **values) - u, -1e4, 1e4, xtol=1e-13, rtol=1e-14)
            for u in levels
        ]
        return weights @ quantiles

    levels = [cdf(x, **values) for x in samples[:, 0]]
    expected = {name: np.zeros_like(value) for name, value in values.items()}
    for name, value in values.items():
        for index in np.ndindex(value.shape):
            step = np.zeros_like(value)
            step[index] = 1e-5
            up, down = (total(values | {name: value + sign * step}) for sign in (1, -1))
            expected[name][index] = (up - down) / 2e-5
    assert_close(gradients(values, samples, upstream(weights[:, None])), expected, 1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_float32_agrees_with_float64(family):
    for seed in range(10):
        values = {
            name: value.astype(np.float32) for name, value in parameters(family, seed=seed).items()
        }
        samples = draws(values, seed).astype(np.float32)
        got = gradients(values, samples, dtype=np.float32)
        assert {value.dtype for value in got.values()} == {np.dtype(np.float32)}
        assert_close(got, gradients(values, samples), 1e-4)


def test_samples_of_any_rank():
    values = parameters("normal")
    samples = draws(values)
    expected = gradients(values, samples)
    assert_close(gradients(values, samples.reshape(2, 3, 2)), expected, 1e-12)
    np.testing.assert_array_equal(
        implicit_reparameterization(mixture(**values), samples[0]), samples[0]
    )


@pytest.mark.parametrize(("family", "jit_compile"), [("normal", False), ("student_t", True)])
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


def test_batch_is_the_sum_of_its_rows():
    values = parameters("normal")
    samples = draws(values)
    rows = [gradients(values, row[None]) for row in samples]
    total = {name: sum(row[name] for row in rows) for name in values}
    assert_close(gradients(values, samples), total, 1e-12)


def test_no_rows():
    values = parameters("normal")
    for value in gradients(values, np.zeros([0, 2])).values():
        np.testing.assert_array_equal(value, 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_gradient_goes_to_the_samples(family):
    values = parameters(family)
    samples = tf.constant(draws(values))
    with tf.GradientTape() as tape:
        tape.watch(samples)
        value = coupled(implicit_reparameterization(mixture(**values), samples))
    assert tape.gradient(value, samples) is None


def test_is_first_order():
    loc = tf.Variable([[0.0], [1.0]])
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            value = coupled(
                implicit_reparameterization(mixture([0.0, 0.0], loc=loc, scale=1.0), [[0.5]])
            )
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


@pytest.mark.parametrize("x", [500.0, 400.0])
def test_what_passes_between_components_far_apart_is_left_out(x):
    values = far_apart("normal")
    got = gradients(values, [[x]], upstream([[2.0]]))
    eps = x - values["loc"][:, 0]
    weights = np.exp(values["logits"])
    posterior = special.softmax(values["logits"] - 0.5 * eps**2)
    mills = np.exp(stats.norm.logsf(abs(eps)) - stats.norm.logpdf(eps))
    tail = -np.sign(eps) * posterior * mills  # of the weights' gradient the tails alone are left
    expected = {
        "logits": -2 * (tail - weights * tail.sum()),
        "loc": 2 * posterior[:, None],
        "scale": 2 * (posterior * eps)[:, None],
    }
    assert_close(got, expected, 1e-10)


@pytest.mark.parametrize("x", [30.0, 1e4, -1e4])
def test_far_to_one_side_of_all_components_gradients_are_exact(x):
    values = parameters("normal", K=3, D=1)
    got = gradients(values, [[x]], upstream([[2.0]]))
    loc, scale = values["loc"][:, 0], values["scale"][:, 0]
    eps = (x - loc) / scale
    log_weights = special.log_softmax(values["logits"])
    log_joint = log_weights + stats.norm.logpdf(eps) - np.log(scale)
    log_density = special.logsumexp(log_joint)
    tail = np.exp(log_weights + stats.norm.logsf(abs(eps)) - log_density) * -np.sign(x)
    posterior = np.exp(log_joint - log_density)
    expected = {
        "logits": -2 * (tail - np.exp(log_weights) * tail.sum()),
        "loc": 2 * posterior[:, None],
        "scale": 2 * (posterior * eps)[:, None],
    }
    assert_close(got, expected, 1e-9)


@pytest.mark.parametrize("x", [1e12, -1e20, 1e30])
@pytest.mark.parametrize("family", FAMILIES)
def test_samples_as_far_as_floats_go_have_finite_gradients(family, x):
    values = parameters(family)
    assert_finite(gradients(values, np.full([1, 2], x), upstream(np.ones([1, 2])), np.float32))


@pytest.mark.parametrize("x", [500.0, 999.0, -1e5])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_chain_of_dimensions_far_from_all_components_has_finite_gradients(family, x):
    samples, weights = np.full([1, 30], x), np.ones([1, 30])
    assert_finite(gradients(far_apart(family, 30), samples, upstream(weights), np.float32))


def test_row_that_underflows_leaves_the_others_as_they_are():
    values = parameters("normal")
    samples = draws(values)
    samples[2] = 1e4
    weights = np.ones([ROWS, 2])
    weights[2] = 0
    ignored = gradients(values, samples, upstream(weights))
    samples[2] = 0
    assert_close(gradients(values, samples, upstream(weights)), ignored, 1e-12)


@pytest.mark.parametrize("dimension", [0, 1])
@pytest.mark.parametrize("family", FAMILIES)
def test_nan_is_not_hidden(family, dimension):
    values, weights = parameters(family), np.ones([ROWS, 2])
    weights[3, dimension] = np.nan
    got = gradients(values, draws(values), upstream(weights))
    assert np.isnan(got["logits"]).all()
    for name in ("loc", "scale"):
        assert np.isnan(got[name][:, dimension]).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_component_of_no_weight_gets_no_gradient(family):
    values = parameters(family)
    values["logits"][1] = -np.inf
    got = gradients(values, draws(values))
    assert_finite(got)
    for value in got.values():
        np.testing.assert_array_equal(value[1], 0)


def test_component_of_no_weight_changes_nothing_for_the_others():
    values = parameters("normal")
    samples = draws(values)
    values["logits"][1] = -np.inf
    got = gradients(values, samples)
    rest = {name: np.delete(value, 1, axis=0) for name, value in values.items()}
    got = {name: np.delete(value, 1, axis=0) for name, value in got.items()}
    assert_close(got, gradients(rest, samples), 1e-12)


EYE = np.eye(2)


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (tfd.MultivariateNormalDiag(EYE), "MultivariateNormalDiag of"),
        (tfd.MultivariateNormalTriL(EYE, [EYE, EYE]), "MultivariateNormalTriL of"),
        (tfd.Independent(tfd.Laplace(EYE, 1.0), 1), "Independent of Laplace"),
        (tfd.Normal(np.zeros(2), 1.0), "Normal of Normal"),
        (tfd.Independent(tfd.Normal(np.zeros([2, 2, 2]), 1.0), 2), r"event shape \(2, 2\)"),
    ],
)
def test_refuses_components(components, message):
    distribution = tfd.MixtureSameFamily(tfd.Categorical(logits=np.zeros(2)), components)
    with pytest.raises(ValueError, match=rf"Independent Normal or StudentT.*Received: .*{message}"):
        implicit_reparameterization(distribution, np.zeros([3, 2]))


def test_refuses_what_is_no_mixture():
    with pytest.raises(ValueError, match=r"takes a MixtureSameFamily.*Received: Normal\."):
        implicit_reparameterization(tfd.Normal(np.zeros(2), 1.0), np.zeros([3, 2]))


def test_refuses_a_batch_of_mixtures():
    batch = mixture(np.zeros([5, 2]), loc=np.zeros([5, 2, 3]), scale=1.0)
    with pytest.raises(ValueError, match=r"of scalar batch shape. Received: batch shape \(5,\)"):
        implicit_reparameterization(batch, np.zeros([4, 5, 3]))


@pytest.mark.parametrize("shape", [(4, 3), (4, 1), (3,), ()])
def test_refuses_samples_of_another_width(shape):
    with pytest.raises(ValueError, match=r"Samples are \[..., 2\]. Received: shape"):
        implicit_reparameterization(mixture(**parameters("normal")), np.zeros(shape))


def gaussian(**arguments):
    return GaussianMixture(3, 2, scale=0.8, seed=3, weights=[0.2, 0.3, 0.5], **arguments)


def student_t(**arguments):
    return StudentTMixture(
        3, 2, scale=0.8, seed=3, weights=[0.2, 0.3, 0.5], df=[2, 4, 8], multivariate=False,
        **arguments,
    )  # fmt: skip


@pytest.fixture(
    params=[
        (gaussian, {}),
        (gaussian, {"learn_weights": True}),
        (gaussian, {"covariance": "isotropic"}),
        (student_t, {}),
        (student_t, {"learn_weights": True, "learn_df": True}),
    ],
    ids=lambda each: f"{each[0].__name__}-{each[1]}",
)
def prior(request):
    make, arguments = request.param
    return make(gradient="implicit", **arguments)


SEED = tf.constant([5, 6])


@pytest.mark.parametrize("make", [gaussian, student_t])
def test_draws_of_a_prior_are_those_of_pathwise(make):
    latents = [make(gradient=each).draw(ROWS, SEED) for each in ("implicit", "pathwise")]
    np.testing.assert_array_equal(latents[0].z, latents[1].z)
    np.testing.assert_array_equal(latents[0].component, latents[1].component)


def test_prior_takes_its_gradients_from_its_distribution(prior):
    with tf.GradientTape(persistent=True) as tape:
        z = prior.draw(ROWS, SEED).z
        values = coupled(z), coupled(implicit_reparameterization(prior.distribution, z))
    got, expected = (tape.gradient(value, prior.trainable_variables) for value in values)
    for one, other, variable in zip(got, expected, prior.trainable_variables, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6, err_msg=variable.name)
        assert abs(one.numpy()).max() > 0


def test_prior_learns_all_that_it_is_told():
    prior = student_t(gradient="implicit", learn_weights=True, learn_df=True)
    names = {variable.name for variable in prior.trainable_variables}
    assert names == {"logits", "loc", "raw_scale", "raw_df"}
