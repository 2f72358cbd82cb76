"""The folder of a run: its config, checkpoints, log and newest model, each whole or not there."""

import filecmp
import json
import os
import pathlib
import re
import shutil
from collections.abc import Mapping
from typing import Any

import keras

from tfmix.files import replacing
from tfmix.training import config as configs

KEPT = 2  # checkpoints; the one before the newest is there in case the newest proves bad
_NAME = re.compile(r"step_(\d{8})\.keras")


class Workdir:
    """Where a run keeps what it needs to be resumed, and what people look at.

    Args:
        path: The folder; it is made when a run begins.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        self.config = self.path / "config.json"
        self.model = self.path / "model.keras"
        self.log = self.path / "log.jsonl"
        self.checkpoints = self.path / "checkpoints"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"

    def check(self, config: Mapping[str, Any]) -> None:
        """Checks that a run with this config may begin or go on here; writes nothing.

        Args:
            config: From `tfmix.training.config.checked`.

        Raises:
            ValueError: The run that is there has another config.
            OSError: The folder is none, or cannot be written to.
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

    def begin(self, config: Mapping[str, Any]) -> None:
        """Notes the config of a run that passed `check`.

        Raises:
            OSError: The folder cannot be written to.
        """
        with replacing(self.config) as beside:
            beside.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")

    def newest(self) -> int | None:
        """The step of the newest checkpoint, or None where there is none."""
        steps = self._steps()
        return steps[-1] if steps else None

    def checkpoint(self, step: int) -> pathlib.Path:
        """Where the checkpoint of a step lies."""
        return self.checkpoints / f"step_{step:08d}.keras"

    def load(self, step: int) -> keras.Model:
        """Loads a checkpoint, optimizers included.

        Raises:
            ValueError: The file is damaged.
        """
        path = self.checkpoint(step)
        try:
            return keras.models.load_model(path)
        except Exception as error:
            raise ValueError(
                f"The checkpoint {path} cannot be read ({_first_line(error)}). "
                "Delete it, and the run goes on from the one before."
            ) from error

    def save(self, model: keras.Model, step: int) -> None:
        """Writes a checkpoint, takes it as the newest model, and drops the oldest."""
        path = self.checkpoint(step)
        with replacing(path) as beside:
            model.save(beside)
        self.publish(step)
        for old in self._steps()[:-KEPT]:
            self.checkpoint(old).unlink()

    def publish(self, step: int) -> None:
        """Sees to it that model.keras is the checkpoint of this step."""
        path = self.checkpoint(step)
        if not (self.model.exists() and filecmp.cmp(path, self.model, shallow=False)):
            with replacing(self.model) as beside:
                shutil.copyfile(path, beside)

    def cut_log(self, step: int) -> None:
        """Drops the lines of the log past a step, and one that was cut off, so none comes twice."""
        if not self.log.exists():
            return
        lines = self.log.read_text().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        with replacing(self.log) as beside:
            beside.write_text("".join(line for line in whole if json.loads(line)["step"] <= step))

    def _steps(self) -> list[int]:
        if not self.checkpoints.exists():
            return []
        matches = (_NAME.fullmatch(path.name) for path in self.checkpoints.iterdir())
        return sorted(int(match[1]) for match in matches if match)

    def _check_same(self, config: Mapping[str, Any]) -> None:
        try:
            old = json.loads(self.config.read_text())
        except ValueError as error:
            raise ValueError(
                f"{self.config} is not JSON ({error}). Choose another workdir."
            ) from None
        names = configs.differences(old, config)
        if "num_steps" in names and config["num_steps"] > old["num_steps"]:
            names.remove("num_steps")
        if names:
            raise ValueError(
                f"{self.path} holds a run with another {', '.join(names)}. "
                "Choose another workdir, or give the values in its config.json."
            )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
