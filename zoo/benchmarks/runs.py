"""Runs of configs that a benchmark compares, each trained once, in a folder it resumes from."""

import json
import pathlib
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from tfmix import environment
from tfmix.programs import command_line, presets

if TYPE_CHECKING:
    import tfmix


class Run(NamedTuple):
    """A config to train.

    Attributes:
        config: Name of a config of zoo/configs.
        seed: Of the run.
        changes: Dotted keys and their values, set beside the config; a mapping takes the place of a
            whole block.
        title: What its folder is named by; empty: the config and the changes.
    """

    config: str
    seed: int
    changes: Mapping[str, Any] = MappingProxyType({})
    title: str = ""

    @property
    def name(self) -> str:
        """A name for its folder, the same for the same run."""
        changes = "".join(f",{key}={value}" for key, value in sorted(self.changes.items()))
        name = self.title or f"{self.config}{changes}"
        return f"{name},seed={self.seed}".replace("/", "_").replace(" ", "")

    def make(self) -> dict[str, Any]:
        """The config as `tfmix.training.train` takes it."""
        config = presets.get(self.config)
        config.seed = self.seed
        for key, value in self.changes.items():
            if isinstance(value, Mapping):
                config[key] = value
            else:
                config.update_from_flattened_dict({key: value})
        return config.to_dict()


def run_all(
    runs: Sequence[Run],
    folder: pathlib.Path,
    measure: Callable[["tfmix.GAN", dict[str, Any], pathlib.Path], dict[str, Any]],
) -> list[dict[str, Any]]:
    """Trains and measures one run after another, less those whose result is there.

    Args:
        runs: What to train.
        folder: A workdir for each run is made here, with its result.
        measure: Called with the model, its config and its workdir; gives what JSON can hold.

    Returns:
        For each run "title", "config", "seed", "changes", "steps", "seconds" of training as this
        process saw it, and what `measure` gave.
    """
    import keras

    import tfmix

    bar = keras.utils.Progbar(
        len(runs), unit_name="run", interval=0.1 if sys.stdout.isatty() else 15.0
    )
    found = []
    for run in runs:
        path = folder / run.name / "result.json"
        if not _holds(path, run):
            config = run.make()
            # What was cut off begins anew: it is short, and its time is told as a whole.
            shutil.rmtree(path.parent, ignore_errors=True)
            keras.backend.clear_session()  # graphs of the runs before
            started = time.perf_counter()
            try:
                model = tfmix.training.train(config, folder / run.name)
            except tfmix.training.Interrupted as error:
                command_line.stopped(error, error.signum)
            seconds = time.perf_counter() - started
            result = {
                **{"title": run.title, "config": run.config},
                **{"seed": run.seed, "changes": dict(run.changes)},
                **{"steps": config["num_steps"], "seconds": seconds},
                **measure(model, config, folder / run.name),
            }
            with tfmix.files.atomic_write(path) as beside:
                beside.write_text(json.dumps(result) + "\n")
        found.append(json.loads(path.read_text()))
        bar.add(1)
    return found


def study(
    out: pathlib.Path,
    name: str,
    runs: Sequence[Run],
    folder: str,
    measure: Callable[["tfmix.GAN", dict[str, Any], pathlib.Path], dict[str, Any]],
) -> dict[str, Any]:
    """Trains and measures what is not there yet.

    Args:
        out: The folder that `write` is to write to.
        name: Of the benchmark.
        runs: As for `run_all`.
        folder: As for `run_all`.
        measure: As for `run_all`.

    Returns:
        "runs", the results; "seconds", the time it all took now; and where and how it was run.
    """
    command_line.check_out(out / f"{name}.md", ".md")
    command_line.import_tfmix()
    started = time.perf_counter()
    results = run_all(runs, pathlib.Path(folder), measure)
    return {**environment.record(), "seconds": time.perf_counter() - started, "runs": results}


def _holds(path: pathlib.Path, run: Run) -> bool:
    """Whether a result is there, and is that of this run: a benchmark may have changed since."""
    if not path.exists():
        return False
    kept = json.loads(path.read_text())
    return (kept["config"], kept["seed"], kept["changes"]) == (
        run.config,
        run.seed,
        json.loads(json.dumps(dict(run.changes))),
    )


def read_log(workdir: pathlib.Path) -> list[dict[str, float]]:
    """The lines of a run's log."""
    return [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]


def write(
    out: pathlib.Path, name: str, record: dict[str, Any], page: str, figures: dict[str, Any]
) -> None:
    """Writes <name>.json, <name>.md and a PNG for each figure by its name, and prints the page."""
    import tfmix
    from tfmix.evaluation.figures import save_figure

    for figure_name, figure in figures.items():
        save_figure(figure, out / f"{figure_name}.png")
    with tfmix.files.atomic_write(out / f"{name}.json") as beside:
        beside.write_text(json.dumps(record) + "\n")
    with tfmix.files.atomic_write(out / f"{name}.md") as beside:
        beside.write_text(page)
    print(f"\n{page}\nTable, numbers and plots: {out}/")
