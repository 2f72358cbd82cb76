"""Every model keeps the promises of the library: in files, in training and in what it draws.

tests/conformance/entries.py has a tiny one of each class that is trained. Keras's warnings of
weights that are not loaded are errors here, as all warnings are.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import tfmix
from tests.conformance import goldens
from tests.conformance.entries import (
    BATCH,
    ENTRIES,
    IMAGES,
    LABELS,
    SHAPE,
    batches,
    compiled,
    make,
    parameters,
    state,
    trained,
)

ROOT = pathlib.Path(__file__).parent.parent
UNTRAINED = {"Sampler"}  # what `sampler()` gives of the others, which test it with that
PAIRS = (IMAGES, LABELS)
STEPS, SAVED = 5, 2
WITH_CLASSES = [name for name, entry in ENTRIES.items() if entry.has_classes]

each_model = pytest.mark.parametrize("name", ENTRIES)


@dataclasses.dataclass
class Run:
    """A model after STEPS steps in one go, and what there was of it after SAVED of them."""

    model: keras.Model
    path: pathlib.Path
    at_save: list[np.ndarray] | None = None

    def loaded(self):
        return keras.models.load_model(self.path)


def fit(model, data, **arguments):
    return model.fit(data, verbose=0, shuffle=False, **arguments)


def finite_set(data):
    """A data set whose last batch is short."""
    return tf.data.Dataset.from_tensor_slices(data).batch(BATCH)


def sgd(rate):
    return keras.optimizers.SGD(10 * rate)


def assert_same(values, expected, **tolerance):
    for value, due in zip(values, expected, strict=True):
        np.testing.assert_allclose(value, due, **{"rtol": 0, "atol": 0, **tolerance})


@pytest.fixture(scope="module", params=ENTRIES)
def run(request, tmp_path_factory):
    model = compiled(make(request.param), keras.optimizers.Adam)
    assert type(model) is getattr(tfmix, request.param)
    run = Run(model, tmp_path_factory.mktemp(request.param) / "run.keras")

    def save(batch, logs):
        if batch == SAVED - 1:
            run.at_save = state(model)
            model.save(run.path)

    saving = keras.callbacks.LambdaCallback(on_train_batch_end=save)
    fit(model, batches(), steps_per_epoch=STEPS, callbacks=[saving])
    return run


# === The table ===


def test_every_model_has_an_entry():
    assert set(ENTRIES) | UNTRAINED == set(tfmix.models.__all__)


# === Files and resuming ===


def test_a_file_keeps_weights_optimizers_and_step(run):
    loaded = run.loaded()
    assert loaded.step.numpy() == SAVED
    assert_same(state(loaded), run.at_save)


def test_a_resumed_run_ends_with_the_same_bits(run):
    loaded = run.loaded()
    fit(loaded, batches(start_step=SAVED), steps_per_epoch=STEPS - SAVED)
    assert_same(state(loaded), state(run.model))


# === Training ===


def test_evaluation_is_finite_and_repeats_and_changes_no_weight(run):
    before = state(run.model)
    first, second = (
        run.model.evaluate(finite_set(PAIRS), verbose=0, return_dict=True) for _ in range(2)
    )
    assert np.isfinite([*first.values()]).all()
    assert first == second
    assert_same(state(run.model), before)


def test_predict_takes_what_call_takes(run):
    if isinstance(run.model, tfmix.GAN):
        latents = np.random.default_rng(1).normal(size=[6, run.model.generator.input_shape[-1]])
        predicted = run.model.predict(latents.astype(np.float32), verbose=0)
        assert predicted.shape == (6, *SHAPE)
    else:
        predicted = run.model.predict(finite_set(PAIRS), verbose=0)
        assert predicted.shape[:4] == IMAGES.shape
    assert predicted.dtype == np.float32
    assert np.isfinite(predicted).all()


@pytest.mark.slow
@each_model
def test_xla_takes_the_same_step(name):
    """Each weight's change is the same to a thousandth of the largest change in its array."""
    plain = compiled(make(name), sgd, run_eagerly=True)
    compiled_by_xla = compiled(make(name), sgd, jit_compile=True)
    before = state(plain)
    for model in (plain, compiled_by_xla):
        history = fit(model, batches(), steps_per_epoch=1).history
        assert np.isfinite([*history.values()]).all()
    for value, due, start in zip(state(compiled_by_xla), state(plain), before, strict=True):
        tolerance = 1e-3 * np.abs(due - start).max(initial=0) + 1e-6
        np.testing.assert_allclose(value, due, rtol=0, atol=tolerance)


@each_model
def test_mixed_precision_trains_float32_variables_on_a_finite_data_set(name):
    model = compiled(make(name, "mixed_bfloat16"), keras.optimizers.Adam, run_eagerly=True)
    before = trained(model)
    history = fit(model, finite_set(PAIRS)).history
    assert np.isfinite([*history.values()]).all()
    assert model.step.numpy() == -(-len(IMAGES) // BATCH)
    for weight, start in zip(trained(model), before, strict=True):
        assert weight.dtype == np.float32
        assert np.isfinite(weight).all()
        assert weight.ndim < 2 or (weight != start).any()  # a bias may have no gradient
    samples = model.sample(3)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()


@pytest.mark.parametrize("name", WITH_CLASSES)
def test_classes_need_labels(name):
    model = compiled(make(name), sgd)
    for use in (
        lambda: fit(model, finite_set(IMAGES)),
        lambda: model.evaluate(finite_set(IMAGES), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"pairs \(images, labels\)"):
            use()


@pytest.mark.parametrize("name", [name for name in ENTRIES if name not in WITH_CLASSES])
def test_models_without_classes_ignore_labels(name):
    without, with_labels = (compiled(make(name), sgd, run_eagerly=True) for _ in range(2))
    fit(without, finite_set(IMAGES))
    fit(with_labels, finite_set(PAIRS))
    assert_same(state(with_labels), state(without))


# === Exports ===


@dataclasses.dataclass
class Exported:
    """A sampler and the files it was exported to."""

    sampler: keras.Model
    keras_file: pathlib.Path
    saved_model: pathlib.Path
    signatures: dict


@pytest.fixture(scope="module")
def exported(run):
    sampler = run.model.sampler({"data": "noise"})
    folder = run.path.parent / "tiny"
    version = tfmix.serving.export(sampler, folder)
    signatures = tf.saved_model.load(str(version)).signatures
    return Exported(sampler, folder / "tiny.keras", version, signatures)


@pytest.fixture(scope="module")
def drawn(exported):
    """What the sampler draws with every sampling parameter in use."""
    return exported.sampler.draw(9, seed=5, **parameters(exported.sampler))


def in_unit(drawn):
    return {**drawn, "images": np.clip((drawn["images"] + 1) / 2, 0, 1)}


def assert_draws(values, expected, **tolerance):
    assert values.keys() == expected.keys()
    for name, due in expected.items():
        np.testing.assert_allclose(
            values[name], due, err_msg=name, **{"rtol": 0, "atol": 0, **tolerance}
        )


def serve(exported, rows=slice(None)):
    """Calls the signature `sample` for some of the rows of `drawn`."""
    inputs = {"seed": tfmix.seeds.row_seeds(5, 9).numpy(), **parameters(exported.sampler)}
    return exported.signatures["sample"](**{k: tf.constant(v[rows]) for k, v in inputs.items()})


def test_the_sampler_draws_what_the_model_does(run, exported, drawn):
    images = run.model.sample(9, seed=5, **parameters(exported.sampler))
    np.testing.assert_array_equal(drawn["images"], images)


def test_the_keras_file_draws_the_same_bits(exported, drawn):
    loaded = keras.models.load_model(exported.keras_file)
    assert_draws(loaded.draw(9, seed=5, **parameters(loaded)), drawn)
    assert loaded.describe() == exported.sampler.describe()


def test_serving_default_draws_the_same_bits(exported):
    served = exported.signatures["serving_default"](seed=tfmix.seeds.row_seeds(-8, 20))
    here = in_unit(exported.sampler.draw(20, seed=-8))
    assert_draws(served, {name: here[name] for name in served})
    assert "images" in served


def test_sample_draws_the_same_bits(exported, drawn):
    assert_draws(serve(exported), in_unit(drawn))


def test_a_served_row_depends_on_its_own_inputs_alone(exported, drawn):
    order = np.random.default_rng(0).permutation(9)
    expected = {name: values[order] for name, values in in_unit(drawn).items()}
    assert_draws(serve(exported, order), expected)
    for row in (0, 7):
        alone = {name: values[[row]] for name, values in in_unit(drawn).items()}
        assert_draws(serve(exported, [row]), alone)


def test_saved_sampler_draws_the_same(exported, drawn):
    saved = tfmix.serving.SavedSampler(exported.saved_model)
    assert set(saved.sampling_parameters) == set(exported.sampler.sampling_parameters)
    assert_draws(saved.draw(9, seed=5, **parameters(exported.sampler)), drawn, atol=1e-6)


# === Files of earlier versions ===


@each_model
def test_a_golden_sampler_draws_what_it_drew(name):
    expected = goldens.expected(name)
    sampler = keras.models.load_model(goldens.path(name))
    assert_draws(sampler.draw(8, seed=goldens.SEEDS), expected, atol=1e-5)
    assert np.ptp(expected["images"], axis=0).max() > 0.05  # it is trained, and seeds matter


def test_a_golden_run_goes_on_as_it_did():
    """Its images keep their bits; a step may round otherwise, as it did when real and generated
    points began to share a pass through the discriminator."""
    gan, expected = keras.models.load_model(goldens.path("training")), goldens.expected("training")
    assert not any((gan.penalties.r1_penalty, gan.penalties.r2_penalty, gan.prior_optimizer))
    after = expected.pop("after")
    found = goldens.one_more_step(gan)
    assert_draws({"after": found.pop("after")}, {"after": after}, atol=1e-6)
    assert_draws(found, expected)


# === Two replicas ===


@pytest.mark.slow
def test_two_replicas_take_the_mean_step_with_noise_of_their_own():
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance.replicas", *ENTRIES],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}
