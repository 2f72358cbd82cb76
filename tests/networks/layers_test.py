import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix.networks import layers
from tfmix.networks.layers import MinibatchDiscrimination

INPUTS = np.random.default_rng(0).normal(size=[5, 4]).astype(np.float32)


def closeness(inputs, kernel, num_kernels, kernel_dim):
    """Minibatch discrimination in loops, [B, num_kernels]."""
    projected = (inputs @ kernel).reshape(len(inputs), num_kernels, kernel_dim)
    result = np.zeros([len(inputs), num_kernels])
    for i, b, j in itertools.product(range(len(inputs)), range(num_kernels), range(len(inputs))):
        if i != j:
            result[i, b] += np.exp(-np.sum(abs(projected[i, b] - projected[j, b])))
    return result


def test_minibatch_discrimination_measures_closeness_to_the_others():
    layer = MinibatchDiscrimination(3, 2)
    outputs = layer(INPUTS).numpy()
    (kernel,) = layer.get_weights()
    np.testing.assert_array_equal(outputs[:, :4], INPUTS)
    np.testing.assert_allclose(outputs[:, 4:], closeness(INPUTS, kernel, 3, 2), atol=1e-5)
    alike = layer(np.tile(INPUTS[:1], [6, 1]))
    np.testing.assert_allclose(alike[:, 4:], np.full([6, 3], 5.0))
    np.testing.assert_array_equal(layer(INPUTS[:1])[:, 4:], np.zeros([1, 3]))
    assert layer(keras.Input((4,))).shape == (None, 7)


def test_minibatch_discrimination_is_trained_and_has_a_config_and_a_seed():
    layer = MinibatchDiscrimination(3, 2, seed=8, name="some")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(INPUTS))
    (gradient,) = tape.gradient(loss, layer.trainable_variables)
    assert np.all(np.any(gradient != 0, axis=0))
    again = MinibatchDiscrimination.from_config(layer.get_config())
    assert again.name == "some"
    np.testing.assert_array_equal(again(INPUTS), layer(INPUTS))
    assert (MinibatchDiscrimination(3, 2)(INPUTS) != layer(INPUTS)).numpy()[:, 4:].all()


@pytest.mark.parametrize("make", [layers.normal_initializers, layers.glorot_initializers])
def test_initializers_draw_other_weights_for_each_layer_and_start_from_their_seed(make):
    kernels, again, other = (
        [each((20, 20)).numpy() for each in itertools.islice(make(seed, layers.GENERATOR), 5)]
        for seed in (0, 0, 1)
    )
    for first, second in itertools.combinations(kernels + other, 2):
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 5 / 20
    np.testing.assert_array_equal(again, kernels)


def test_normal_initializers_have_the_deviation_of_the_paper():
    drawn = next(layers.normal_initializers(0, layers.GENERATOR))((100, 100))
    assert np.std(drawn) == pytest.approx(0.02, 0.05)


@pytest.mark.parametrize(
    ("dtype", "name"), [(None, "float32"), ("bfloat16", "bfloat16"), ("mixed_bfloat16",) * 2]
)
def test_dtype_name(dtype, name):
    assert layers.dtype_name(dtype) == name
    assert layers.dtype_name(keras.DTypePolicy(name)) == name
