import numpy as np
import pytest

from tests.networks.table import DISCRIMINATORS, GENERATORS, POINTS

generator = GENERATORS["mlp_generator"].make
discriminator = DISCRIMINATORS["mlp_discriminator"].make


def by_hand(network, slope):
    """Dense layers with a leaky ReLU between, in NumPy."""
    x = POINTS
    weights = network.get_weights()
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        x = x @ kernel + bias
        if kernel is not weights[-2]:
            x = np.where(x > 0, x, slope * x)
    return x


@pytest.mark.parametrize(("make", "slope"), [(generator, 0.0), (discriminator, 0.2)])
@pytest.mark.parametrize("widths", [(), (4,), (8, 5)])
def test_is_dense_layers(make, slope, widths):
    network = make(widths=widths)
    network.set_weights([w + 0.1 for w in network.get_weights()])
    np.testing.assert_allclose(network(POINTS), by_hand(network, slope), rtol=1e-4, atol=1e-5)


def test_layer_norm_takes_mean_and_deviation_out_of_each_row():
    network = discriminator(widths=(8,), norm="layer", seed=4)
    kernel, bias = (weight.numpy() for weight in network.layers[1].weights)
    hidden = POINTS @ kernel + bias
    hidden -= hidden.mean(axis=1, keepdims=True)
    hidden /= np.sqrt(hidden.var(axis=1, keepdims=True) + 1e-3)
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    expected = hidden @ network.layers[-1].kernel.numpy()
    np.testing.assert_allclose(network(POINTS), expected, rtol=1e-4, atol=1e-5)


def test_norm_follows_every_hidden_layer():
    for norm, kind in (("batch", "BatchNormalization"), ("layer", "GroupNormalization")):
        found = [type(layer).__name__ for layer in discriminator(norm=norm).layers]
        assert found.count(kind) == 3
