import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.networks.table import DISCRIMINATORS, kernels
from tfmix.networks import MLPDiscriminator
from tfmix.networks.spectral import SpectralNormalization

INPUTS = np.random.default_rng(0).normal(size=[6, 4]).astype(np.float32)
IMAGES = np.random.default_rng(0).normal(size=[3, 6, 6, 2]).astype(np.float32)


def dense(seed=0, scale=3.0, **arguments):
    kernel = keras.initializers.RandomNormal(stddev=scale, seed=7)
    layer = keras.layers.Dense(3, kernel_initializer=kernel, bias_initializer="ones")
    return SpectralNormalization(layer, seed=seed, **arguments), INPUTS


def convolution(seed=0, **arguments):
    kernel = keras.initializers.RandomNormal(stddev=2.0, seed=8)
    layer = keras.layers.Conv2D(5, 3, strides=2, kernel_initializer=kernel)
    return SpectralNormalization(layer, seed=seed, **arguments), IMAGES


@pytest.fixture(params=[dense, convolution])
def make(request):
    return request.param


def matrix(kernel):
    return np.reshape(kernel, [-1, kernel.shape[-1]])


def settle(layer, inputs, calls=100):
    """Calls until the singular vectors are found."""
    for _ in range(calls):
        layer(inputs, training=True)


def test_under_a_settled_vector_outputs_are_those_of_largest_singular_value_one(make):
    layer, inputs = make()
    settle(layer, inputs)
    kernel = layer.layer.kernel.numpy()
    effective = kernel / np.linalg.svd(matrix(kernel), compute_uv=False)[0]
    outputs = layer(inputs).numpy()
    layer.layer.kernel.assign(effective)
    np.testing.assert_allclose(outputs, layer.layer(inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_a_training_call_is_a_step_of_power_iteration_and_no_call_overwrites_the_kernel(
    make, training
):
    layer, inputs = make()
    layer.build(inputs.shape)
    kernel, vector = layer.layer.kernel.numpy(), layer.vector.numpy()
    layer(inputs, training=training)
    np.testing.assert_array_equal(layer.layer.kernel, kernel)
    if not training:
        np.testing.assert_array_equal(layer.vector, vector)
        return
    expected = vector @ matrix(kernel).T @ matrix(kernel)
    np.testing.assert_allclose(layer.vector, expected / np.linalg.norm(expected), rtol=1e-4)


def test_gradient_is_that_of_kernel_over_sigma_with_vectors_held():
    layer, _ = dense(scale=1.0)
    settle(layer, INPUTS, calls=1)  # not settled: then u and v matter
    kernel, vector = (w.numpy().astype(np.float64) for w in (layer.layer.kernel, layer.vector))
    left = vector @ kernel.T
    left /= np.linalg.norm(left)
    right = left @ kernel
    right /= np.linalg.norm(right)

    def loss(kernel):
        sigma = (left @ kernel @ right.T).item()
        return np.sum(np.sin(INPUTS @ kernel / sigma + 1))

    with tf.GradientTape() as tape:
        value = tf.reduce_sum(tf.sin(layer(INPUTS)))
    found = tape.gradient(value, layer.layer.kernel.value)
    step = 1e-5
    expected = np.zeros(kernel.shape)
    for place in np.ndindex(*kernel.shape):
        moved = np.zeros(kernel.shape)
        moved[place] = step
        expected[place] = (loss(kernel + moved) - loss(kernel - moved)) / (2 * step)
    np.testing.assert_allclose(value, loss(kernel), rtol=1e-5)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_scale_of_the_kernel_does_not_matter_and_the_bias_is_left_as_it_is(make):
    layer, inputs = make()
    before, of_zero = layer(inputs), layer(np.zeros_like(inputs))
    bias = layer.layer.bias.numpy()  # of the dense layer ones
    np.testing.assert_array_equal(of_zero, np.broadcast_to(bias, of_zero.shape))
    layer.layer.kernel.assign(100 * layer.layer.kernel)
    np.testing.assert_allclose(layer(inputs), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_a_kernel_of_zeros_stays_one(make, training):
    layer, inputs = make()
    layer.build(inputs.shape)
    layer.layer.kernel.assign(tf.zeros_like(layer.layer.kernel))
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=training)
        total = tf.reduce_sum(outputs)
    bias = layer.layer.bias.numpy()
    np.testing.assert_array_equal(outputs, np.broadcast_to(bias, outputs.shape))
    assert np.isfinite(tape.gradient(total, layer.layer.kernel.value)).all()


def test_config_makes_the_same_layer_and_seed_the_vector(make):
    layer, inputs = make(seed=5, name="some")
    again = SpectralNormalization.from_config(layer.get_config())
    assert (again.name, again.seed, type(again.layer)) == ("some", 5, type(layer.layer))
    np.testing.assert_array_equal(again(inputs), layer(inputs))
    np.testing.assert_array_equal(again.vector, layer.vector)
    other, _ = make(seed=4)
    other.build(inputs.shape)
    assert (other.vector.numpy() != layer.vector.numpy()).all()


@pytest.mark.parametrize("row", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_every_kernel_of_a_discriminator_is_normalised_and_has_a_vector_of_its_own(row):
    network = row.make(norm="spectral", num_classes=4, seed=3)
    wrapped = [each for each in network.layers if isinstance(each, SpectralNormalization)]
    assert len(wrapped) == len(kernels(network)) > 2
    assert len({each.seed for each in wrapped}) == len(wrapped)
    assert {"logit", "class_logits"} < {each.name for each in wrapped}
    assert {each.name for each in network.non_trainable_variables} == {"vector"}
    assert {each.name for each in network.trainable_variables} == {"kernel", "bias"}
    plain = row.make(norm="none")
    kinds = {type(each).__name__ for each in (*network.layers, *plain.layers)}
    assert not {"BatchNormalization", "GroupNormalization"} & kinds
    assert not any(isinstance(each, SpectralNormalization) for each in plain.layers)


def test_a_discriminator_under_settled_vectors_changes_no_faster_than_its_inputs():
    """Heads of one output have largest singular value 1, and so has every layer before them."""
    network = MLPDiscriminator(4, widths=(8, 8), norm="spectral")
    for weight in network.trainable_variables:
        weight.assign(5 * weight)
    settle(network, INPUTS)
    points = tf.constant(np.random.default_rng(1).normal(size=[200, 4]).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(points)
        total = tf.reduce_sum(network(points))
    slopes = np.linalg.norm(tape.gradient(total, points), axis=1)
    assert 0.01 < slopes.max() <= 1 + 1e-4
