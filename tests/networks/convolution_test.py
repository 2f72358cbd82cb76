import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix.networks import convolution

LAYERS = pytest.mark.parametrize("name", ["Conv2D", "Conv2DTranspose"])
# Sides of the inputs, of the kernel, and the stride.
SHAPES = pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(7, 4, 2), (14, 4, 2), (8, 5, 2), (5, 3, 1), (9, 5, 3)]
)


def step(module, name, side, kernel, stride, dtype):
    """A graph of a layer's outputs and gradients, and of the gradients of R1's penalty on it."""
    given = {"padding": "same", "use_bias": False, "dtype": dtype}
    layer = getattr(module, name)(10, kernel, stride, **given)
    rng = np.random.default_rng(0)
    inputs = tf.constant(rng.normal(size=(6, side, side, 8)), tf.float32)
    layer.build(inputs.shape)
    layer.kernel.assign(rng.normal(size=layer.kernel.shape))

    @tf.function
    def compute():
        kernels = layer.trainable_variables
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                outputs = tf.cast(layer(inputs), tf.float32)
                loss = tf.reduce_sum(tf.sin(outputs))
            of_inputs, *of_kernels = inner.gradient(loss, [inputs, *kernels])
            penalty = tf.reduce_sum(tf.square(of_inputs))
        return outputs, of_inputs, *of_kernels, *outer.gradient(penalty, kernels)

    return compute


@LAYERS
@SHAPES
def test_outputs_and_gradients_are_those_of_keras(name, side, kernel, stride, monkeypatch):
    shape = (name, side, kernel, stride, "float32")  # in which rounding is all that differs
    expected = step(keras.layers, *shape)()
    monkeypatch.setattr(convolution, "_is_fast", lambda *_: True)
    for found, exact in zip(step(convolution, *shape)(), expected, strict=True):
        np.testing.assert_allclose(found, exact, rtol=1e-4, atol=1e-5 * np.abs(exact).max())


@LAYERS
def test_bfloat16_takes_this_form_on_small_maps(name):
    def operations(*shape):
        graph = step(convolution, name, *shape).get_concrete_function().graph
        return {each.type for each in graph.get_operations()}

    side = {"Conv2D": 16, "Conv2DTranspose": 8}[name]
    assert "Conv2DBackpropFilter" not in operations(side, 4, 2, "mixed_bfloat16")
    assert "Conv2DBackpropFilter" in operations(side + 2, 4, 2, "mixed_bfloat16")
    assert "Conv2DBackpropFilter" in operations(side, 4, 2, "float32")
