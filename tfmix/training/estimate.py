"""Estimates how long a run is going to take, before it starts."""

import statistics
import time

import keras
import tensorflow as tf

_TIMED = 2  # executions that are timed, after one that compiles


def seconds_a_step(model: keras.Model, batches: tf.data.Dataset) -> float:
    """Times a few training steps, and restores the model exactly as it was before them.

    The graphs that these steps compile are used by the training that follows.

    Args:
        model: A compiled model of tfmix.
        batches: What it is trained on.
    """
    names = ("optimizer", "generator_optimizer", "discriminator_optimizer", "prior_optimizer")
    optimizers = [each for name in names if (each := getattr(model, name, None))]
    variables = [each for part in (model, *optimizers) for each in part.variables]
    before = [keras.ops.convert_to_numpy(variable) for variable in variables]
    clock = _Clock()
    steps = model.steps_per_execution * (1 + _TIMED)
    model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[clock])
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    return statistics.fmean(clock.seconds[1:]) / model.steps_per_execution


def in_words(seconds: float) -> str:
    """A time in the unit that people would use: 40 s, 12 min, 2 h 10 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class _Clock(keras.callbacks.Callback):
    """Takes the time of each execution."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.seconds = []

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        for value in logs.values():
            float(value)  # waits for the device to be done
        self.seconds.append(time.perf_counter() - self.begun)
