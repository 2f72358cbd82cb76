import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests.networks.table import DISCRIMINATORS, GENERATORS, IMAGES, LATENTS, kernels
from tfmix.networks import ResNetDiscriminator, ResNetGenerator
from tfmix.networks.layers import NORMS

FROM_4 = [(32, 3), (64, 4), pytest.param(128, 5, marks=pytest.mark.slow)]  # side, depth
generator = GENERATORS["resnet_generator"].make
discriminator = DISCRIMINATORS["resnet_discriminator"].make


def images(number, *shape):
    return np.random.default_rng(0).uniform(-1, 1, [number, *shape]).astype(np.float32)


def test_32_pixels_begin_and_end_at_4_and_maps_have_at_most_8_times_the_width():
    generator = ResNetGenerator(5, (32, 32, 3), width=2)
    assert generator.get_layer(index=2).output.shape == (None, 4, 4, 16)
    layers = ResNetDiscriminator((32, 32, 3), width=2).layers
    (pooling,) = (x for x in layers if isinstance(x, keras.layers.GlobalAveragePooling2D))
    assert pooling.input.shape == (None, 4, 4, 8)
    sizes = {"image_shape": (64, 64, 1), "width": 1, "depth": 5}
    for network in (ResNetGenerator(5, **sizes), ResNetDiscriminator(**sizes)):
        assert max(max(kernel.shape[2:], default=0) for kernel in kernels(network)) == 8


def test_maps_grow_as_the_docstring_says():
    shapes = [kernel.shape for kernel in kernels(generator(width=3, depth=3))]
    blocks = [(24, 12), (12, 6), (6, 3)]
    expected = [[(3, 3, a, b), (3, 3, b, b), (1, 1, a, b)] for a, b in blocks]
    assert sorted(shapes) == sorted([(5, 24), *itertools.chain(*expected), (3, 3, 3, 1)])

    shapes = [kernel.shape for kernel in kernels(discriminator(width=3, depth=3))]
    blocks = [(3, 6), (6, 12)]
    expected = [[(3, 3, a, a), (3, 3, a, b), (1, 1, a, b)] for a, b in blocks]
    expected = [(3, 3, 1, 3), (3, 3, 3, 3), (1, 1, 1, 3), *itertools.chain(*expected)]
    assert sorted(shapes) == sorted([*expected, *2 * [(3, 3, 12, 12)], (12, 1)])


def without_residuals(network):
    """The kernels of its shortcuts, once those of the residual branches are zero."""
    shortcuts = []
    for variable in network.trainable_variables:
        if variable.name == "kernel" and variable.shape[:2] == (1, 1):
            shortcuts.append(variable.numpy()[0, 0])
        elif variable.name == "kernel" and variable.shape[:2] == (3, 3):
            variable.assign(tf.zeros(variable.shape))
    return shortcuts


def test_a_discriminator_of_shortcuts_is_linear_in_pooled_images():
    network = discriminator(depth=2, width=3)
    shortcuts = without_residuals(network)
    pooled = IMAGES.reshape(4, 2, 4, 2, 4, 1).mean(axis=(2, 4))
    features = pooled @ shortcuts[0] @ shortcuts[1]
    features = np.where(features > 0, features, 0.2 * features).mean(axis=(1, 2))
    np.testing.assert_allclose(network(IMAGES), features @ kernels(network)[-1], atol=1e-6)


def test_a_generator_of_shortcuts_repeats_pixels():
    network = generator(depth=2, width=3)
    shortcuts = without_residuals(network)
    *_, last, _, _, _ = network.layers
    assert isinstance(last, keras.layers.BatchNormalization)
    small = (LATENTS @ kernels(network)[0]).reshape(4, 2, 2, 12) @ shortcuts[0] @ shortcuts[1]
    expected = small.repeat(4, axis=1).repeat(4, axis=2)
    before = keras.Model(network.input, last.input)(LATENTS)
    np.testing.assert_allclose(before, expected, rtol=1e-4, atol=1e-5)


def test_norm_is_before_each_activation_but_the_first_blocks():
    for norm, kind in (("batch", "BatchNormalization"), ("layer", "GroupNormalization")):
        layers = discriminator(norm=norm, depth=2).layers
        normalised = [layer.output for layer in layers if type(layer).__name__ == kind]
        first, *others = [x.input for x in layers if isinstance(x, keras.layers.LeakyReLU)]
        assert len(normalised) == len(others) == 5
        assert all(any(each is output for output in normalised) for each in others)
        assert all(first is not output for output in normalised)
        # Images are convolved as they are.
        assert isinstance(layers[1], keras.layers.Conv2D)
        assert layers[1].input is layers[0].output


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("side", "depth"), FROM_4)
def test_first_logits_are_of_a_sane_size(side, depth, norm):
    network = ResNetDiscriminator((side, side, 3), num_outputs=64, width=4, depth=depth, norm=norm)
    # Neighbouring pixels are alike, as those of photographs are.
    some = tf.image.resize(2 * images(4, 4, 4, 3), (side, side), "bicubic")
    if norm == "spectral":
        network(some, training=True)
    logits = network(some, training=norm == "batch").numpy()
    assert 0.03 < np.sqrt(np.mean(logits**2)) < 3


@pytest.mark.parametrize(("side", "depth"), FROM_4)
def test_first_images_are_neither_grey_nor_black_and_white(side, depth):
    made = ResNetGenerator(5, (side, side, 3), width=4, depth=depth)(LATENTS, training=True)
    assert 0.1 < np.std(made) < 0.8


@pytest.mark.parametrize("norm", [None, *NORMS])
def test_gradients_reach_every_weight(norm):
    if norm is None:
        network, inputs = generator(width=4), np.random.default_rng(0).normal(size=[16, 5])
    else:
        network, inputs = discriminator(norm=norm, num_classes=3, width=4), images(16, 8, 8, 1)
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(network(inputs, training=True))
        loss = sum(tf.reduce_sum(tf.sin(output + 0.5)) for output in outputs)
    variables = network.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        # A channel whose every pixel a rectifier turns off may have none.
        assert np.mean(abs(gradient) > 1e-4) > 0.7, variable.path


@pytest.mark.parametrize(("make", "inputs"), [(generator, LATENTS), (discriminator, IMAGES)])
def test_xla_runs_it(make, inputs):
    made = make(depth=1)
    compiled = tf.function(made, jit_compile=True)
    np.testing.assert_allclose(compiled(inputs), made(inputs), rtol=1e-4, atol=1e-5)


R1 = {"r1_penalty": 1.0, "r1_every": 2}
PLAIN = pytest.param("float32", "none", R1, marks=pytest.mark.slow)
HINGE = pytest.param("float32", "spectral", {"loss": "hinge"}, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("dtype", "norm", "arguments"), [PLAIN, HINGE, ("mixed_bfloat16", "spectral", R1)]
)
def test_a_pair_is_trained(dtype, norm, arguments):
    gan = tfmix.GAN(
        tfmix.priors.GaussianMixture(3, 5),
        generator(depth=1, dtype=dtype),
        discriminator(depth=1, norm=norm, dtype=dtype),
        ema_momentum=0.9,
        **arguments,
    )
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2), run_eagerly=True)
    before = [each.numpy() for each in gan.generator.weights + gan.discriminator.weights]
    history = gan.fit(images(12, 8, 8, 1), batch_size=4, verbose=0).history
    assert gan.step == 3
    assert np.isfinite([*history.values()]).all()
    after = gan.generator.weights + gan.discriminator.weights
    for weight, first in zip(after, before, strict=True):
        assert np.isfinite(weight).all()
        assert (weight.numpy() != first).any(), weight.path
    assert np.isfinite(gan.sample(4)).all()
