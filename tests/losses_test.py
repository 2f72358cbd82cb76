import numpy as np
import pytest
import tensorflow as tf

from tfmix import losses

LOGITS = np.float32([[-3.0], [-0.5], [0.0], [0.7], [4.0]])


def log_probability(logits):
    """Log of the discriminator's probability that a row is real, [B]."""
    return -np.log1p(np.exp(-logits.astype(np.float64)))[:, 0]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("real", -log_probability(LOGITS)),
        ("fake", -log_probability(-LOGITS)),
        ("generator", -log_probability(LOGITS)),
    ],
)
def test_non_saturating_is_the_log_likelihood(part, expected):
    values = getattr(losses.adversarial("non_saturating"), part)(tf.constant(LOGITS))
    np.testing.assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize("part", ["real", "fake", "generator"])
def test_non_saturating_is_finite_far_out(part):
    logits = tf.constant([[-1e4], [1e4]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        values = getattr(losses.adversarial("non_saturating"), part)(logits)
    assert sorted(values.numpy()) == [0, 1e4]
    assert sorted(abs(tape.gradient(values, logits).numpy().ravel())) == [0, 1]


def test_rows_of_more_than_one_logit_are_refused():
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="squeeze"):
        losses.adversarial("non_saturating").real(tf.zeros([4, 2]))


def test_refuses_unknown_loss():
    with pytest.raises(ValueError, match=r"one of non_saturating.*loss='hinge2'"):
        losses.adversarial("hinge2")


@pytest.mark.parametrize("shape", [(3, 4), (3, 1)])
def test_sigma_penalty_is_the_mean_square_distance_from_one(shape):
    scale = np.random.default_rng(0).uniform(0.1, 2.0, shape)
    penalty = losses.sigma_penalty(tf.constant(scale))
    np.testing.assert_allclose(penalty, np.mean([(1 - s) ** 2 for s in scale.ravel()]))


def test_sigma_penalty_pulls_towards_one():
    scale = tf.constant([[0.2, 1.0, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(scale)
        penalty = losses.sigma_penalty(scale)
    np.testing.assert_allclose(tape.gradient(penalty, scale), [[-1.6 / 3, 0, 4 / 3]], rtol=1e-6)
