import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.networks.table import DISCRIMINATORS, GENERATORS, IMAGES, LATENTS, kernels
from tfmix import networks
from tfmix.networks.spectral import SpectralNormalization

generator = GENERATORS["dcgan_generator"].make
discriminator = DISCRIMINATORS["dcgan_discriminator"].make


def test_maps_grow_as_the_docstring_says():
    widths = [kernel.shape[2:] for kernel in kernels(generator(width=3, depth=3))[1:]]
    assert widths == [(6, 12), (3, 6), (1, 3)]  # (out, in) of a transposed convolution
    shapes = [kernel.shape for kernel in kernels(discriminator(width=3, depth=3))]
    assert shapes == [(4, 4, 1, 3), (4, 4, 3, 6), (4, 4, 6, 12), (12, 256), (256, 1)]


def test_sides_that_are_not_divisible_are_rounded_up_and_cropped():
    made = generator(image_shape=(28, 22, 1), depth=3)
    maps = [x.output.shape[1:3] for x in made.layers if "activation" not in x.name][2:]
    assert [each for i, each in enumerate(maps) if each not in maps[:i]] == [
        *((4, 3), (8, 6), (7, 6), (14, 12), (14, 11), (28, 22)),
    ]
    seen = discriminator(image_shape=(28, 22, 1), depth=3)
    maps = [x.output.shape[1:3] for x in seen.layers if isinstance(x, keras.layers.Conv2D)]
    assert maps == [(14, 11), (7, 6), (4, 3)]
    assert made(LATENTS).shape == (4, 28, 22, 1)


def test_a_unit_before_the_logit_sees_the_whole_image_or_what_was_computed():
    """By gradients: a unit of the last map sees 10 x 10 pixels, one of the dense layer all."""
    for arguments, pixels in (({"patches": True, "dense_widths": ()}, 10), ({}, 24)):
        network = discriminator(image_shape=(24, 24, 1), **arguments)
        inner = keras.Model(network.input, network.get_layer("logit").input)
        images = tf.random.stateless_uniform([1, 24, 24, 1], [0, 1])
        with tf.GradientTape() as tape:
            tape.watch(images)
            features = inner(images)
            # The unit in the middle of the last map, 6 x 6 of 4 channels, or any dense one.
            unit = features[0, (2 * 6 + 2) * 4] if pixels == 10 else tf.reduce_sum(features)
        reached = tape.gradient(unit, images)[0, :, :, 0] != 0
        assert int(tf.reduce_any(reached, axis=0).numpy().sum()) <= pixels
        assert int(tf.reduce_any(reached, axis=0).numpy().sum()) > pixels - 4


def test_weights_without_a_norm_start_as_he_has_them():
    kernel = kernels(discriminator(width=64, image_shape=(16, 16, 64), depth=1))[0]
    np.testing.assert_allclose(kernel.std(), np.sqrt(2 / (4 * 4 * 64)), rtol=0.02)
    kernel = kernels(discriminator(width=64, image_shape=(16, 16, 64), norm="batch"))[0]
    np.testing.assert_allclose(kernel.std(), 0.02, rtol=0.02)


def test_a_config_of_before_has_the_network_of_before():
    config = discriminator().get_config()
    for name in ("kernel_size", "dense_widths", "patches", "heads", "activation"):
        del config[name]
    network = networks.DCGANDiscriminator.from_config({**config, "image_shape": [32, 32, 1]})
    assert [kernel.shape for kernel in kernels(network)] == [
        *((5, 5, 1, 2), (5, 5, 2, 4), (8 * 8 * 4, 1))
    ]


def test_minibatch_kernels_let_rows_see_each_other():
    plain, seeing = (discriminator(norm="none", minibatch_kernels=n) for n in (0, 20))
    np.testing.assert_allclose(plain(IMAGES)[:1], plain(IMAGES[:1]), atol=1e-6)
    assert abs(seeing(IMAGES)[:1] - seeing(IMAGES[:1])).numpy().max() > 1e-3


NORMALISATIONS = (keras.layers.BatchNormalization, keras.layers.GroupNormalization)


@pytest.mark.parametrize(
    ("norm", "kind", "number"),
    [
        *(("batch", NORMALISATIONS[0], 2), ("layer", NORMALISATIONS[1], 2)),
        *(("spectral", SpectralNormalization, 4), ("none", NORMALISATIONS, 0)),  # all kernels
    ],
)
def test_norm_is_on_all_maps_but_the_first(norm, kind, number):
    network = discriminator(norm=norm, depth=3, dense_widths=())
    assert sum(isinstance(layer, kind) for layer in network.layers) == number


def test_layer_norm_is_over_all_of_an_image():
    network = discriminator(norm="layer")
    normalise = next(x for x in network.layers if isinstance(x, keras.layers.GroupNormalization))
    inner = keras.Model(network.input, [normalise.input, normalise.output])
    before, after = (each.numpy() for each in inner(100 * IMAGES))
    np.testing.assert_allclose(after.mean(axis=(1, 2, 3)), np.zeros(4), atol=1e-4)
    deviation = before.std(axis=(1, 2, 3))
    expected = deviation / np.sqrt(deviation**2 + 1e-3)
    np.testing.assert_allclose(after.std(axis=(1, 2, 3)), expected, rtol=1e-3)


def test_dense_layers_come_before_the_first_map_and_are_rectified():
    network = generator(dense_widths=(7, 3), depth=1)
    assert [kernel.shape for kernel in kernels(network)[:3]] == [(5, 7), (7, 3), (3, 4 * 4 * 2)]
    assert sum(weight.shape in [(7,), (3,)] for weight in network.weights) == 2  # the biases
    network.layers[1].bias.assign(np.full(7, -1e3, np.float32))  # all of them off
    made = network(LATENTS).numpy()
    np.testing.assert_array_equal(made[0], made[1])
