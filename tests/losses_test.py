import numpy as np
import pytest
import tensorflow as tf

from tfmix import losses

LOGITS = np.float32([[-3.0], [-0.5], [0.0], [0.7], [4.0]])


def test_non_saturating_is_finite_far_out():
    logits = tf.constant([[-1e4], [1e4]])
    for part in ("real", "fake", "generator"):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = getattr(losses.adversarial("non_saturating"), part)(logits)
        assert sorted(values.numpy()) == [0, 1e4]
        assert sorted(abs(tape.gradient(values, logits).numpy().ravel())) == [0, 1]


def softplus(x):
    return np.log1p(np.exp(x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Each loss of a logit x with label smoothing s, and its derivative. "non_saturating" is the
# cross-entropy: the negative log-likelihood where s is 0.
CLOSED = {
    ("non_saturating", "real"): (
        lambda x, s: (1 - s) * softplus(-x) + s * softplus(x),
        lambda x, s: sigmoid(x) - (1 - s),
    ),
    ("non_saturating", "fake"): (lambda x, s: softplus(x), lambda x, s: sigmoid(x)),
    ("non_saturating", "generator"): (lambda x, s: softplus(-x), lambda x, s: -sigmoid(-x)),
    ("least_squares", "real"): (lambda x, s: (x - 1 + s) ** 2 / 2, lambda x, s: x - 1 + s),
    ("least_squares", "fake"): (lambda x, s: x**2 / 2, lambda x, s: x),
    ("least_squares", "generator"): (lambda x, s: (x - 1) ** 2 / 2, lambda x, s: x - 1),
    ("hinge", "real"): (lambda x, s: np.maximum(1 - x, 0), lambda x, s: -1.0 * (x < 1)),
    ("hinge", "fake"): (lambda x, s: np.maximum(1 + x, 0), lambda x, s: 1.0 * (x > -1)),
    ("hinge", "generator"): (lambda x, s: -x, lambda x, s: -np.ones_like(x)),
    ("wasserstein", "real"): (lambda x, s: -x, lambda x, s: -np.ones_like(x)),
    ("wasserstein", "fake"): (lambda x, s: x, lambda x, s: np.ones_like(x)),
    ("wasserstein", "generator"): (lambda x, s: -x, lambda x, s: -np.ones_like(x)),
    # Of differences of logits: each side has a half of the discriminator's loss.
    ("relativistic", "real"): (lambda x, s: softplus(-x) / 2, lambda x, s: -sigmoid(-x) / 2),
    ("relativistic", "fake"): (lambda x, s: softplus(x) / 2, lambda x, s: sigmoid(x) / 2),
    ("relativistic", "generator"): (lambda x, s: softplus(-x), lambda x, s: -sigmoid(-x)),
}


def test_every_loss_has_a_closed_form_and_at_its_boundary_pulls_the_two_apart():
    assert {name for name, _ in CLOSED} == set(losses.ADVERSARIAL)
    for (name, part), (_, derivative) in CLOSED.items():
        boundary = np.float64(losses.adversarial(name).boundary or 0)
        assert np.sign(derivative(boundary, 0)) == (1 if part == "fake" else -1)


@pytest.mark.parametrize(("name", "part"), CLOSED)
def test_value_and_gradient_are_those_in_closed_form(name, part):
    value, derivative = CLOSED[name, part]
    for smoothing in (0.0, 0.1, 0.9) if name in ("non_saturating", "least_squares") else (0.0,):
        logits = tf.constant(LOGITS)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            values = getattr(losses.adversarial(name, smoothing), part)(logits)
        x = LOGITS[:, 0].astype(np.float64)
        np.testing.assert_allclose(values, value(x, smoothing), rtol=1e-5, atol=1e-7)
        gradient = tape.gradient(values, logits)[:, 0]
        np.testing.assert_allclose(gradient, derivative(x, smoothing), rtol=1e-5, atol=1e-7)


SMOOTHING = r"label_smoothing lies in \[0, 1\)"


@pytest.mark.parametrize(
    ("name", "smoothing", "message"),
    [
        ("hinge", 0.1, "non_saturating and least_squares.*0.1.*'hinge'"),
        ("wasserstein", 0.1, "non_saturating and least_squares.*0.1.*'wasserstein'"),
        ("hinge2", 0.0, r"one of non_saturating.*loss='hinge2'"),
        *(("non_saturating", s, SMOOTHING) for s in (-0.1, 1.0, float("nan"), "0.1", True)),
    ],
)
def test_refuses(name, smoothing, message):
    with pytest.raises(ValueError, match=message):
        losses.adversarial(name, smoothing)


def test_accuracy_is_the_share_on_the_right_side():
    for name, boundary in (("non_saturating", 0.0), ("hinge", 0.0), ("least_squares", 0.5)):
        loss, undecided = losses.adversarial(name), tf.fill([3, 1], boundary)
        real = boundary + tf.constant([[1.0], [1e-3], [-1e-3], [-2.0]])
        fake = boundary + tf.constant([[-1.0], [-1e-3], [1e-3], [-3.0]])
        assert losses.accuracy(loss, real, fake) == 5 / 8
        assert losses.accuracy(loss, undecided, undecided) == 0


def test_wasserstein_s_boundary_lies_midway():
    loss = losses.adversarial("wasserstein")
    real, fake = tf.constant([[100.0], [104.0], [90.0]]), tf.constant([[70.0], [71.0], [99.0]])
    assert (np.mean(real) + np.mean(fake)) / 2 == 89  # so that all but the fake 99 are right
    for shift in (0.0, -1000.0):
        np.testing.assert_allclose(losses.accuracy(loss, real + shift, fake + shift), 5 / 6)


def test_rows_of_more_than_one_logit_are_refused():
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="squeeze"):
        losses.adversarial("non_saturating").real(tf.zeros([4, 2]))


@pytest.mark.parametrize("shape", [(3, 4), (3, 1)])
def test_sigma_penalty_is_the_mean_square_distance_from_one_and_pulls_towards_it(shape):
    scale = np.random.default_rng(0).uniform(0.1, 2.0, shape)
    with tf.GradientTape() as tape:
        tape.watch(tensor := tf.constant(scale))
        penalty = losses.sigma_penalty(tensor)
    np.testing.assert_allclose(penalty, np.mean([(1 - s) ** 2 for s in scale.ravel()]))
    np.testing.assert_allclose(tape.gradient(penalty, tensor), 2 * (scale - 1) / scale.size)


RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(size=[2, 5, 3])
UNIFORM = RNG.uniform(size=[5])
BETWEEN = REAL + UNIFORM[:, None] * (FAKE - REAL)
WEIGHT = np.array([0.3, -1.2, 0.5])
SYMMETRIC = np.array([[1.0, 0.2, -0.3], [0.2, -0.5, 0.1], [-0.3, 0.1, 2.0]])


def linear(weight):
    return lambda x: tf.linalg.matvec(x, weight)


def quadratic(matrix):
    return lambda x: 0.5 * tf.reduce_sum(x * tf.linalg.matmul(x, matrix), axis=1)


def curved(weight):
    """A score whose gradient is no simple thing."""
    return lambda x: tf.reduce_sum(tf.tanh(x * weight) * tf.sin(x), axis=1)


def penalties(make, weight):
    """R1 and WGAN-GP of a score made of a weight."""
    real, fake, uniform = map(tf.constant, (REAL, FAKE, UNIFORM))
    score = make(tf.convert_to_tensor(weight))
    r1 = losses.r1_penalty(score, real)
    return tf.stack([r1, losses.gradient_penalty(score, real, fake, uniform)])


def test_penalties_in_closed_form():
    norm = np.linalg.norm(WEIGHT)
    np.testing.assert_allclose(penalties(linear, WEIGHT), [norm**2 / 2, (norm - 1) ** 2])
    at_real, at_between = (np.linalg.norm(x @ SYMMETRIC, axis=1) for x in (REAL, BETWEEN))
    expected = [np.mean(at_real**2) / 2, np.mean((at_between - 1) ** 2)]
    np.testing.assert_allclose(penalties(quadratic, SYMMETRIC), expected)


def test_penalties_of_images_add_up_all_their_pixels():
    real, fake = (tf.constant(x.reshape(5, 1, 3, 1)) for x in (REAL, FAKE))

    def score(images):
        return quadratic(SYMMETRIC)(tf.reshape(images, [-1, 3]))

    found = losses.r1_penalty(score, real), losses.gradient_penalty(score, real, fake, UNIFORM)
    np.testing.assert_allclose(found, penalties(quadratic, SYMMETRIC))


def test_penalties_are_those_of_finite_differences():
    step, score = 1e-5, curved(WEIGHT)

    def norms(rows):
        slopes = [(score(rows + e) - score(rows - e)) / (2 * step) for e in step * np.eye(3)]
        return np.linalg.norm(slopes, axis=0)

    expected = [np.mean(norms(REAL) ** 2) / 2, np.mean((norms(BETWEEN) - 1) ** 2)]
    np.testing.assert_allclose(penalties(curved, WEIGHT), expected, rtol=1e-7)


@pytest.mark.parametrize("make", [linear, curved])
@pytest.mark.parametrize("which", [0, 1], ids=["r1", "gradient_penalty"])
def test_penalties_teach_the_score_s_parameters(make, which):
    weight = tf.Variable(WEIGHT)
    with tf.GradientTape() as tape:
        penalty = penalties(make, weight)[which]
    step = 1e-6
    expected = [
        (penalties(make, WEIGHT + e)[which] - penalties(make, WEIGHT - e)[which]) / (2 * step)
        for e in step * np.eye(3)
    ]
    np.testing.assert_allclose(tape.gradient(penalty, weight), expected, rtol=1e-6)
    assert np.abs(expected).min() > 1e-3


def test_gradient_penalty_of_a_flat_score_is_one_and_has_a_gradient():
    weight = tf.Variable(np.zeros(3))
    with tf.GradientTape() as tape:
        penalty = penalties(linear, weight)[1]
    np.testing.assert_allclose(penalty, 1, rtol=1e-5)
    assert np.isfinite(tape.gradient(penalty, weight)).all()
