import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix.networks import DCGANDiscriminator, DCGANGenerator
from tfmix.networks.spectral import SpectralNormalization

SHAPES = [  # image shape, depth
    ((8, 8, 1), 1),
    ((8, 8, 3), 3),
    ((28, 28, 1), 2),
    ((32, 32, 3), 3),
    ((48, 48, 1), 4),
    ((96, 96, 3), 4),
    ((8, 24, 3), 2),
]


def latents(number=4):
    return np.random.default_rng(0).normal(size=[number, 5]).astype(np.float32)


def images(number=4, shape=(8, 8, 1)):
    return np.random.default_rng(0).uniform(-1, 1, [number, *shape]).astype(np.float32)


def generator(**arguments):
    return DCGANGenerator(5, (8, 8, 1), **({"width": 2} | arguments))


def discriminator(**arguments):
    return DCGANDiscriminator((8, 8, 1), **({"width": 2} | arguments))


def kernels(network):
    return [weight.numpy() for weight in network.trainable_variables if weight.name == "kernel"]


@pytest.fixture(params=[(generator, latents), (discriminator, images)], ids=["gen", "disc"])
def network(request):
    """A maker of networks, and a maker of inputs."""
    return request.param


@pytest.fixture
def set_policy():
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(("image_shape", "depth"), SHAPES)
def test_generator_makes_images_of_the_shape(image_shape, depth):
    network = DCGANGenerator(5, image_shape, width=2, depth=depth)
    made = network(latents(2), training=True)
    assert network.output_shape == (None, *image_shape)
    assert (made.shape, made.dtype) == ((2, *image_shape), tf.float32)
    assert 0 < abs(made.numpy()).max() <= 1


@pytest.mark.parametrize(("image_shape", "depth"), SHAPES)
def test_discriminator_takes_images_of_the_shape(image_shape, depth):
    network = DCGANDiscriminator(image_shape, width=2, depth=depth)
    logits = network(images(2, image_shape), training=True)
    assert network.input_shape == (None, *image_shape)
    assert (logits.shape, logits.dtype) == ((2, 1), tf.float32)


def test_generator_reaches_but_does_not_pass_black_and_white():
    network = generator()
    network.set_weights([100 * weight for weight in network.get_weights()])
    made = network(latents(64), training=True).numpy()
    assert (made.min(), made.max()) == (-1, 1)


def test_maps_grow_as_the_docstring_says():
    widths = [kernel.shape[2:] for kernel in kernels(generator(width=3, depth=3))[1:]]
    assert widths == [(6, 12), (3, 6), (1, 3)]  # (out, in) of a transposed convolution
    widths = [kernel.shape[2:] for kernel in kernels(discriminator(width=3, depth=3))[:-1]]
    assert widths == [(1, 3), (3, 6), (6, 12)]


def test_number_of_outputs():
    assert discriminator(num_outputs=7)(images(3)).shape == (3, 7)


def test_classes():
    network = discriminator(num_classes=6)
    outputs = network(images(3))
    assert {name: value.shape for name, value in outputs.items()} == {
        "logit": (3, 1),
        "class_logits": (3, 6),
    }


def test_minibatch_kernels_let_rows_see_each_other():
    rows = images(4)
    plain, seeing = (discriminator(norm="none", minibatch_kernels=n) for n in (0, 20))
    np.testing.assert_allclose(plain(rows)[:1], plain(rows[:1]), atol=1e-6)
    assert abs(seeing(rows)[:1] - seeing(rows[:1])).numpy().max() > 1e-3


@pytest.mark.parametrize(
    ("norm", "kind", "number"),
    [
        ("batch", keras.layers.BatchNormalization, 2),
        ("layer", keras.layers.GroupNormalization, 2),
        ("spectral", SpectralNormalization, 4),  # the first map's and the logit's too
        ("none", (keras.layers.BatchNormalization, keras.layers.GroupNormalization), 0),
    ],
)
def test_norm_is_on_all_maps_but_the_first(norm, kind, number):
    network = discriminator(norm=norm, depth=3)
    assert sum(isinstance(layer, kind) for layer in network.layers) == number


@pytest.mark.parametrize("norm", ["none", "layer", "spectral"])
def test_rows_are_independent_without_batch_statistics(norm):
    network, rows = discriminator(norm=norm, depth=2, seed=3), images(4)
    network.set_weights([20 * weight for weight in network.get_weights()])
    alone, together = network(rows[:1]), network(rows, training=False)[:1]
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-6)


def test_batch_statistics_make_rows_see_each_other():
    network, rows = discriminator(norm="batch", depth=2), images(4)
    network.set_weights([20 * weight for weight in network.get_weights()])
    apart = network(rows[:2], training=True) - network(rows, training=True)[:2]
    assert abs(apart).numpy().max() > 1e-3


def test_layer_norm_is_over_all_of_an_image():
    network, rows = discriminator(norm="layer", depth=2), images(4)
    normalise = next(x for x in network.layers if isinstance(x, keras.layers.GroupNormalization))
    inner = keras.Model(network.input, [normalise.input, normalise.output])
    before, after = (each.numpy() for each in inner(100 * rows))
    np.testing.assert_allclose(after.mean(axis=(1, 2, 3)), np.zeros(4), atol=1e-4)
    deviation = before.std(axis=(1, 2, 3))
    np.testing.assert_allclose(
        after.std(axis=(1, 2, 3)), deviation / np.sqrt(deviation**2 + 1e-3), rtol=1e-3
    )


def test_dense_layers_come_before_the_first_map():
    network = generator(dense_widths=(7, 3), depth=1)
    assert [kernel.shape for kernel in kernels(network)[:3]] == [(5, 7), (7, 3), (3, 4 * 4 * 2)]
    plain = generator(depth=1)
    dense = sum(weight.shape == (7,) or weight.shape == (3,) for weight in network.weights)
    assert dense == 2  # their biases
    assert len(network.weights) == len(plain.weights) + 4


def test_dense_layers_are_rectified():
    network = generator(dense_widths=(7,), depth=1)
    network.layers[1].bias.assign(np.full(7, -1e3, np.float32))  # all of them off
    made = network(latents(2)).numpy()
    np.testing.assert_array_equal(made[0], made[1])


@pytest.mark.parametrize("norm", ["none", "batch", "layer", "spectral"])
def test_every_norm_comes_back_from_json_with_class_heads(norm):
    made = discriminator(norm=norm, depth=2, num_outputs=2, num_classes=3)
    again = DCGANDiscriminator.from_config(json.loads(json.dumps(made.get_config())))
    outputs = made(images())
    assert {name: value.shape for name, value in outputs.items()} == {
        "logit": (4, 2),
        "class_logits": (4, 3),
    }
    for name, value in again(images()).items():
        np.testing.assert_array_equal(value, outputs[name])


def test_saved_generator_keeps_its_dense_layers(tmp_path):
    made = generator(dense_widths=(7, 3))
    made.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert loaded.dense_widths == (7, 3)
    np.testing.assert_array_equal(loaded(latents()), made(latents()))


def test_seed_makes_the_weights(network):
    make, _ = network
    first, again, other = (kernels(make(seed=seed)) for seed in (3, 3, 4))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != another).all()


@pytest.mark.parametrize(
    "make", [generator, discriminator, lambda **k: discriminator(num_classes=6, **k)]
)
def test_layers_start_apart(make):
    flat = [kernel.ravel()[:32] for kernel in kernels(make(depth=3, width=4))]
    for first, second in itertools.combinations(flat, 2):
        assert len(np.intersect1d(first, second)) == 0


def test_config_is_json_and_makes_the_same_network(network):
    make, inputs = network
    made = make(width=3, depth=3, seed=9, name="some")
    again = type(made).from_config(json.loads(json.dumps(made.get_config())))
    assert (again.name, again.get_config()) == ("some", made.get_config())
    np.testing.assert_array_equal(again(inputs()), made(inputs()))


def test_saved_network_is_the_same(network, tmp_path):
    make, inputs = network
    made = make()
    made(inputs(), training=True)  # moves the batch statistics
    made.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(made)
    np.testing.assert_array_equal(loaded(inputs()), made(inputs()))


def test_saved_discriminator_keeps_its_arguments(tmp_path):
    made = discriminator(num_classes=3, minibatch_kernels=4, norm="none", num_outputs=2, depth=1)
    made.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    for name, value in made(images()).items():
        np.testing.assert_array_equal(loaded(images())[name], value)


def test_mixed_precision_gives_and_keeps_float32(network):
    make, inputs = network
    made = make(dtype="mixed_bfloat16")
    assert made(inputs(), training=True).dtype == tf.float32
    assert {variable.dtype for variable in made.variables} == {"float32"}
    assert "bfloat16" in {layer.compute_dtype for layer in made.layers}
    exact = make()
    np.testing.assert_allclose(made(inputs()), exact(inputs()), atol=0.02)
    assert (made(inputs()) != exact(inputs())).numpy().any()


def test_own_policy_is_kept_under_another_global_one(network, tmp_path, set_policy):
    make, inputs = network
    made = make(dtype="float32")
    expected = made(inputs())
    made.save(tmp_path / "x.keras")
    set_policy("mixed_bfloat16")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "x.keras")(inputs()), expected)


def test_global_policy_is_taken_and_kept(network, tmp_path, set_policy):
    make, inputs = network
    set_policy("mixed_bfloat16")
    made = make()
    assert "bfloat16" in {layer.compute_dtype for layer in made.layers}
    expected = made(inputs())
    made.save(tmp_path / "x.keras")
    set_policy("float32")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    np.testing.assert_array_equal(loaded(inputs()), expected)


@pytest.mark.parametrize("shape", [(30, 32, 1), (32, 30, 1), (2, 2, 1)])
def test_refuses_a_size_that_depth_does_not_divide(shape):
    for make in (lambda: DCGANGenerator(5, shape), lambda: DCGANDiscriminator(shape)):
        with pytest.raises(ValueError, match=r"depth=2 .* divisible by 4\. Received: .*choose"):
            make()


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1, 1), (0, 8, 1), (8, 8, -1)])
def test_refuses_an_image_shape(shape):
    for make in (lambda: DCGANGenerator(5, shape), lambda: DCGANDiscriminator(shape)):
        with pytest.raises(ValueError, match=r"image_shape is \(height, width, channels\)"):
            make()


@pytest.mark.parametrize("arguments", [{"width": 0}, {"depth": 0}, {"depth": -1}])
def test_refuses_sizes_below_one(network, arguments):
    make, _ = network
    with pytest.raises(ValueError, match="width and depth are at least 1"):
        make(**arguments)


def test_refuses_no_latent():
    with pytest.raises(ValueError, match="input_dim"):
        DCGANGenerator(0, (8, 8, 1))


@pytest.mark.parametrize("argument", ["num_outputs", "num_classes", "minibatch_kernels"])
def test_discriminator_refuses_numbers_below_one(argument):
    with pytest.raises(ValueError, match=r"-1|-5"):
        discriminator(**{argument: -1})


def test_refuses_norm():
    with pytest.raises(ValueError, match=r"norm is one of none, batch, layer, spectral\..*'group'"):
        discriminator(norm="group")


def test_refuses_seed(network):
    make, _ = network
    with pytest.raises(ValueError, match="A seed lies in"):
        make(seed=2**31)
