"""Run as a program, takes every model through steps on two replicas, and prints what went wrong.

`python -m tests.conformance.replicas NAME...` prints a JSON object: the traceback of each model
that failed. One process of pytest cannot do it, for devices are set up before TensorFlow starts.
"""

import gc
import json
import pathlib
import sys
import tempfile
import traceback
import warnings

import keras
import numpy as np
import tensorflow as tf

import tfmix
from tests.conformance.entries import (
    BATCH,
    IMAGES,
    LABELS,
    compiled,
    make,
    parameters,
    state,
    trained,
)
from tfmix import seeds

RATE = 0.3


def check(name: str, strategy: tf.distribute.Strategy) -> None:
    """Raises an AssertionError where a model on two replicas does not do what it should."""
    with strategy.scope():
        model = compiled(make(name), lambda rate: keras.optimizers.SGD(RATE))
    if name == "GAN":
        data = tf.data.Dataset.from_tensor_slices(IMAGES[: 2 * BATCH]).batch(2 * BATCH)
        assert np.isfinite(model.evaluate(data, verbose=0)).all()
    if isinstance(model, tfmix.GAN):
        noise_differs(model, strategy)
        hold_noise_at_first_step(model)
    gradients_are_averaged(name, model)
    before = trained(model)
    fit(model, IMAGES[: 2 * BATCH], LABELS[: 2 * BATCH])
    weights_stay_together(model, before)
    file_serves_one_device(model)


def noise_differs(model: tfmix.GAN, strategy: tf.distribute.Strategy) -> None:
    """Replicas draw latents of their own."""
    drawn = strategy.run(lambda: model.draw_batch(BATCH, model.noise_seed(0, model.step)).inputs)
    one, other = (latents.numpy() for latents in strategy.experimental_local_results(drawn))
    assert one.shape == other.shape
    assert (one != other).any(axis=0).any()


def hold_noise_at_first_step(model: tfmix.GAN) -> None:
    """Gives all replicas the first one's noise at step 0; later ones are as they were."""
    own = model.noise_seed

    def held(stream: int, number: tf.Tensor) -> tf.Tensor:
        first = seeds.fold_in(seeds.step_seed(model.seed, number, 0), stream)
        return tf.where(number == 0, first, own(stream, number))

    model.noise_seed = held


def gradients_are_averaged(name: str, model: keras.Model) -> None:
    """A step on twice the same half of a batch is that of one device on the half."""
    single = compiled(make(name), lambda rate: keras.optimizers.SGD(RATE), run_eagerly=True)
    half = IMAGES[:BATCH], LABELS[:BATCH]
    start = trained(single)
    fit(single, *half)
    fit(model, *(np.concatenate([part, part]) for part in half))
    for value, due in zip(state(model), state(single), strict=True):
        np.testing.assert_allclose(value, due, rtol=0, atol=1e-5)
    moved = [np.abs(v - w).max() for v, w in zip(trained(single), start, strict=True)]
    assert max(moved) > 1e-3  # else a sum of the gradients would pass for their mean


def weights_stay_together(model: keras.Model, before: list[np.ndarray]) -> None:
    """After a step on halves and noise that differ, both replicas hold the same weights."""
    assert model.step.numpy() == 2
    assert any((v != w).any() for v, w in zip(trained(model), before, strict=True))
    # Keras keeps batch statistics for each replica, and reads those of the first.
    for weight in (w for w in model.weights if not w.name.startswith("moving_")):
        one, other = (value.numpy() for value in weight.value.values)
        np.testing.assert_array_equal(one, other, err_msg=weight.path)
        assert np.isfinite(one).all()


def file_serves_one_device(model: keras.Model) -> None:
    """The file, loaded outside of the strategy, holds the same state and draws the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.keras"
        model.save(path)
        loaded = keras.models.load_model(path)
    for value, due in zip(state(loaded), state(model), strict=True):
        np.testing.assert_array_equal(value, due)
    np.testing.assert_array_equal(
        loaded.sample(9, **parameters(loaded.sampler())),
        model.sample(9, **parameters(loaded.sampler())),
    )


def fit(model: keras.Model, images: np.ndarray, labels: np.ndarray) -> None:
    """One step on a whole batch."""
    data = tf.data.Dataset.from_tensor_slices((images, labels)).batch(len(images))
    model.fit(data, verbose=0, shuffle=False)


def main(names: list[str]) -> None:
    """Prints the tracebacks of models that failed."""
    gc.set_threshold(200_000, 20, 10)  # as in tests/conftest.py
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "__array__ implementation doesn't accept a copy keyword")
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    failures = {}
    for name in names:
        try:
            check(name, strategy)
        except Exception:
            failures[name] = traceback.format_exc()
    print(json.dumps(failures))


if __name__ == "__main__":
    main(sys.argv[1:])
