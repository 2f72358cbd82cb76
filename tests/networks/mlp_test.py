import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix.networks import MLPDiscriminator, MLPGenerator

INPUTS = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)


def generator(**arguments):
    return MLPGenerator(3, 2, **({"widths": (8, 8, 8)} | arguments))


def discriminator(**arguments):
    return MLPDiscriminator(3, **({"widths": (8, 8, 8)} | arguments))


def kernels(network):
    return [weight for weight in network.get_weights() if weight.ndim == 2]


@pytest.fixture(params=[generator, discriminator])
def make(request):
    return request.param


@pytest.fixture
def set_policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def by_hand(network, slope):
    """Dense layers with a leaky ReLU between, in NumPy."""
    x = INPUTS
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
    np.testing.assert_allclose(network(INPUTS), by_hand(network, slope), rtol=1e-4, atol=1e-5)


def test_shapes():
    assert generator()(INPUTS).shape == (6, 2)
    assert discriminator()(INPUTS).shape == (6, 1)
    assert discriminator(num_outputs=4)(INPUTS).shape == (6, 4)


def test_classes():
    outputs = discriminator(num_classes=5)(INPUTS)
    shapes = {name: value.shape for name, value in outputs.items()}
    assert shapes == {"logit": (6, 1), "class_logits": (6, 5)}


def test_seed_makes_the_weights(make):
    first, again, other = (kernels(make(seed=seed)) for seed in (3, 3, 4))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != another).all()


def test_layers_start_apart(make):
    hidden = [kernel for kernel in kernels(make()) if kernel.shape == (8, 8)]
    for first, second in itertools.combinations(hidden, 2):
        assert (first != second).all()


def test_config_is_json_and_makes_the_same_network(make):
    network = make(seed=9, name="some")
    again = type(network).from_config(json.loads(json.dumps(network.get_config())))
    assert (again.name, again.get_config()) == ("some", network.get_config())
    np.testing.assert_array_equal(again(INPUTS), network(INPUTS))


def test_saved_network_is_the_same(make, tmp_path):
    network = make()
    network.set_weights([weight + 0.1 for weight in network.get_weights()])
    network.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(network)
    np.testing.assert_array_equal(loaded(INPUTS), network(INPUTS))


def test_saved_discriminator_keeps_its_arguments(tmp_path):
    network = discriminator(num_classes=3, num_outputs=2, widths=(4,))
    network.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    for name, value in network(INPUTS).items():
        np.testing.assert_array_equal(loaded(INPUTS)[name], value)


def test_mixed_precision_gives_and_keeps_float32(make):
    network, exact = make(dtype="mixed_bfloat16"), make()
    outputs = network(INPUTS)
    assert outputs.dtype == tf.float32
    assert {variable.dtype for variable in network.variables} == {"float32"}
    np.testing.assert_allclose(outputs, exact(INPUTS), atol=0.05)
    assert (outputs != exact(INPUTS)).numpy().any()


def test_own_policy_is_kept_under_another_global_one(make, tmp_path, set_policy):
    network = make(dtype="float32")
    expected = network(INPUTS)
    network.save(tmp_path / "x.keras")
    set_policy("mixed_bfloat16")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "x.keras")(INPUTS), expected)


def test_global_policy_is_taken_and_kept(make, tmp_path, set_policy):
    set_policy("mixed_bfloat16")
    network = make()
    assert "bfloat16" in {layer.compute_dtype for layer in network.layers}
    expected = network(INPUTS)
    network.save(tmp_path / "x.keras")
    set_policy("float32")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "x.keras")(INPUTS), expected)


def test_refuses_widths_below_one(make):
    with pytest.raises(ValueError, match="units=0"):
        make(widths=(8, 0))


def test_refuses_no_inputs():
    for make in (lambda: MLPGenerator(0, 2), lambda: MLPDiscriminator(0)):
        with pytest.raises(ValueError, match="input_dim"):
            make()


def test_refuses_seed(make):
    with pytest.raises(ValueError, match="A seed lies in"):
        make(seed=2**31)


def test_layer_norm_acts_in_each_row():
    network = discriminator(norm="layer")
    np.testing.assert_allclose(network(INPUTS, training=True)[:2], network(INPUTS[:2]), atol=1e-6)
    batch = discriminator(norm="batch")
    assert abs(batch(INPUTS, training=True)[:2] - batch(INPUTS[:2])).numpy().max() > 1e-3


def test_layer_norm_takes_mean_and_deviation_out_of_each_row():
    network = discriminator(widths=(8,), norm="layer", seed=4)
    kernel, bias = (weight.numpy() for weight in network.layers[1].weights)
    hidden = INPUTS @ kernel + bias
    hidden -= hidden.mean(axis=1, keepdims=True)
    hidden /= np.sqrt(hidden.var(axis=1, keepdims=True) + 1e-3)
    hidden = np.where(hidden > 0, hidden, 0.2 * hidden)
    expected = hidden @ network.layers[-1].kernel.numpy()
    np.testing.assert_allclose(network(INPUTS), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("norm", "kind"),
    [("batch", keras.layers.BatchNormalization), ("layer", keras.layers.GroupNormalization)],
)
def test_norm_follows_every_hidden_layer(norm, kind):
    found = [layer for layer in discriminator(norm=norm).layers if isinstance(layer, kind)]
    assert len(found) == 3


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "spectral"])
def test_every_norm_has_outputs_of_the_same_shape_and_comes_back_from_json(norm):
    network = discriminator(norm=norm, num_outputs=2, num_classes=5)
    again = MLPDiscriminator.from_config(json.loads(json.dumps(network.get_config())))
    outputs = network(INPUTS, training=False)
    assert {name: value.shape for name, value in outputs.items()} == {
        "logit": (6, 2),
        "class_logits": (6, 5),
    }
    for name, value in again(INPUTS, training=False).items():
        np.testing.assert_array_equal(value, outputs[name])


def test_refuses_norm():
    with pytest.raises(ValueError, match=r"norm is one of none, batch, layer, spectral\..*'group'"):
        discriminator(norm="group")
