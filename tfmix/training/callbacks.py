"""Callbacks of a run: log, pictures of samples, checkpoints, progress bar, stop on a signal."""

import json
import math
import pathlib
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfmix import data, models, pictures
from tfmix.evaluation import figures
from tfmix.training.diagnostics import Diagnostics
from tfmix.training.workdir import Workdir

_REFRESH = 0.1 if sys.stdout.isatty() else 15.0  # seconds between two states of the progress bar
_ONLY_IN_LOG = {"real_logit", "generated_logit"}  # and not in the progress bar
_NUM_IMAGES = 100  # in a picture of samples
_NUM_POINTS = 2_500


class TrainingDiverged(RuntimeError):
    """A loss or a weight is NaN or Inf; the message names it and the last good checkpoint."""


class Interrupted(RuntimeError):
    """Training was stopped by a signal, and saved.

    Args:
        signum: Number of the signal.
        step: Step that was saved.
    """

    def __init__(self, signum: int, step: int):
        super().__init__(f"Stopped by {signal.Signals(signum).name}, saved at step {step}.")
        self.signum = signum


class StepCallback(keras.callbacks.Callback):
    """A callback that knows the step of the run, across resumes."""

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Reads the step once; afterwards it is counted here, not fetched from the device."""
        self.first = self.step = int(self.model.step.numpy())

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Counts the steps: `batch` is the number of the last one of an execution."""
        self.step = self.first + batch + 1
        self.on_step(logs)

    def on_step(self, logs: dict) -> None:
        """Called after each step, or each few that are run at once, with the running means."""
        raise NotImplementedError


class Record(StepCallback):
    """Writes something every few steps and after the last one, to the workdir and TensorBoard.

    Args:
        workdir: Where to.
        writer: TensorBoard's.
        config: Of the run, whose entry `every_key` is the number of steps between two records.
    """

    every_key: str

    def __init__(
        self, workdir: Workdir, writer: tf.summary.SummaryWriter, config: Mapping[str, Any]
    ):
        super().__init__()
        self.workdir, self.writer, self.config = workdir, writer, config

    def on_step(self, logs: dict) -> None:
        """Calls `record` where it is due."""
        if not self.step % self.config[self.every_key] or self.step == self.config["num_steps"]:
            self.record(logs)

    def record(self, logs: dict) -> None:
        """Writes what there is at this step."""
        raise NotImplementedError

    def write_line(self, path: pathlib.Path, values: Mapping[str, float]) -> None:
        """Appends values to a file of JSON lines, and writes them to TensorBoard."""
        with open(path, "a") as file:
            file.write(json.dumps({"step": self.step, **values}) + "\n")
        with self.writer.as_default(step=self.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            self.writer.flush()


class Log(Record):
    """Writes the mean losses since the last line or checkpoint to log.jsonl.

    Args:
        *record: The arguments of `Record`.
        diagnostics: What is measured beside the losses; None for a model that is no GAN.
    """

    every_key = "log_every"

    def __init__(self, *record: Any, diagnostics: Diagnostics | None):
        super().__init__(*record)
        self.diagnostics = diagnostics

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Starts the clock."""
        super().on_train_begin(logs)
        self.since, self.begun = self.step, time.monotonic()

    def record(self, logs: dict) -> None:
        """Writes a line; raises TrainingDiverged where a loss is NaN or Inf."""
        values = _finite(logs, self.step, self.workdir)
        if self.diagnostics is not None:
            values |= self.diagnostics.measure(self.model, self.step, values["r_t"])
        done = (self.step - self.since) * self.config["batch_size"]
        values["images_per_second"] = done / (time.monotonic() - self.begun)
        self.write_line(self.workdir.log, values)
        self.model.reset_metrics()
        self.since, self.begun = self.step, time.monotonic()


class Samples(Record):
    """Draws samples of the same seeds each time, as a PNG in samples/.

    Points are plotted over the real ones, with the centres of modes and components.

    Args:
        *record: The arguments of `Record`.
        images: The training data.
    """

    every_key = "sample_every"

    def __init__(self, *record: Any, images: data.ImageSet | data.PointSet):
        super().__init__(*record)
        self.images = images

    def record(self, logs: dict) -> None:
        """Draws a picture."""
        path = self.workdir.samples / f"step_{self.step:08d}.png"
        if isinstance(self.images, data.PointSet):
            figures.save_figure(self._figure(), path)
            picture = tf.io.decode_png(tf.io.read_file(str(path))).numpy()
        else:
            images = sampled(self.model).images(_NUM_IMAGES, seed=0)
            pictures.save_grid(images, path)
            picture = pictures.grid(images)
        with self.writer.as_default(step=self.step):
            tf.summary.image("samples", picture[None])

    def _figure(self) -> figures.Figure:
        sampler = self.model.sampled
        drawn = sampler.draw(_NUM_POINTS, seed=0)
        every = np.arange(sampler.prior.num_components)
        return figures.points_figure(
            self.images.points,
            drawn["images"],
            drawn["component"],
            modes=self.images.centers,
            centers=sampler.sample(len(every), seed=0, component=every, scale=0.0),
            title=f"step {self.step}",
        )


class Checkpoints(StepCallback):
    """Saves the model with its optimizers and step, but not where a value is NaN or Inf.

    Args:
        workdir: Where to.
        every: Steps between two checkpoints.
    """

    def __init__(self, workdir: Workdir, every: int):
        super().__init__()
        self.workdir, self.every = workdir, every

    def on_step(self, logs: dict) -> None:
        """Saves where it is due."""
        if self.step % self.every == 0:
            self.save(logs)

    def save(self, logs: dict) -> None:
        """Saves now; raises TrainingDiverged where a loss or a weight is NaN or Inf."""
        if self.workdir.newest() == self.step:
            return
        check_finite(self.model, logs, self.step, self.workdir)
        self.workdir.save(self.model, self.step)
        # The means are reset, as they are when a run is resumed from here: both logs are the same.
        self.model.reset_metrics()


class Progress(StepCallback):
    """Shows Keras's progress bar over the rest of the run, with losses and images per second.

    Args:
        num_steps: Step at which the run ends.
        batch_size: Images in a step.
    """

    def __init__(self, num_steps: int, batch_size: int):
        super().__init__()
        self.num_steps, self.batch_size = num_steps, batch_size

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Makes the bar for the rest of the run."""
        super().on_train_begin(logs)
        self.bar = keras.utils.Progbar(self.num_steps - self.first, interval=0)
        self.bar.stateful_metrics = {*self.model.trackers, "images/s"}  # no means of means
        self.begun = self.shown = time.monotonic()

    def on_step(self, logs: dict) -> None:
        """Updates the bar, but not more often than a person or a log file can use."""
        now, last = time.monotonic(), self.step == self.num_steps
        if now - self.shown < _REFRESH and not last:
            return
        self.shown, done = now, self.step - self.first
        values = [(name, float(logs[name])) for name in logs if name not in _ONLY_IN_LOG]
        values.append(("images/s", done * self.batch_size / (now - self.begun)))
        self.bar.update(done, values, finalize=last)


class StopOnSignal(StepCallback):
    """Ends training after the current step on SIGINT or SIGTERM, and saves the run first.

    Args:
        checkpoints: What saves.
    """

    def __init__(self, checkpoints: Checkpoints):
        super().__init__()
        self.checkpoints, self.received, self.before = checkpoints, None, {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Handles the two signals from now on; only a process's main thread can."""
        super().on_train_begin(logs)
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self.before[signum] = signal.signal(signum, self._receive)

    def on_step(self, logs: dict) -> None:
        """Saves and raises Interrupted after a signal."""
        if self.received is not None:
            self.checkpoints.save(logs)
            raise Interrupted(self.received, self.step)

    def release(self) -> None:
        """Restores the handlers from before training."""
        for signum, handler in self.before.items():
            signal.signal(signum, handler)

    def _receive(self, signum: int, frame: object) -> None:
        self.received = signum


def sampled(model: models.GAN | models.PixelCNN) -> models.Sampler | models.PixelCNN:
    """What draws the samples of a model in training: a GAN's sampler, or a PixelCNN itself."""
    return model.sampled if isinstance(model, models.GAN) else model


def check_finite(model: keras.Model, logs: dict, step: int, workdir: Workdir) -> None:
    """Raises TrainingDiverged where a running mean or a weight of the model is NaN or Inf."""
    _finite(logs, step, workdir)
    for variable in model.variables:
        if not np.all(np.isfinite(keras.ops.convert_to_numpy(variable))):
            raise _diverged(variable.path, "not finite", step, workdir)


def _finite(logs: dict, step: int, workdir: Workdir) -> dict[str, float]:
    values = {name: float(value) for name, value in logs.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise _diverged(name, str(value), step, workdir)
    return values


def _diverged(name: str, value: str, step: int, workdir: Workdir) -> TrainingDiverged:
    newest, kept = workdir.newest(), "No checkpoint was written before."
    if newest is not None:
        kept = f"The last good checkpoint is {workdir.checkpoint(newest)}."
    return TrainingDiverged(
        f"Training stopped at step {step}: {name} is {value}. {kept} "
        "A lower learning rate is the first thing to try."
    )
