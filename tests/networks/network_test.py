"""What every generator and discriminator does."""

import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.networks.table import DISCRIMINATORS, GENERATORS, NETWORKS, kernels
from tfmix import networks
from tfmix.networks.layers import NORMS

ROWS = pytest.mark.parametrize("row", NETWORKS.values(), ids=NETWORKS)
ALL_DISCRIMINATORS = pytest.mark.parametrize("row", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
FAMILIES = pytest.mark.parametrize("family", ["DCGAN", "ResNet"])
SHAPES = [  # image shape, depth
    *(((8, 8, 1), 1), ((8, 24, 3), 2), ((28, 28, 1), 2), ((32, 32, 3), 3), ((48, 48, 1), 4)),
    *(((64, 64, 3), 4), ((96, 96, 1), 5)),
]


@pytest.fixture
def set_policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


def outputs_of(network, inputs):
    """A network's outputs by name, as arrays."""
    outputs = network(inputs)
    outputs = outputs if isinstance(outputs, dict) else {"": outputs}
    return {name: value.numpy() for name, value in outputs.items()}


def assert_same(network, made, inputs):
    assert type(network) is type(made)
    assert (network.name, network.get_config()) == (made.name, made.get_config())
    found, expected = outputs_of(network, inputs), outputs_of(made, inputs)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


@ROWS
def test_the_seed_makes_the_weights(row):
    first, again, other = (kernels(row.make(seed=seed)) for seed in (3, 3, 4))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != another).all()


@pytest.mark.parametrize("names", [*zip(GENERATORS, DISCRIMINATORS, strict=True)])
def test_layers_of_a_pair_start_apart(names):
    """Whatever their scale, of which equal draws would be the same multiples."""
    made = [k for name in names for k in kernels(NETWORKS[name].make(**NETWORKS[name].deep))]
    for pair in itertools.combinations(made, 2):
        drawn = [kernel.ravel()[:8] / abs(kernel.ravel()[0]) for kernel in pair]
        assert len(np.intersect1d(*(np.round(values[1:], 4) for values in drawn))) < 3


@ROWS
def test_config_is_json_and_makes_the_same_network(row):
    made = row.make(seed=9, name="some", **row.deep)
    config = json.loads(json.dumps(made.get_config()))
    assert row.deep.items() <= config.items()
    assert_same(type(made).from_config(config), made, row.inputs)


@pytest.mark.parametrize("norm", NORMS)
@ALL_DISCRIMINATORS
def test_every_norm_comes_back_with_its_class_heads(row, norm, tmp_path):
    """From a file the vectors of spectral normalisation too, which training has moved."""
    made = row.make(norm=norm, num_outputs=7, num_classes=6)
    shapes = {name: value.shape for name, value in outputs_of(made, row.inputs).items()}
    number = len(row.inputs)
    assert shapes == {"logit": (number, 7), "class_logits": (number, 6)}
    if norm != "spectral":
        config = json.loads(json.dumps(made.get_config()))
        assert_same(type(made).from_config(config), made, row.inputs)
        return
    for _ in range(2):
        made(row.inputs, training=True)
    made.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert_same(loaded, made, row.inputs)
    for weight, expected in zip(loaded.weights, made.weights, strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize(
    ("given", "before", "after"),
    [("float32", "float32", "mixed_bfloat16"), (None, "mixed_bfloat16", "float32")],
    ids=["given", "global"],
)
@ROWS
def test_a_saved_network_keeps_its_policy(row, given, before, after, tmp_path, set_policy):
    """The one that it was given, or else the global one, whatever is global when it is loaded."""
    set_policy(before)
    made = row.make(dtype=given, **row.deep)
    assert before.removeprefix("mixed_") in {layer.compute_dtype for layer in made.layers}
    made(row.inputs, training=True)  # moves the statistics of batches
    made.save(tmp_path / "x.keras")
    set_policy(after)
    assert_same(keras.models.load_model(tmp_path / "x.keras"), made, row.inputs)


@ROWS
def test_mixed_precision_gives_and_keeps_float32(row):
    made, exact = row.make(dtype="mixed_bfloat16"), row.make()(row.inputs)
    assert made(row.inputs, training=True).dtype == tf.float32
    assert {variable.dtype for variable in made.variables} == {"float32"}
    assert "bfloat16" in {layer.compute_dtype for layer in made.layers}
    found = row.make(dtype="mixed_bfloat16")(row.inputs)
    assert np.abs(found - exact).mean() < 0.05
    assert (found != exact).numpy().any()


@pytest.mark.parametrize(("image_shape", "depth"), SHAPES)
@FAMILIES
def test_makes_and_takes_images_of_the_shape(family, image_shape, depth):
    generator = getattr(networks, f"{family}Generator")(5, image_shape, width=1, depth=depth)
    discriminator = getattr(networks, f"{family}Discriminator")(image_shape, width=1, depth=depth)
    made = generator(np.ones([2, 5], np.float32), training=True)
    assert generator.output_shape == discriminator.input_shape == (None, *image_shape)
    assert (made.shape, made.dtype) == ((2, *image_shape), tf.float32)
    assert 0 < abs(made.numpy()).max() <= 1
    logits = discriminator(made, training=True)
    assert (logits.shape, logits.dtype) == ((2, 1), tf.float32)


@pytest.mark.parametrize("name", ["dcgan_generator", "resnet_generator"])
def test_a_generator_reaches_but_does_not_pass_black_and_white(name):
    network = GENERATORS[name].make(depth=1)
    network.set_weights([100 * weight for weight in network.get_weights()])
    latents = np.random.default_rng(0).normal(size=[64, 5]).astype(np.float32)
    made = network(latents, training=True).numpy()
    assert (made.min(), made.max()) == (-1, 1)


@pytest.mark.parametrize("norm", ["none", "layer", "spectral"])
@ALL_DISCRIMINATORS
def test_rows_are_independent_without_batch_statistics(row, norm):
    network = row.make(norm=norm, seed=3)
    network.set_weights([5 * weight for weight in network.get_weights()])
    alone, together = network(row.inputs[:1]), network(row.inputs)
    np.testing.assert_allclose(together[:1], alone, rtol=1e-4, atol=1e-5)
    assert abs(together - alone).numpy()[1:].min() > 1e-4
    if norm == "layer":  # in training too
        trained = network(row.inputs, training=True)[:1]
        np.testing.assert_allclose(trained, alone, rtol=1e-4, atol=1e-5)


@ALL_DISCRIMINATORS
def test_batch_statistics_make_rows_see_each_other(row):
    network = row.make(norm="batch")
    network.set_weights([5 * weight for weight in network.get_weights()])
    apart = network(row.inputs[:2], training=True) - network(row.inputs, training=True)[:2]
    assert abs(apart).numpy().max() > 1e-3


@pytest.mark.parametrize("name", NETWORKS)
def test_refuses(name):
    row = NETWORKS[name]
    for arguments, message in (*row.refused, ({"seed": 2**31}, "A seed lies in")):
        with pytest.raises(ValueError, match=message):
            row.make(**arguments)
