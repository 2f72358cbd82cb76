"""The folder of a run: its config, checkpoints, log and newest model, each written atomically."""

import contextlib
import fcntl
import filecmp
import json
import os
import pathlib
import re
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from tfmix.files import atomic_write
from tfmix.models import GAN, PixelCNN
from tfmix.training import config as configs

KEPT = 2  # checkpoints, so that one is left where the newest is damaged
_NAME = re.compile(r"step_(\d{8})\.keras")


class Workdir:
    """The folder in which a run keeps its files.

    Args:
        path: The folder; it is made when a run starts.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self.config, self.model = self.path / "config.json", self.path / "model.keras"
        self.best, self.best_record = self.path / "best.keras", self.path / "best.json"
        self.log, self.evaluations = self.path / "log.jsonl", self.path / "evaluations.jsonl"
        self.checkpoints, self.samples = self.path / "checkpoints", self.path / "samples"
        self.tensorboard = self.path / "tensorboard"

    def check(self, config: Mapping[str, Any]) -> None:
        """Checks that a run with this checked config may be started or resumed; writes nothing.

        Raises:
            ValueError: The folder holds a run with another config.
            OSError: The path is no folder, or it cannot be written to.
        """
        if not self.path.exists():
            return
        # Root may write anywhere; a folder marked read-only is left alone all the same.
        if not self.path.stat().st_mode & 0o222 or not os.access(self.path, os.W_OK):
            raise PermissionError(f"{self.path} is read-only. Choose another workdir.")
        if not self.path.is_dir():
            raise NotADirectoryError(f"{self.path} is a file. Choose another workdir.")
        if self.config.exists():
            self._check_same(config)
        elif self.newest() is not None:
            raise ValueError(
                f"{self.path} has checkpoints and no config.json, so that their config is not "
                "known. Choose another workdir."
            )

    @contextlib.contextmanager
    def locked(self, step: int) -> Iterator[None]:
        """Keeps other processes from training here, until the process ends at the latest.

        Args:
            step: The step that the run is resumed from.

        Raises:
            ValueError: Another process trains here, or has trained on from this step meanwhile.
            OSError: The folder cannot be written to.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = (self.newest() or 0) == step
            except BlockingIOError:
                free = False
            if not free:
                raise ValueError(f"Another process trains in {self.path}. Choose another workdir.")
            yield

    def begin(self, config: Mapping[str, Any], step: int) -> None:
        """Writes the config of a run that passed `check`, and cuts its logs back to a step.

        At step 0 the best model of an earlier run is deleted. Otherwise it stays, even one of a
        later step: the resumed run comes to the same model again.
        """
        _write_json(self.config, config)
        for path in (self.log, self.evaluations):
            lines = _read_lines(path, step)
            if path.exists():
                with atomic_write(path) as beside:
                    beside.write_text("".join(json.dumps(line) + "\n" for line in lines))
        if not step:
            self.best_record.unlink(missing_ok=True)
            self.best.unlink(missing_ok=True)

    def newest(self) -> int | None:
        """The step of the newest checkpoint, or None where there is none."""
        steps = self._steps()
        return steps[-1] if steps else None

    def checkpoint(self, step: int) -> pathlib.Path:
        """Where the checkpoint of a step lies."""
        return self.checkpoints / f"step_{step:08d}.keras"

    def load(self, step: int) -> keras.Model:
        """Loads a checkpoint, optimizers included; raises a ValueError where it is damaged."""
        remedy = "Delete it: the run is resumed from the one before, or starts again without one."
        return _load(self.checkpoint(step), remedy)

    def load_best(self) -> keras.Model:
        """Loads the best model, optimizers included; raises a ValueError where it is damaged."""
        return _load(self.best, f"Delete {self.best_record} too, and take the newest instead.")

    def read_best(self) -> dict[str, Any] | None:
        """Step, scores and protocol of the best model, or None; a ValueError where damaged."""
        if not self.best_record.exists():
            return None
        try:
            record = json.loads(self.best_record.read_text())
            whole = record.keys() >= {"step", "val_kid", "protocol"}
        except (ValueError, AttributeError):  # no JSON, or no mapping
            whole = False
        if not whole:
            raise ValueError(f"{self.best_record} is damaged. Delete it and {self.best}.")
        return record

    def save_best(self, model: keras.Model, record: Mapping[str, Any]) -> None:
        """Saves a model as the best one, with its step, scores and protocol, ready for JSON."""
        with atomic_write(self.best) as beside:
            model.save(beside)
            self.best_record.unlink(missing_ok=True)  # that of the model before
        _write_json(self.best_record, record)

    def save(self, model: keras.Model, step: int) -> None:
        """Writes a checkpoint, publishes it as model.keras, and deletes the oldest one."""
        path = self.checkpoint(step)
        with atomic_write(path) as beside:
            model.save(beside)
        self.publish(step)
        for old in self._steps()[:-KEPT]:
            self.checkpoint(old).unlink()

    def publish(self, step: int) -> None:
        """Makes model.keras a copy of the checkpoint of this step."""
        path = self.checkpoint(step)
        if not (self.model.exists() and filecmp.cmp(path, self.model, shallow=False)):
            with atomic_write(self.model) as beside:
                shutil.copyfile(path, beside)

    def read_config(self) -> dict[str, Any]:
        """The run's config, in this version's form; a ValueError where damaged, OSError if none."""
        try:
            return configs.checked(json.loads(self.config.read_text()))
        except ValueError as error:
            damaged = f"{self.config} is damaged; choose another workdir. Received: {error}"
            raise ValueError(damaged) from error

    def read_log(self, step: int) -> list[dict[str, Any]]:
        """The log's whole lines up to a step; raises a ValueError where one is damaged."""
        return _read_lines(self.log, step)

    def _steps(self) -> list[int]:
        matches = (_NAME.fullmatch(path.name) for path in self.checkpoints.glob("*"))
        return sorted(int(match[1]) for match in matches if match)

    def _check_same(self, config: Mapping[str, Any]) -> None:
        old = self.read_config()
        names = configs.differences(old, config)
        longer = config["num_steps"] > old["num_steps"]
        if "num_steps" in names and longer and not configs.follows_length(old):
            names.remove("num_steps")
        if names:
            raise ValueError(
                f"{self.path} holds a run with another {', '.join(names)}. "
                "Choose another workdir, or give the values in its config.json."
            )


def _load(path: pathlib.Path, remedy: str) -> keras.Model:
    damaged = ValueError(f"The checkpoint {path} is cut short or damaged. {remedy}")
    try:
        model = keras.models.load_model(path)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        raise damaged from error
    if not isinstance(model, GAN | PixelCNN):
        raise damaged
    return model


def _read_lines(path: pathlib.Path, step: int) -> list[dict[str, Any]]:
    text = path.read_text() if path.exists() else ""
    lines = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        try:
            if line.endswith("\n") and json.loads(line)["step"] <= step:
                lines.append(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"Line {number} of {path} is damaged; remove the line.") from error
    return lines


def _write_json(path: pathlib.Path, value: Mapping[str, Any]) -> None:
    with atomic_write(path) as beside:
        beside.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
