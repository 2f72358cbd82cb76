"""Runs of configs that a benchmark compares, each trained once, in a folder it resumes from."""

import json
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure

from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import program
from zoo.benchmarks.program import Figures, Page, Record

if TYPE_CHECKING:
    import tfmix


def make_flags(name: str) -> Flags:
    """The flags that every benchmark has which trains: --out and --runs."""
    flags = Flags()
    flags.string("out", f"runs/benchmarks/{name}", "The folder to write.")
    flags.string("runs", f"runs/benchmarks/{name}/runs", "Where runs are kept.")
    return flags


class Run(NamedTuple):
    """A config to train."""

    config: str  # name of a config of zoo/configs
    seed: int
    # Dotted keys and their values, set beside the config; a mapping takes the place of a block.
    changes: Mapping[str, Any] = MappingProxyType({})
    title: str = ""  # what its folder is named by; empty: the config and the changes

    @property
    def name(self) -> str:
        """A name for its folder, the same for the same run."""
        changes = "".join(f",{key}={value}" for key, value in sorted(self.changes.items()))
        name = self.title or f"{self.config}{changes}"
        return f"{name},seed={self.seed}".replace("/", "_").replace(" ", "")

    def make(self) -> Record:
        """The config as `tfmix.training.train` takes it."""
        config = presets.get(self.config)
        config.seed = self.seed
        for key, value in self.changes.items():
            if isinstance(value, Mapping):
                config[key] = value
            else:
                config.update_from_flattened_dict({key: value})
        return config.to_dict()


class Trained(NamedTuple):
    """A run that has ended."""

    model: "tfmix.GAN"
    config: Record
    workdir: pathlib.Path

    def history(self, quantity: str) -> list[tuple[int, float]]:
        """A quantity of the run's log, as pairs of step and value."""
        lines = map(json.loads, (self.workdir / "log.jsonl").read_text().splitlines())
        return [(line["step"], line[quantity]) for line in lines]


def compare(
    name: str,
    flags: Flags,
    runs: Sequence[Run],
    measure: Callable[[Trained], Record],
    page: Page,
    figures: Figures | None = None,
) -> None:
    """Trains and measures what is not there yet, and writes what came of it.

    Args are those of `train` and, with a record whose "runs" are its results, `program.run`.
    """
    folder, out = pathlib.Path(flags["runs"].value), flags["out"].value
    program.run(name, out, lambda: {"runs": train(runs, folder, measure)}, page, figures)


def train(
    runs: Sequence[Run], folder: pathlib.Path, measure: Callable[[Trained], Record]
) -> list[Record]:
    """Trains and measures one run after another, less those whose result is there.

    Returns:
        For each run "title", "config", "seed", "changes", "steps", "seconds" of training as this
        process saw it, and what `measure` gave. Its workdir is made in the folder, with the result.
    """
    import keras

    import tfmix
    from tfmix.progress import progress_bar

    found, bar = [], progress_bar("run")
    for run in runs:
        path = folder / run.name / "result.json"
        if not is_result(path, run):
            config = run.make()
            # What was cut off is trained anew: it is short, and its time is that of the whole.
            shutil.rmtree(path.parent, ignore_errors=True)
            keras.backend.clear_session()  # graphs of the runs before
            started = time.perf_counter()
            try:
                model = tfmix.training.train(config, path.parent)
            except tfmix.training.Interrupted as error:
                command_line.stopped(error, error.signum)
            seconds = time.perf_counter() - started
            result = {**run._asdict(), "changes": dict(run.changes)}
            result |= {"steps": config["num_steps"], "seconds": seconds}
            result |= measure(Trained(model, config, path.parent))
            with tfmix.files.atomic_write(path) as beside:
                beside.write_text(json.dumps(result) + "\n")
        found.append(json.loads(path.read_text()))
        bar(len(found), len(runs))
    return found


def is_result(path: pathlib.Path, run: Run) -> bool:
    """Whether a result is there, and is that of this run: a benchmark may have changed since."""
    if not path.exists():
        return False
    kept, changes = json.loads(path.read_text()), json.loads(json.dumps(dict(run.changes)))
    return (kept["config"], kept["seed"], kept["changes"]) == (run.config, run.seed, changes)


def plot_histories(groups: Mapping[str, Sequence[Record]], dotted: float, **axis: Any) -> Figure:
    """Plots the "history" of runs against the step, up to ten groups; dotted, a constant."""
    figure = Figure(figsize=(6, 3.4), layout="constrained", dpi=120)
    axes = figure.add_subplot(xlabel="step", **axis)
    for number, (name, found) in enumerate(groups.items()):
        for i, run in enumerate(found):
            label = None if i else name
            axes.plot(*zip(*run["history"], strict=True), color=f"C{number}", label=label)
    axes.axhline(dotted, color="black", linestyle=":", linewidth=1)
    axes.legend(frameon=False)
    return figure
