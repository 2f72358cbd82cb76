import keras
import numpy as np
import pytest

from tests.networks.table import DISCRIMINATORS, GENERATORS, IMAGES, LATENTS, kernels
from tfmix.networks.spectral import SpectralNormalization

generator = GENERATORS["dcgan_generator"].make
discriminator = DISCRIMINATORS["dcgan_discriminator"].make


def test_maps_grow_as_the_docstring_says():
    widths = [kernel.shape[2:] for kernel in kernels(generator(width=3, depth=3))[1:]]
    assert widths == [(6, 12), (3, 6), (1, 3)]  # (out, in) of a transposed convolution
    widths = [kernel.shape[2:] for kernel in kernels(discriminator(width=3, depth=3))[:-1]]
    assert widths == [(1, 3), (3, 6), (6, 12)]


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
    network = discriminator(norm=norm, depth=3)
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
