import itertools
import json
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.samplers import pixel_cnn
from tfmix import PixelCNN

LIKELIHOODS = ["softmax", "discretized_logistic"]
SHAPE = (4, 3, 2)
IMAGES = np.random.default_rng(0).uniform(-1, 1, [8, *SHAPE]).astype(np.float32)
LABELS = np.arange(8) % 3


def compiled(model):
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def assert_same(values, expected, atol=0):
    for value, due in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, due, rtol=0, atol=atol)


@pytest.fixture(scope="module", params=LIKELIHOODS)
def labelled(request):
    return pixel_cnn(spread=0.5, num_classes=3, likelihood=request.param)


# === Likelihood ===


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("shape", [(1, 2, 1), (2, 1, 1), (1, 1, 2)])
def test_probabilities_of_all_images_sum_to_one(shape, likelihood):
    model = pixel_cnn(shape, 0.5, num_levels=3, likelihood=likelihood)
    every = np.array(list(itertools.product([-1, 0, 1], repeat=2)), np.float32)
    probabilities = np.exp(model.log_prob(every.reshape([9, *shape])))
    np.testing.assert_allclose(probabilities.sum(), 1, rtol=1e-5)
    assert np.ptp(probabilities) > 0.01


def naive_log_prob(parameters, levels, likelihood):
    """Nats of one image, pixel by pixel and channel by channel in float64."""
    total = 0.0
    for place in np.ndindex(*levels.shape):
        values, level = parameters[place].astype(np.float64), levels[place]
        if likelihood == "softmax":
            total += values[level] - np.log(np.sum(np.exp(values)))
            continue
        logits, mean, log_scale = np.split(values, 3)
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


def test_many_images_have_the_likelihood_of_few_and_are_rounded_to_levels():
    model = pixel_cnn(spread=0.5, num_levels=2)
    few, many = model.log_prob(IMAGES), model.log_prob(np.tile(IMAGES, [17, 1, 1, 1]))
    np.testing.assert_allclose(many, np.tile(few, 17), rtol=1e-5)
    assert model.log_prob(IMAGES[:0]).shape == (0,)
    np.testing.assert_array_equal(model(IMAGES), model(np.sign(IMAGES)))
    np.testing.assert_array_equal(few, model.log_prob(np.sign(IMAGES)))


def test_the_class_bears_on_the_likelihood(labelled):
    of_class = labelled.log_prob(IMAGES, 0), labelled.log_prob(IMAGES, 1)
    assert (np.abs(of_class[0] - of_class[1]) > 1e-3).all()
    assert labelled.log_prob(IMAGES[2:3], [2]) == labelled.log_prob(IMAGES, LABELS)[2]


def test_a_model_without_classes_ignores_labels():
    model = pixel_cnn(spread=0.5)
    np.testing.assert_array_equal(model.log_prob(IMAGES, LABELS), model.log_prob(IMAGES))
    np.testing.assert_array_equal(model((IMAGES, LABELS)), model(IMAGES))


# === Training ===


@pytest.mark.parametrize(
    ("likelihood", "dtype"), [("softmax", None), ("discretized_logistic", "mixed_float16")]
)
def test_fit_lowers_the_bits(likelihood, dtype, batches, fit):
    model = compiled(pixel_cnn(num_classes=3, likelihood=likelihood, dtype=dtype))
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (dtype == "mixed_float16")
    before = model.bits_per_dim(IMAGES, LABELS)
    data = batches((IMAGES, LABELS))
    history = fit(model, data, epochs=15, validation_data=data).history
    assert sorted(history) == ["bits_per_dim", "val_bits_per_dim"]
    after = model.bits_per_dim(IMAGES, LABELS)
    assert after < before - 0.2
    np.testing.assert_allclose(history["val_bits_per_dim"][-1], after, rtol=1e-4)
    assert model.step == model.optimizer.iterations == 30
    assert list(model.trackers) == ["bits_per_dim"]
    assert model((IMAGES, LABELS)).dtype == tf.float32


def test_evaluate_and_predict(labelled, batches):
    compiled(labelled)
    data, bits = batches((IMAGES, LABELS)), labelled.bits_per_dim(IMAGES, LABELS)
    evaluated = labelled.evaluate(data, verbose=0, return_dict=True)
    assert evaluated == {"bits_per_dim": pytest.approx(bits, rel=1e-4)}
    parameters = labelled((IMAGES, LABELS))
    assert parameters.shape == (8, *SHAPE, 5 if labelled.likelihood == "softmax" else 15)
    assert parameters.dtype == tf.float32
    for predicted in (data, (IMAGES, LABELS)):
        np.testing.assert_allclose(labelled.predict(predicted, verbose=0), parameters, atol=1e-5)


def test_a_step_is_that_by_hand():
    model = pixel_cnn(spread=0.3)
    model.compile(keras.optimizers.SGD(0.5))
    with tf.GradientTape() as tape:
        logits = model(IMAGES)
        levels = np.rint((IMAGES + 1) * 2).astype(int)
        nats = tf.nn.sparse_softmax_cross_entropy_with_logits(levels, logits)
        bits = tf.reduce_mean(nats) / math.log(2)
    variables = model.trainable_variables
    expected = [v - 0.5 * g for v, g in zip(variables, tape.gradient(bits, variables), strict=True)]
    tracked = model.train_step(IMAGES)
    np.testing.assert_allclose(tracked["bits_per_dim"], bits, rtol=1e-6)
    assert_same(variables, expected, atol=1e-6)


def test_loaded_model_keeps_its_arguments(tmp_path):
    arguments = {"filters": 3, "num_blocks": 2, "num_levels": 7, "num_classes": 3, "seed": -5}
    arguments |= {"likelihood": "discretized_logistic", "num_mixtures": 2, "name": "some"}
    arguments |= {"kernel_size": 5, "vertical_residual": True}
    arguments |= {"dtype": "mixed_bfloat16", "provenance": {"data": "digits", "steps": [1, None]}}
    model = PixelCNN(SHAPE, **arguments)
    model.compile(keras.optimizers.SGD(0.25), jit_compile=False, steps_per_execution=2)
    model.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is PixelCNN
    assert loaded.get_config() == {"image_shape": [*SHAPE], **arguments}
    assert json.loads(json.dumps(loaded.get_config())) == loaded.get_config()
    assert isinstance(loaded.optimizer, keras.optimizers.SGD)
    assert loaded.optimizer.learning_rate == 0.25
    assert (loaded.jit_compile, loaded.steps_per_execution) == (False, 2)


def test_seed_makes_the_weights():
    keras.utils.set_random_seed(0)
    first = pixel_cnn(seed=3).trainable_variables
    keras.utils.set_random_seed(1)
    assert_same(pixel_cnn(seed=3).trainable_variables, first)
    assert np.all(pixel_cnn(seed=4).trainable_variables[0] != first[0])


def test_sampler_keeps_what_it_draws():
    model = compiled(pixel_cnn(spread=0.5, num_classes=3, provenance={"data": "noise"}))
    model.train_step((IMAGES, LABELS))
    sampler = model.sampler({"data": "digits"})
    assert not sampler.compiled
    described = {"model": "PixelCNN", "prior": None, "components": None, "image_shape": [*SHAPE]}
    described |= {"classes": 3, "num_levels": 5, "likelihood": "softmax"}
    assert sampler.describe() == {**described, "provenance": {"data": "digits"}}
    images = model.sample(5, seed=1)
    model.train_step((IMAGES, LABELS))
    np.testing.assert_array_equal(sampler.sample(5, seed=1), images)
    assert model.sampler().describe()["provenance"] == {"data": "noise"}


# === Refusals ===


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *(({"shape": shape}, "image_shape is ") for shape in ((4, 4), (4, 0, 1), (4, 4.0, 1))),
        ({"num_blocks": 1.5}, "num_blocks is .*1.5"),
        *(({"kernel_size": n}, f"kernel_size is an odd .*={n}") for n in (1, 4, 5.0)),
        *(({"num_levels": n}, rf"levels is .* \[2, 256\].*={n}") for n in (1, 257, 16.0)),
        *(({f"{n}": 0}, f"{n} is .*=0") for n in ("filters", "num_classes", "num_mixtures")),
        ({"likelihood": "normal"}, "likelihood is one of softmax.*'normal'"),
        ({"seed": 2**31}, "A seed"),
    ],
)
def test_refuses_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        pixel_cnn(**arguments)


def test_refuses_data_without_labels(batches, fit):
    model = compiled(pixel_cnn(num_classes=3))
    for use in (
        lambda: model(IMAGES),
        lambda: model.log_prob(IMAGES),
        lambda: fit(model, batches(IMAGES)),
        lambda: model.evaluate(batches(IMAGES), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"has 3 classes.*pairs \(images, labels\)"):
            use()


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:2], [0, 3], r"labels are integers in \[0, 3\).*=3 at \[1\]"),
        (IMAGES[:2], [-1, 0], "labels are integers"),
        (IMAGES[:2], [0.0, 1.0], "labels are integers"),
        (IMAGES[:2], [0, 1, 2], r"shape \(2,\) here"),
        (np.full_like(IMAGES, np.nan), LABELS, "images are finite.*Received: images=nan"),
        (np.full_like(IMAGES, np.inf), LABELS, "images are finite.*Received: images=inf"),
        (IMAGES[..., :1], LABELS, r"Images are \[B, 4, 3, 2\], floats in .*Received: "),
        (IMAGES[0], [0] * 4, r"Images are \[B, 4, 3, 2\]"),
        (IMAGES.astype(np.uint8), LABELS, r"Images are \[B, 4, 3, 2\]"),
    ],
)
def test_refuses_the_likelihood_of(images, labels, message):
    with pytest.raises(ValueError, match=message):
        pixel_cnn(num_classes=3).log_prob(images, labels)


def test_refuses_to_learn_a_label_out_of_range():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a class in \[0, 3\) each"):
        compiled(pixel_cnn(num_classes=3)).train_step((IMAGES[:2], np.array([0, 3])))
