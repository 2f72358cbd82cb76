import itertools
import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import PixelCNN, seeds

LIKELIHOODS = ["softmax", "discretized_logistic"]
SHAPE = (4, 3, 2)
IMAGES = np.random.default_rng(0).uniform(-1, 1, [8, *SHAPE]).astype(np.float32)
LABELS = np.arange(8) % 3


def tiny(shape=SHAPE, spread=0.0, **arguments):
    """A model of few levels; with `spread`, far from its initial weights."""
    model = PixelCNN(shape, **{"filters": 4, "num_blocks": 1, "num_levels": 5, **arguments})
    if spread:
        rng = np.random.default_rng(1)
        for weight in model.trainable_variables:
            weight.assign_add(rng.normal(0, spread, weight.shape))
    return model


def compiled(model, **arguments):
    model.compile(keras.optimizers.Adam(1e-2), **arguments)
    return model


def reload(model, tmp_path):
    model.save(tmp_path / "x.keras")
    return keras.models.load_model(tmp_path / "x.keras")


def state(model):
    variables = model.weights + model.optimizer.variables
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def assert_same(values, expected, **tolerance):
    for value, due in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, due, **{"rtol": 0, "atol": 0, **tolerance})


@pytest.fixture(scope="module", params=LIKELIHOODS)
def labelled(request):
    return tiny(spread=0.5, num_classes=3, likelihood=request.param)


@pytest.fixture(scope="module")
def whole(labelled):
    return labelled.draw(40, seed=5, temperature=np.linspace(0.5, 2, 40))


# === Likelihood ===


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("shape", [(1, 2, 1), (2, 1, 1), (1, 1, 2)])
def test_probabilities_of_all_images_sum_to_one(shape, likelihood):
    model = tiny(shape, 0.5, num_levels=3, likelihood=likelihood)
    every = np.array(list(itertools.product([-1, 0, 1], repeat=2)), np.float32)
    probabilities = np.exp(model.log_prob(every.reshape([9, *shape])))
    np.testing.assert_allclose(probabilities.sum(), 1, rtol=1e-5)
    assert np.ptp(probabilities) > 0.01


def naive_log_prob(parameters, levels, likelihood):
    """Nats of one image, pixel by pixel and channel by channel in float64."""
    total = 0.0
    for place in np.ndindex(*levels.shape):
        told, level = parameters[place].astype(np.float64), levels[place]
        if likelihood == "softmax":
            total += told[level] - np.log(np.sum(np.exp(told)))
            continue
        logits, mean, log_scale = np.split(told, 3)
        edges = np.array([(level - 0.5), (level + 0.5)]) / 2 - 1
        low, high = (1 / (1 + np.exp(-(edge - mean) / np.exp(log_scale))) for edge in edges)
        share = (1.0 if level == 4 else high) - (0.0 if level == 0 else low)
        total += np.log(np.sum(np.exp(logits) / np.sum(np.exp(logits)) * share))
    return total


def test_log_prob_is_that_by_hand(labelled):
    levels = np.rint((IMAGES + 1) * 2).astype(int)
    assert {*levels.ravel()} == {0, 1, 2, 3, 4}
    parameters = labelled((levels.astype(np.float32) / 2 - 1, LABELS)).numpy()
    expected = [
        naive_log_prob(*pair, labelled.likelihood) for pair in zip(parameters, levels, strict=True)
    ]
    log_prob = labelled.log_prob(IMAGES, LABELS)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-4)
    bits = -np.mean(expected) / (24 * math.log(2))
    np.testing.assert_allclose(labelled.bits_per_dim(IMAGES, LABELS), bits, rtol=1e-4)


def test_many_images_are_judged_as_few():
    model = tiny(spread=0.5)
    many = np.tile(IMAGES, [17, 1, 1, 1])
    np.testing.assert_allclose(model.log_prob(many), np.tile(model.log_prob(IMAGES), 17), rtol=1e-5)
    assert model.log_prob(IMAGES[:0]).shape == (0,)


def test_images_are_rounded_to_levels():
    model = tiny(spread=0.5, num_levels=2)
    np.testing.assert_array_equal(model(IMAGES), model(np.sign(IMAGES)))
    np.testing.assert_array_equal(model.log_prob(IMAGES), model.log_prob(np.sign(IMAGES)))


def test_labels_tell(labelled):
    of_class = labelled.log_prob(IMAGES, 0), labelled.log_prob(IMAGES, 1)
    assert (np.abs(of_class[0] - of_class[1]) > 1e-3).all()
    assert labelled.log_prob(IMAGES[2:3], [2]) == labelled.log_prob(IMAGES, LABELS)[2]


def test_a_model_without_classes_ignores_labels():
    model = tiny(spread=0.5)
    np.testing.assert_array_equal(model.log_prob(IMAGES, LABELS), model.log_prob(IMAGES))
    np.testing.assert_array_equal(model((IMAGES, LABELS)), model(IMAGES))


# === Training ===


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_fit_lowers_the_bits(likelihood, batches, fit):
    model = compiled(tiny(num_classes=3, likelihood=likelihood))
    before = model.bits_per_dim(IMAGES, LABELS)
    data = batches((IMAGES, LABELS))
    history = fit(model, data, epochs=15, validation_data=data).history
    assert sorted(history) == ["bits_per_dim", "val_bits_per_dim"]
    after = model.bits_per_dim(IMAGES, LABELS)
    assert after < before - 0.2
    np.testing.assert_allclose(history["val_bits_per_dim"][-1], after, rtol=1e-4)
    assert model.step == model.optimizer.iterations == 30
    assert list(model.trackers) == ["bits_per_dim"]


def test_evaluate_and_predict(labelled, batches):
    compiled(labelled)
    data, bits = batches((IMAGES, LABELS)), labelled.bits_per_dim(IMAGES, LABELS)
    told = labelled.evaluate(data, verbose=0, return_dict=True)
    assert told == {"bits_per_dim": pytest.approx(bits, rel=1e-4)}
    parameters = labelled((IMAGES, LABELS))
    assert parameters.shape == (8, *SHAPE, 5 if labelled.likelihood == "softmax" else 15)
    assert parameters.dtype == tf.float32
    for predicted in (data, (IMAGES, LABELS)):
        np.testing.assert_allclose(labelled.predict(predicted, verbose=0), parameters, atol=1e-5)


def test_a_step_is_that_by_hand():
    model = tiny(spread=0.3)
    model.compile(keras.optimizers.SGD(0.5))
    with tf.GradientTape() as tape:
        logits = model(IMAGES)
        levels = np.rint((IMAGES + 1) * 2).astype(int)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(levels, logits)
        bits = tf.reduce_mean(nats) / math.log(2)
    variables = model.trainable_variables
    expected = [v - 0.5 * g for v, g in zip(variables, tape.gradient(bits, variables), strict=True)]
    told = model.train_step(IMAGES)
    np.testing.assert_allclose(told["bits_per_dim"], bits, rtol=1e-6)
    assert_same(variables, expected, atol=1e-6)


def test_loaded_model_goes_on_bit_by_bit(tmp_path, batches, fit):
    data = batches(IMAGES)
    stopped, straight = (compiled(tiny(spread=0.3)) for _ in range(2))
    fit(straight, data, epochs=3)
    fit(stopped, data, epochs=1)
    loaded = reload(stopped, tmp_path)
    assert loaded.step == loaded.optimizer.iterations == 2
    assert_same(state(loaded), state(stopped))
    fit(loaded, data, epochs=2)
    assert_same(state(loaded), state(straight))


def test_loaded_model_keeps_its_arguments(tmp_path):
    arguments = {
        "filters": 3,
        "num_blocks": 2,
        "num_levels": 7,
        "num_classes": 3,
        "likelihood": "discretized_logistic",
        "num_mixtures": 2,
        "seed": -5,
        "provenance": {"data": "digits", "steps": [1, None]},
        "dtype": "mixed_bfloat16",
        "name": "some",
    }
    model = PixelCNN(SHAPE, **arguments)
    model.compile(keras.optimizers.SGD(0.25), jit_compile=False, steps_per_execution=2)
    loaded = reload(model, tmp_path)
    assert type(loaded) is PixelCNN
    assert loaded.get_config() == {"image_shape": [*SHAPE], **arguments}
    assert json.loads(json.dumps(loaded.get_config())) == loaded.get_config()
    assert isinstance(loaded.optimizer, keras.optimizers.SGD)
    assert loaded.optimizer.learning_rate == 0.25
    assert (loaded.jit_compile, loaded.steps_per_execution) == (False, 2)


def test_model_that_was_not_compiled_is_saved(tmp_path):
    model = tiny(spread=0.5, num_classes=3)
    loaded = reload(model, tmp_path)
    np.testing.assert_array_equal(loaded.sample(4), model.sample(4))
    assert not loaded.compiled


def test_seed_makes_the_weights():
    keras.utils.set_random_seed(0)
    first = tiny(seed=3).trainable_variables
    keras.utils.set_random_seed(1)
    assert_same(tiny(seed=3).trainable_variables, first)
    assert np.all(tiny(seed=4).trainable_variables[0] != first[0])


def test_compiled_by_xla_agrees(batches, fit):
    plain, xla = (compiled(tiny(num_classes=3), jit_compile=jit) for jit in (False, True))
    plain.train_step((IMAGES, LABELS))
    fit(xla, batches((IMAGES, LABELS), 8))
    assert_same(state(xla), state(plain), atol=1e-4)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_float32_variables(dtype, tmp_path, batches, fit):
    model = compiled(tiny(dtype=dtype))
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (dtype == "mixed_float16")
    before = model.bits_per_dim(IMAGES)
    fit(model, batches(IMAGES), epochs=10)
    assert model.bits_per_dim(IMAGES) < before - 0.1
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    assert model(IMAGES).dtype == tf.float32
    loaded = reload(model, tmp_path)
    assert_same(state(loaded), state(model))
    np.testing.assert_array_equal(loaded.sample(4), model.sample(4))


# === Sampling ===


def test_samples_are_those_of_a_loop_over_pixels(labelled, whole):
    uniform = seeds.uniform_rows(seeds.row_seeds(5, 40), 1 + math.prod(SHAPE)).numpy()
    label = np.floor(uniform[:, 0] * 3).astype(np.int32)
    np.testing.assert_array_equal(whole["label"], label)
    temperature = np.linspace(0.5, 2, 40)[:, None]
    images = np.zeros([40, *SHAPE], np.float32)
    for place, number in zip(np.ndindex(SHAPE), uniform.T[1:], strict=True):
        parameters = labelled((images, label))[:, *place]
        log_probs = labelled.distribution.log_probs(parameters).numpy().astype(np.float64)
        powers = np.exp(log_probs / temperature)
        cumulative = np.cumsum(powers, axis=1) / powers.sum(axis=1, keepdims=True)
        images[:, *place] = (cumulative < number[:, None]).sum(axis=1) / 2 - 1
    np.testing.assert_array_equal(whole["images"], images)
    assert set(np.unique(images)) == {-1.0, -0.5, 0.0, 0.5, 1.0}


@pytest.mark.parametrize("size", [0, 1, 5, 16, 17])
def test_row_does_not_depend_on_its_batch(labelled, whole, size):
    drawn = labelled.draw(size, seed=5, temperature=np.linspace(0.5, 2, 40)[:size])
    assert sorted(drawn) == ["images", "label"]
    for name, value in drawn.items():
        assert value.dtype == whole[name].dtype
        np.testing.assert_array_equal(value, whole[name][:size])


def test_row_does_not_depend_on_its_place(labelled, whole):
    order = np.random.default_rng(2).permutation(40)
    drawn = labelled.draw(
        40, seed=seeds.row_seeds(5, 40).numpy()[order], temperature=np.linspace(0.5, 2, 40)[order]
    )
    for name, value in drawn.items():
        np.testing.assert_array_equal(value, whole[name][order])


def test_larger_images_of_many_levels_have_the_same_bits_in_any_batch():
    model = PixelCNN((12, 12, 1), filters=32, num_blocks=2)
    images, row_seeds = model.sample(40, seed=1), seeds.row_seeds(1, 40).numpy()
    order = np.random.default_rng(0).permutation(40)
    np.testing.assert_array_equal(model.sample(40, seed=row_seeds[order]), images[order])
    np.testing.assert_array_equal(model.sample(1, seed=1), images[:1])
    assert np.unique(images).size > 200


def test_label_is_kept_or_drawn(labelled, whole):
    asked = np.where(np.arange(40) % 2, -1, np.arange(40) % 3)
    drawn = labelled.draw(40, seed=5, label=asked, temperature=np.linspace(0.5, 2, 40))
    np.testing.assert_array_equal(drawn["label"], np.where(asked < 0, whole["label"], asked))
    same = drawn["label"] == whole["label"]
    np.testing.assert_array_equal(drawn["images"][same], whole["images"][same])
    assert (drawn["images"][~same] != whole["images"][~same]).any()
    counts = np.bincount(labelled.draw(300, seed=1, temperature=1e-6)["label"])
    np.testing.assert_allclose(counts, 100, atol=25)


def test_cold_samples_are_the_likeliest():
    model = tiny(spread=0.5)
    cold = model.sample(3, temperature=1e-6)
    np.testing.assert_array_equal(cold, cold[:1].repeat(3, axis=0))
    parameters = model(cold)
    np.testing.assert_array_equal(np.argmax(parameters, axis=-1), np.rint((cold + 1) * 2))
    warm = [model.log_prob(model.sample(64, temperature=t)).mean() for t in (0.5, 1.0, 2.0)]
    assert warm[0] > warm[1] > warm[2]


def test_images_are_for_imshow():
    model = tiny((3, 3, 1), 0.5)
    images = model.images(4, seed=2)
    assert (images.dtype, images.shape) == (np.uint8, (4, 3, 3, 1))
    np.testing.assert_array_equal(images, np.rint((model.sample(4, seed=2) + 1) * 127.5))
    assert sorted(model.draw(2)) == ["images"]


def test_sampler_draws_the_same(tmp_path):
    model = compiled(tiny(spread=0.5, num_classes=3, provenance={"data": "noise"}))
    model.train_step((IMAGES, LABELS))
    sampler = model.sampler({"data": "digits"})
    assert not sampler.compiled
    assert sampler.describe() == {
        "model": "PixelCNN",
        "prior": None,
        "components": None,
        "image_shape": [*SHAPE],
        "classes": 3,
        "num_levels": 5,
        "likelihood": "softmax",
        "provenance": {"data": "digits"},
    }
    images = model.sample(5, seed=1)
    model.train_step((IMAGES, LABELS))
    np.testing.assert_array_equal(sampler.sample(5, seed=1), images)
    np.testing.assert_array_equal(reload(sampler, tmp_path).sample(5, seed=1), images)
    assert model.sampler().describe()["provenance"] == {"data": "noise"}


# === Refusals ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": (4, 4)}, r"image_shape is .*\(4, 4\)"),
        ({"shape": (4, 0, 1)}, r"image_shape is .*\(4, 0, 1\)"),
        ({"shape": (4, 4.0, 1)}, "image_shape is"),
        ({"filters": 0}, "filters is .*filters=0"),
        ({"num_blocks": 1.5}, "num_blocks is .*1.5"),
        ({"num_levels": 1}, r"num_levels is an integer in \[2, 256\].*=1"),
        ({"num_levels": 257}, "num_levels is .*=257"),
        ({"num_levels": 16.0}, "num_levels is .*=16.0"),
        ({"num_classes": 0}, "num_classes is .*=0"),
        ({"num_mixtures": 0}, "num_mixtures is .*=0"),
        ({"likelihood": "normal"}, "likelihood is one of softmax.*'normal'"),
        ({"seed": 2**31}, "A seed"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        tiny(**arguments)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"num_samples": -1}, "num_samples is at least 0"),
        ({"seed": 2**31}, "A seed lies in"),
        ({"seed": [1, 2]}, r"shape \(3,\) here"),
        ({"label": 3}, r"label lies in \[0, 3\).*=3"),
        ({"label": [0, -2, 1]}, r"=-2 at \[1\]"),
        ({"label": 1.0}, "label is an int"),
        ({"label": [0, 1]}, r"shape \(3,\) here"),
        ({"temperature": 0.0}, "temperature is finite and greater than 0.*=0.0"),
        ({"temperature": 1e-40}, "temperature is finite and greater than 0"),
        ({"temperature": [1.0, -1.0, 1.0]}, r"=-1.0 at \[1\]"),
        ({"temperature": float("nan")}, "=nan"),
        ({"temperature": 1e39}, "=inf"),
        ({"temperature": "warm"}, "temperature is finite.*'warm'"),
        ({"temperature": [1.0]}, r"shape \(3,\) here"),
    ],
)
def test_refuses_to_sample(how, message):
    with pytest.raises(ValueError, match=message):
        tiny(num_classes=3).sample(**{"num_samples": 3, **how})


def test_refuses_a_label_where_there_are_no_classes():
    with pytest.raises(ValueError, match="no classes"):
        tiny().sample(3, label=1)


def test_refuses_data_without_labels(batches, fit):
    model = compiled(tiny(num_classes=3))
    for use in (
        lambda: model(IMAGES),
        lambda: model.log_prob(IMAGES),
        lambda: fit(model, batches(IMAGES)),
        lambda: model.evaluate(batches(IMAGES), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"has 3 classes.*pairs \(images, labels\)"):
            use()


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"labels are integers in \[0, 3\).*=3 at \[1\]"),
        ([-1, 0], "labels are integers"),
        ([0.0, 1.0], "labels are integers"),
        ([0, 1, 2], r"shape \(2,\) here"),
    ],
)
def test_refuses_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        tiny(num_classes=3).log_prob(IMAGES[:2], labels)


def test_refuses_to_learn_a_label_out_of_range():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a class in \[0, 3\) each"):
        compiled(tiny(num_classes=3)).train_step((IMAGES[:2], np.array([0, 3])))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_refuses_the_likelihood_of_no_number(value):
    with pytest.raises(ValueError, match=f"images are finite.*Received: images={value}"):
        tiny().log_prob(np.full_like(IMAGES[:2], value))


@pytest.mark.parametrize("images", [IMAGES[..., :1], IMAGES[0], IMAGES.astype(np.uint8)])
def test_refuses_images(images):
    with pytest.raises(ValueError, match=r"Images are \[B, 4, 3, 2\], floats in .*Received: "):
        tiny().log_prob(images)
