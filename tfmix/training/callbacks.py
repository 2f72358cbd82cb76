"""What happens beside the training steps: logging, pictures, checkpoints, and when to stop."""

import json
import logging
import math
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
from tfmix.models import collapse
from tfmix.training import diagnostics
from tfmix.training.workdir import Workdir

_LOGGER = logging.getLogger(__name__)
_REFRESH = 0.1 if sys.stdout.isatty() else 15.0  # seconds between two states of the progress bar
_FRESH = 0.1  # share of a run within which a generator need not tell components apart yet
_ASIDE = {"real_logit", "generated_logit"}  # in the log, and not in the bar
_SAMPLES = 100
_POINTS = 2_500


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


class Log(StepCallback):
    """Writes the mean losses since the last line or checkpoint to log.jsonl and TensorBoard.

    Beside them, of a GAN, what shows a collapse early (`tfmix.models.collapse`) and, where images
    are held out, a discriminator that knows its images by heart (`tfmix.training.diagnostics`).
    Where samples of all components coincide, or it does, a warning says so, once until that ends.

    Args:
        workdir: Where to.
        writer: TensorBoard's.
        config: Of the run; a line is due every `log_every` steps and after the last one.
        images: The training data.
        held_out: Images that are held out of them, if any are.
    """

    def __init__(
        self,
        workdir: Workdir,
        writer: tf.summary.SummaryWriter,
        config: Mapping[str, Any],
        images: data.ImageSet | data.PointSet,
        held_out: data.ImageSet | None = None,
    ):
        super().__init__()
        self.workdir = workdir
        self.writer = writer
        self.every, self.last = config["log_every"], config["num_steps"]
        self.batch_size = config["batch_size"]
        self.images = images
        few = images.subset(min(collapse.FEW, len(images.values)), seed=0).values
        self.real = data.from_uint8(few).numpy() if few.dtype == np.uint8 else few
        self.known = self.unknown = None
        if held_out is not None:
            self.known, self.unknown = (
                each.subset(min(diagnostics.FEW, len(each.images)), seed=0)
                for each in (images, held_out)
            )
        self.collapsed = self.begun_to_learn = self.memorized = False

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Starts the clock."""
        super().on_train_begin(logs)
        self.since, self.begun = self.step, time.monotonic()

    def on_step(self, logs: dict) -> None:
        """Writes a line where one is due."""
        if self.step % self.every and self.step != self.last:
            return
        values = _finite(logs, self.step, self.workdir)
        if isinstance(self.model, models.GAN):
            values |= self._signs()
            if isinstance(self.images, data.ImageSet):  # of points there is no end
                values |= self._overfitting(values["r_t"])
        seconds = time.monotonic() - self.begun
        values["images_per_second"] = (self.step - self.since) * self.batch_size / seconds
        with open(self.workdir.log, "a") as file:
            file.write(json.dumps({"step": self.step, **values}) + "\n")
        with self.writer.as_default(step=self.step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
            self.writer.flush()
        self.model.reset_metrics()
        self.since, self.begun = self.step, time.monotonic()

    def _signs(self) -> dict[str, float]:
        found = collapse.signs(self.model.sampled, self.real)
        collapsed = found.get("sample_spread", 1.0) < collapse.COINCIDE
        # A fresh generator draws next to the same for every latent: that is no collapse yet.
        self.begun_to_learn |= not collapsed or self.step >= _FRESH * self.last
        if collapsed and not self.collapsed and self.begun_to_learn:
            _LOGGER.warning(
                "Mode collapse at step %d: samples of all components coincide, %.2g of the "
                "distance between real images apart. An R1 penalty (model.r1_penalty), a lower "
                "learning rate or packing are what to try.",
                self.step,
                found["sample_spread"],
            )
        self.collapsed = collapsed and self.begun_to_learn
        return found

    def _overfitting(self, r_t: float) -> dict[str, float]:
        if self.unknown is None:
            found, memorized, verb = {}, r_t >= diagnostics.SUSPECT, "may have"
            reason = f"it takes nearly all of them for real (r_t {r_t:.2f})"
        else:
            found = diagnostics.signs(self.model, self.known, self.unknown)
            memorized, verb = diagnostics.memorized(found), "has"
            reason = f"held-out ones look generated to it (r_v {found.get('r_v', 0.0):.2f})"
        memorized &= self.step >= _FRESH * self.last  # a fresh generator is told at a glance
        if memorized and not self.memorized:
            _LOGGER.warning(
                "The discriminator %s memorised the training images at step %d: %s. %sMore images "
                "or fewer steps are what to try.",
                *(verb, self.step, reason),
                "" if self.model.augmentation.operations else "model.augment=default would help. ",
            )
        self.memorized = memorized
        return found


class Samples(StepCallback):
    """Draws the same seeds again and again, as a PNG in samples/ and in TensorBoard.

    Points are drawn over the real ones, with the centres of modes and components.

    Args:
        workdir: Where to.
        writer: TensorBoard's.
        config: Of the run; a picture is due every `sample_every` steps and after the last one.
        images: The training data.
    """

    def __init__(
        self,
        workdir: Workdir,
        writer: tf.summary.SummaryWriter,
        config: Mapping[str, Any],
        images: data.ImageSet | data.PointSet,
    ):
        super().__init__()
        self.images = images
        self.workdir = workdir
        self.writer = writer
        self.every, self.last = config["sample_every"], config["num_steps"]

    def on_step(self, logs: dict) -> None:
        """Draws a picture where one is due."""
        if self.step % self.every and self.step != self.last:
            return
        path = self.workdir.samples / f"step_{self.step:08d}.png"
        if isinstance(self.images, data.PointSet):
            figures.save_figure(self._figure(), path)
            picture = tf.io.decode_png(tf.io.read_file(str(path))).numpy()
        else:
            gan = isinstance(self.model, models.GAN)  # a PixelCNN is sampled as it is
            images = (self.model.sampled if gan else self.model).images(_SAMPLES, seed=0)
            pictures.save_grid(images, path)
            picture = pictures.grid(images)
        with self.writer.as_default(step=self.step):
            tf.summary.image("samples", picture[None])

    def _figure(self) -> figures.Figure:
        sampler = self.model.sampled
        drawn = sampler.draw(_POINTS, seed=0)
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
    """Saves the model, optimizers and step included, and refuses to save a broken one.

    Args:
        workdir: Where to.
        every: Steps between two checkpoints.
    """

    def __init__(self, workdir: Workdir, every: int):
        super().__init__()
        self.workdir = workdir
        self.every = every

    def on_step(self, logs: dict) -> None:
        """Saves where it is due."""
        if self.step % self.every == 0:
            self.save(logs)

    def save(self, logs: dict) -> None:
        """Saves now.

        Raises:
            TrainingDiverged: A loss or a weight is NaN or Inf; nothing is saved.
        """
        if self.workdir.newest() == self.step:
            return
        check_finite(self.model, logs, self.step, self.workdir)
        self.workdir.save(self.model, self.step)
        # The means begin anew, as they do when a run is resumed from here: its log is the same.
        self.model.reset_metrics()


class Progress(StepCallback):
    """Keras's progress bar over what is left of the run, with losses and images per second.

    Args:
        num_steps: Step at which the run ends.
        batch_size: Images in a step.
    """

    def __init__(self, num_steps: int, batch_size: int):
        super().__init__()
        self.num_steps = num_steps
        self.batch_size = batch_size

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Makes the bar for what is left of the run."""
        super().on_train_begin(logs)
        self.bar = keras.utils.Progbar(self.num_steps - self.first, interval=0)
        self.bar.stateful_metrics = {*self.model.trackers, "images/s"}  # no means of means
        self.begun = self.shown = time.monotonic()

    def on_step(self, logs: dict) -> None:
        """Shows the bar anew, at most every few moments."""
        now, last = time.monotonic(), self.step == self.num_steps
        if now - self.shown < _REFRESH and not last:
            return
        self.shown, done = now, self.step - self.first
        values = [(name, float(logs[name])) for name in logs if name not in _ASIDE]
        values.append(("images/s", done * self.batch_size / (now - self.begun)))
        self.bar.update(done, values, finalize=last)


class StopOnSignal(StepCallback):
    """Ends training after the current step on SIGINT or SIGTERM, saved.

    Args:
        checkpoints: What saves.
    """

    def __init__(self, checkpoints: Checkpoints):
        super().__init__()
        self.checkpoints = checkpoints
        self.received = None
        self.before = {}

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Takes the two signals over; only a process's main thread can."""
        super().on_train_begin(logs)
        if threading.current_thread() is threading.main_thread():
            for signum in (signal.SIGINT, signal.SIGTERM):
                self.before[signum] = signal.signal(signum, self._receive)

    def on_step(self, logs: dict) -> None:
        """Saves and stops where a signal has come.

        Raises:
            Interrupted: It has.
        """
        if self.received is not None:
            self.checkpoints.save(logs)
            raise Interrupted(self.received, self.step)

    def release(self) -> None:
        """Gives the signals back."""
        for signum, handler in self.before.items():
            signal.signal(signum, handler)

    def _receive(self, signum: int, frame: object) -> None:
        self.received = signum


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
    newest = workdir.newest()
    kept = (
        "No checkpoint was written before."
        if newest is None
        else (f"The last good checkpoint is {workdir.checkpoint(newest)}.")
    )
    return TrainingDiverged(
        f"Training stopped at step {step}: {name} is {value}. {kept} "
        "A lower learning rate is the first thing to try."
    )
