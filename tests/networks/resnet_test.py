import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tfmix.networks import ResNetDiscriminator, ResNetGenerator
from tfmix.networks.spectral import SpectralNormalization

NORMS = ["none", "batch", "layer", "spectral"]
SHAPES = [  # image shape, depth
    ((8, 8, 1), 1),
    ((8, 24, 3), 2),
    ((28, 28, 1), 2),
    ((32, 32, 3), 3),
    ((64, 64, 3), 4),
    ((96, 96, 3), 4),
    ((128, 128, 3), 5),
]
FROM_4 = [(32, 3), (64, 4), (128, 5)]  # side, depth


def latents(number=4):
    return np.random.default_rng(0).normal(size=[number, 5]).astype(np.float32)


def images(number=4, shape=(8, 8, 1)):
    return np.random.default_rng(0).uniform(-1, 1, [number, *shape]).astype(np.float32)


def smooth(number, side):
    """Images whose neighbouring pixels are alike, as photographs' are."""
    return tf.image.resize(2 * images(number, (4, 4, 3)), (side, side), "bicubic")


def generator(**arguments):
    return ResNetGenerator(5, (8, 8, 1), **({"width": 2, "depth": 1} | arguments))


def discriminator(**arguments):
    return ResNetDiscriminator((8, 8, 1), **({"width": 2, "depth": 1} | arguments))


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
def test_makes_and_takes_images_of_the_shape(image_shape, depth):
    generator = ResNetGenerator(5, image_shape, width=2, depth=depth)
    discriminator = ResNetDiscriminator(image_shape, width=2, depth=depth)
    made = generator(latents(2), training=True)
    assert generator.output_shape == discriminator.input_shape == (None, *image_shape)
    assert (made.shape, made.dtype) == ((2, *image_shape), tf.float32)
    assert 0 < abs(made.numpy()).max() <= 1
    logits = discriminator(made, training=True)
    assert (logits.shape, logits.dtype) == ((2, 1), tf.float32)


def test_32_pixels_begin_and_end_at_4():
    made, judged = ResNetGenerator(5, (32, 32, 3), width=2), ResNetDiscriminator((32, 32, 3))
    assert made.get_layer(index=2).output.shape == (None, 4, 4, 16)
    (pooling,) = (x for x in judged.layers if isinstance(x, keras.layers.GlobalAveragePooling2D))
    assert pooling.input.shape == (None, 4, 4, 256)


def test_generator_reaches_but_does_not_pass_black_and_white():
    network = generator()
    network.set_weights([100 * weight for weight in network.get_weights()])
    made = network(latents(64), training=True).numpy()
    assert (made.min(), made.max()) == (-1, 1)


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


def test_maps_have_at_most_8_times_the_width():
    made = ResNetGenerator(5, (64, 64, 1), width=1, depth=5)
    judged = ResNetDiscriminator((64, 64, 1), width=1, depth=5)
    for network in (made, judged):
        assert max(max(kernel.shape[2:], default=0) for kernel in kernels(network)) == 8


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
    pooled = images().reshape(4, 2, 4, 2, 4, 1).mean(axis=(2, 4))
    features = pooled @ shortcuts[0] @ shortcuts[1]
    features = np.where(features > 0, features, 0.2 * features).mean(axis=(1, 2))
    np.testing.assert_allclose(network(images()), features @ kernels(network)[-1], atol=1e-6)


def test_a_generator_of_shortcuts_repeats_pixels():
    network = generator(depth=2, width=3)
    shortcuts = without_residuals(network)
    *_, last, _, _, _ = network.layers
    assert isinstance(last, keras.layers.BatchNormalization)
    small = (latents() @ kernels(network)[0]).reshape(4, 2, 2, 12) @ shortcuts[0] @ shortcuts[1]
    expected = small.repeat(4, axis=1).repeat(4, axis=2)
    before = keras.Model(network.input, last.input)(latents())
    np.testing.assert_allclose(before, expected, rtol=1e-4, atol=1e-5)


def test_images_are_convolved_as_they_are():
    network = discriminator()
    assert network.layers[1].input is network.input
    assert isinstance(network.layers[1], keras.layers.Conv2D)


def test_number_of_outputs():
    assert discriminator(num_outputs=7)(images(3)).shape == (3, 7)


@pytest.mark.parametrize("norm", NORMS)
def test_every_norm_comes_back_from_json_with_class_heads(norm):
    made = discriminator(norm=norm, num_outputs=2, num_classes=6)
    again = ResNetDiscriminator.from_config(json.loads(json.dumps(made.get_config())))
    outputs = made(images(3))
    assert {name: value.shape for name, value in outputs.items()} == {
        "logit": (3, 2),
        "class_logits": (3, 6),
    }
    for name, value in again(images(3)).items():
        np.testing.assert_array_equal(value, outputs[name])


@pytest.mark.parametrize(
    ("norm", "kind"),
    [("batch", keras.layers.BatchNormalization), ("layer", keras.layers.GroupNormalization)],
)
def test_norm_is_before_each_activation_but_the_first_blocks(norm, kind):
    network = discriminator(norm=norm, depth=2)
    normalised = [layer.output for layer in network.layers if isinstance(layer, kind)]
    first, *others = [x.input for x in network.layers if isinstance(x, keras.layers.LeakyReLU)]
    assert len(normalised) == len(others) == 5
    for each in others:
        assert any(each is output for output in normalised)
    assert all(first is not output for output in normalised)


@pytest.mark.parametrize(("norm", "number"), [("none", 0), ("spectral", 9)])
def test_other_networks_have_no_such_norm(norm, number):
    network = discriminator(norm=norm, depth=2)
    kinds = (keras.layers.BatchNormalization, keras.layers.GroupNormalization)
    assert not any(isinstance(layer, kinds) for layer in network.layers)
    assert sum(isinstance(layer, SpectralNormalization) for layer in network.layers) == number


def test_spectral_norm_is_free_of_the_scale_of_kernels():
    network = discriminator(norm="spectral")
    settle = tf.function(lambda: network(images(1), training=True))
    for _ in range(200):
        settle()
    expected = network(images())
    for variable in network.trainable_variables:
        variable.assign(20 * variable)  # biases are zero
    np.testing.assert_allclose(network(images()), expected, rtol=1e-3)
    for layer in network.layers:
        if isinstance(layer, SpectralNormalization):
            matrix = layer.layer.kernel.numpy().reshape(-1, layer.layer.kernel.shape[-1])
            found = np.linalg.norm(matrix @ layer.vector.numpy()[0])
            assert found == pytest.approx(np.linalg.norm(matrix, ord=2), rel=0.02)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("side", "depth"), FROM_4)
def test_first_logits_are_of_a_sane_size(side, depth, norm):
    network = ResNetDiscriminator((side, side, 3), num_outputs=64, width=4, depth=depth, norm=norm)
    some = smooth(4, side)
    if norm == "spectral":
        network(some, training=True)
    logits = network(some, training=norm == "batch").numpy()
    assert 0.03 < np.sqrt(np.mean(logits**2)) < 3


@pytest.mark.parametrize(("side", "depth"), FROM_4)
def test_first_images_are_neither_grey_nor_black_and_white(side, depth):
    made = ResNetGenerator(5, (side, side, 3), width=4, depth=depth)(latents(), training=True)
    assert 0.1 < np.std(made) < 0.8


@pytest.mark.parametrize("norm", ["none", "layer", "spectral"])
def test_rows_are_independent_without_batch_statistics(norm):
    network, rows = discriminator(norm=norm, depth=2, seed=3), images(4)
    alone, together = network(rows[:1]), network(rows, training=False)[:1]
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert abs(network(rows) - alone).numpy()[1:].min() > 1e-4


def test_batch_statistics_make_rows_see_each_other():
    network, rows = discriminator(norm="batch", depth=2), images(4)
    apart = network(rows[:2], training=True) - network(rows, training=True)[:2]
    assert abs(apart).numpy().max() > 1e-3


@pytest.mark.parametrize(
    ("make", "inputs"),
    [(generator, latents(16))]
    + [
        (lambda norm=norm, **k: discriminator(norm=norm, num_classes=3, **k), images(16))
        for norm in NORMS
    ],
    ids=["gen", *NORMS],
)
def test_gradients_reach_every_weight(make, inputs):
    network = make(depth=2, width=4)
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(network(inputs, training=True))
        loss = sum(tf.reduce_sum(tf.sin(output + 0.5)) for output in outputs)
    variables = network.trainable_variables
    for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
        # A channel whose every pixel a rectifier turns off may have none.
        assert np.mean(abs(gradient) > 1e-4) > 0.7, variable.path


def test_seed_makes_the_weights(network):
    make, _ = network
    first, again, other = (kernels(make(seed=seed)) for seed in (3, 3, 4))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != another).all()


def test_layers_and_networks_start_apart():
    """Kernels of one shape have one scale, so that equal draws would be equal numbers."""
    made = kernels(generator(depth=3, width=4)) + kernels(
        discriminator(depth=3, width=4, num_classes=6)
    )
    for first, second in itertools.combinations(made, 2):
        drawn = [kernel.ravel()[:8] / abs(kernel.ravel()[0]) for kernel in (first, second)]
        assert len(np.intersect1d(*(np.round(values[1:], 4) for values in drawn))) < 3


def test_config_is_json_and_makes_the_same_network(network):
    make, inputs = network
    made = make(width=3, depth=3, seed=9, name="some")
    config = made.get_config()
    again = type(made).from_config(json.loads(json.dumps(config)))
    assert (again.name, again.get_config()) == ("some", config)
    assert {"width": 3, "depth": 3, "seed": 9, "image_shape": [8, 8, 1]}.items() <= config.items()
    np.testing.assert_array_equal(again(inputs()), made(inputs()))


def test_saved_network_is_the_same(network, tmp_path):
    make, inputs = network
    made = make(depth=2)
    made(inputs(), training=True)  # moves the batch statistics
    made.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(made)
    assert loaded.get_config() == made.get_config()
    np.testing.assert_array_equal(loaded(inputs()), made(inputs()))


def test_saved_discriminator_keeps_its_arguments_and_vectors(tmp_path):
    made = discriminator(num_classes=3, norm="spectral", num_outputs=2)
    made(images(), training=True)
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
    assert np.abs(made(inputs()) - exact(inputs())).mean() < 0.05
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


def test_xla_runs_it(network):
    make, inputs = network
    made = make()
    compiled = tf.function(made, jit_compile=True)
    np.testing.assert_allclose(compiled(inputs()), made(inputs()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "norm", "arguments"),
    [
        ("float32", "none", {"r1_penalty": 1.0, "r1_every": 2}),
        ("float32", "spectral", {"loss": "hinge"}),
        ("mixed_bfloat16", "spectral", {"r1_penalty": 1.0, "r1_every": 2}),
    ],
)
def test_a_pair_is_trained(dtype, norm, arguments):
    gan = tfmix.GAN(
        tfmix.priors.GaussianMixture(3, 5),
        generator(dtype=dtype),
        discriminator(norm=norm, dtype=dtype),
        ema_momentum=0.9,
        **arguments,
    )
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2), run_eagerly=True)
    before = [each.numpy() for each in gan.generator.weights + gan.discriminator.weights]
    history = gan.fit(images(12), batch_size=4, verbose=0).history
    assert gan.step == 3
    assert np.isfinite([*history.values()]).all()
    after = gan.generator.weights + gan.discriminator.weights
    for weight, first in zip(after, before, strict=True):
        assert np.isfinite(weight).all()
        assert (weight.numpy() != first).any(), weight.path
    assert np.isfinite(gan.sample(4)).all()


@pytest.mark.parametrize("shape", [(30, 32, 1), (32, 30, 1), (2, 2, 1)])
def test_refuses_a_size_that_depth_does_not_divide(shape):
    for make in (lambda: ResNetGenerator(5, shape), lambda: ResNetDiscriminator(shape)):
        with pytest.raises(ValueError, match=r"depth=3 .* divisible by 8\. Received: .*choose"):
            make()


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1, 1), (0, 8, 1), (8, 8, -1)])
def test_refuses_an_image_shape(shape):
    for make in (lambda: ResNetGenerator(5, shape), lambda: ResNetDiscriminator(shape)):
        with pytest.raises(ValueError, match=r"image_shape is \(height, width, channels\)"):
            make()


@pytest.mark.parametrize("arguments", [{"width": 0}, {"depth": 0}, {"depth": -1}])
def test_refuses_sizes_below_one(network, arguments):
    make, _ = network
    with pytest.raises(ValueError, match="width and depth are at least 1"):
        make(**arguments)


def test_refuses_no_latent():
    with pytest.raises(ValueError, match="input_dim"):
        ResNetGenerator(0, (8, 8, 1))


@pytest.mark.parametrize("argument", ["num_outputs", "num_classes"])
def test_discriminator_refuses_numbers_below_one(argument):
    with pytest.raises(ValueError, match="-1"):
        discriminator(**{argument: -1})


def test_refuses_norm():
    with pytest.raises(ValueError, match=r"norm is one of none, batch, layer, spectral\..*'group'"):
        discriminator(norm="group")


def test_refuses_seed(network):
    make, _ = network
    with pytest.raises(ValueError, match="A seed lies in"):
        make(seed=2**31)
