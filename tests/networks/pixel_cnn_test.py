import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix.networks.layers import glorot_initializers
from tfmix.networks.pixel_cnn import PixelStacks
from tfmix.networks.pixel_likelihood import (
    DiscretizedLogistic,
    PixelHead,
    Softmax,
    pick_levels,
    to_levels,
    to_values,
)

LIKELIHOODS = pytest.mark.parametrize(
    "likelihood", [Softmax(7), DiscretizedLogistic(7, 3)], ids=["softmax", "logistic"]
)


WIDE = {"kernel_size": 5, "vertical_residual": True}
KERNELS = pytest.mark.parametrize("kernels", [{}, WIDE], ids=["narrow", "wide"])


def stacks(shape, num_classes=None, filters=4, **arguments):
    weights = glorot_initializers(0, 2)
    return PixelStacks(shape, filters, 2, num_classes, initializers=weights, **arguments)


def values(*shape):
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, shape), tf.float32)


def parameters(likelihood, *shape, spread=1.0):
    rng = np.random.default_rng(1)
    return tf.constant(rng.normal(0, spread, [*shape, likelihood.width]), tf.float32)


def dependence(outputs, image):
    """Whether output i of an image depends on its value j: the gradient of one output a row."""
    size = outputs(image).shape[1]
    rows = tf.Variable(tf.repeat(image, size, axis=0))
    with tf.GradientTape() as tape:
        each = tf.linalg.trace(outputs(rows))
    return np.reshape(tape.gradient(each, rows), [size, -1]) != 0


@KERNELS
def test_features_see_all_pixels_before_them_in_their_receptive_field_and_no_other(kernels):
    shape, place = (14, 22, 1), (11, 10)
    body = stacks(shape, **kernels)
    up, side = body.receptive_field
    assert (up, side) == ((8, 7) if kernels else (6, 5))
    images = tf.Variable(values(1, *shape))
    with tf.GradientTape() as tape:
        feature = tf.reduce_sum(body(images, None)[:, *place] * [1.0, -2.0, 3.0, -5.0])
    rows, columns = np.indices(shape[:2])
    down, right = rows - place[0], columns - place[1]
    before = (down < 0) | ((down == 0) & (right < 0))
    expected = before & (-down <= up) & (np.abs(right) <= side)
    np.testing.assert_array_equal(tape.gradient(feature, images)[0, :, :, 0] != 0, expected)


@pytest.mark.parametrize("channels", [1, 3])
@LIKELIHOODS
def test_each_channel_sees_all_before_it_and_nothing_else(likelihood, channels):
    filters, size = 32, 25 * channels  # filters so many that somewhere a rectifier is open
    body = stacks((5, 5, channels), filters=filters)
    head = PixelHead(filters, channels, likelihood, initializers=glorot_initializers(0, 3))
    weights = parameters(likelihood, 1, 5, 5, channels)

    def combinations(images):
        # Of each channel a combination of its parameters, in which none could cancel another.
        combined = tf.reduce_sum(head(body(images, None), images) * weights, axis=-1)
        return tf.reshape(combined, [-1, size])

    expected = np.tril(np.ones([size, size], bool), -1)
    np.testing.assert_array_equal(dependence(combinations, values(1, 5, 5, channels)), expected)


@pytest.mark.parametrize("shape", [(5, 4, 1), (3, 6, 3), (1, 2, 1)])
@pytest.mark.parametrize("num_classes", [None, 3])
@KERNELS
def test_pixel_by_pixel_gives_the_features_of_the_whole(shape, num_classes, kernels):
    body, images = stacks(shape, num_classes, **kernels), values(2, *shape)
    label = None if num_classes is None else tf.one_hot([2, 0], num_classes)
    found = []

    def choose(features, pixel):
        found.append(features)
        return tf.reshape(images, [2, -1, shape[-1]])[:, int(pixel)]

    np.testing.assert_array_equal(body.unroll(label, choose, 2), images)
    whole = tf.reshape(body(images, label), [2, -1, 4])
    np.testing.assert_allclose(tf.stack(found, axis=1), whole, atol=1e-6)


def test_every_pixel_knows_the_class():
    body, images = stacks((3, 3, 1), 3), values(2, 3, 3, 1)
    first, second, third = (body(images, tf.one_hot([c, c], 3)).numpy() for c in range(3))
    for apart in (first - second, second - third):
        assert (np.abs(apart).max(axis=-1) > 1e-3).all()


def test_features_are_in_the_dtype_of_the_policy_and_variables_in_float32():
    body = stacks((3, 3, 1), dtype="mixed_bfloat16")
    assert body(values(1, 3, 3, 1), None).dtype == tf.bfloat16
    assert {variable.dtype for variable in body.variables} == {"float32"}
    head = PixelHead(4, 1, Softmax(7), initializers=glorot_initializers(0, 3))
    assert head(tf.zeros([1, 4], tf.bfloat16), tf.zeros([1, 1])).dtype == tf.float32


def test_initializers_make_the_weights_once():
    body, other = stacks((3, 3, 1), 3), stacks((3, 3, 1), 3)
    body(keras.Input((3, 3, 1)), tf.one_hot([0], 3))
    assert len(body.variables) == 3 * 8
    for one, same in zip(body.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    kernels = [w.ravel()[:4].tolist() for w in body.get_weights() if w.any()]
    assert len({tuple(kernel) for kernel in kernels}) == len(kernels)


@LIKELIHOODS
def test_levels_sum_to_one_and_a_level_has_its_share(likelihood):
    for spread in (1.0, 100.0):
        given = parameters(likelihood, 50, 2, spread=spread)
        log_probs = likelihood.log_probs(given).numpy()
        assert log_probs.shape == (50, 2, 7)
        assert np.isfinite(log_probs).all()
        np.testing.assert_allclose(np.exp(log_probs).sum(axis=-1), 1, rtol=1e-5)
        levels = np.random.default_rng(0).integers(0, 7, [50, 2]).astype(np.int32)
        share = np.take_along_axis(log_probs, levels[..., None], axis=-1)[..., 0]
        np.testing.assert_allclose(likelihood.log_prob(given, levels), share, rtol=1e-5)


@pytest.mark.parametrize("num_levels", [2, 3, 256])
def test_logistic_is_a_difference_of_distribution_functions(num_levels):
    likelihood = DiscretizedLogistic(num_levels, 4)
    given = parameters(likelihood, 20).numpy()
    logits, mean, log_scale = np.split(given.astype(np.float64)[..., None], 3, axis=1)
    weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    edges = (2 * np.arange(num_levels - 1) + 1) / (num_levels - 1) - 1
    inner = 1 / (1 + np.exp(-(edges - mean) / np.exp(log_scale)))
    ends = np.zeros([20, 4, 1]), np.ones([20, 4, 1])
    shares = np.diff(np.concatenate([ends[0], inner, ends[1]], axis=2), axis=2)
    expected = np.log((weights * shares).sum(axis=1))
    np.testing.assert_allclose(likelihood.log_probs(given), expected, rtol=2e-4, atol=1e-5)


def test_logistic_far_away_is_finite_with_its_gradient():
    pairs = itertools.product([-1e4, 0.0, 1e4], [-1e3, -6.9, 6.9, 1e3])
    given = tf.constant([[0.0, mean, log_scale] for mean, log_scale in pairs])
    with tf.GradientTape() as tape:
        tape.watch(given)
        log_probs = DiscretizedLogistic(256, 1).log_probs(given)
    assert np.isfinite(log_probs).all()
    assert np.isfinite(tape.gradient(log_probs, given)).all()


@pytest.mark.parametrize("num_levels", [2, 3, 16, 255, 256])
def test_levels_and_values_are_each_others_inverse(num_levels):
    levels = np.arange(num_levels, dtype=np.int32)
    of_levels = to_values(levels, num_levels)
    np.testing.assert_allclose(of_levels, np.linspace(-1, 1, num_levels), atol=1e-6)
    np.testing.assert_array_equal(to_levels(of_levels, num_levels), levels)
    shaken = of_levels + np.float32(0.9 / (num_levels - 1)) * np.resize([-1, 1], num_levels)
    np.testing.assert_array_equal(to_levels(shaken, num_levels), levels)
    np.testing.assert_array_equal(to_levels([-9.0, 9.0], num_levels), [0, num_levels - 1])


def test_levels_are_drawn_in_their_shares():
    uniform = tf.constant((np.arange(1000) + 0.5) / 1000, tf.float32)
    log_probs = tf.math.log([[0.1, 0.2, 0.3, 0.4]] * tf.ones([1000, 1]))
    for temperature, shares in ((1.0, [1, 2, 3, 4]), (0.5, [1, 4, 9, 16]), (1e9, [1, 1, 1, 1])):
        drawn = pick_levels(log_probs, uniform, tf.fill([1000], temperature)).numpy()
        assert (np.diff(drawn) >= 0).all()
        expected = 1000 * np.array(shares) / np.sum(shares)
        np.testing.assert_allclose(np.bincount(drawn, minlength=4), expected, atol=1)


def test_a_level_without_probability_is_never_drawn():
    log_probs = np.full([3, 256], -np.inf, np.float32)
    log_probs[0, 100] = log_probs[1, 0] = log_probs[2, 255] = 0.0
    ends = itertools.product([2.0**-24, 0.5, 1 - 2.0**-24], [np.finfo(np.float32).tiny, 1.0, 3.0])
    for uniform, temperature in ends:
        drawn = pick_levels(log_probs, tf.fill([3], uniform), tf.fill([3], temperature))
        np.testing.assert_array_equal(drawn, [100, 0, 255])


def test_channels_are_drawn_in_turn():
    head = PixelHead(4, 3, Softmax(7), initializers=glorot_initializers(0, 3))
    head.set_weights([3 * weight for weight in head.get_weights()])
    features, uniform = 3 * values(5, 4), tf.random.stateless_uniform([3, 5], [0, 1])
    drawn = head.draw(features, uniform, tf.ones([5])).numpy()
    cumulative = np.cumsum(tf.nn.softmax(head(features, drawn)), axis=-1)
    expected = (cumulative < np.transpose(uniform)[..., None]).sum(axis=-1)
    np.testing.assert_array_equal(to_levels(drawn, 7), expected)
    assert len(np.unique(expected)) > 3
