"""Shows what the sigma penalty of DeLiGAN is for: sigma over a run, with it and without.

python -m zoo.benchmarks.sigma --out=runs/benchmarks/sigma

Trains deligan_digits as it is and with sigma_penalty=0. Runs are resumed from --runs. Writes
sigma.md, sigma.json and sigma.png.
"""

import pathlib
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import runs
from zoo.benchmarks.runs import Run

if TYPE_CHECKING:
    import tfmix

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/sigma", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/sigma/runs", "Where runs are kept.")
_SEEDS = FLAGS.integer("seeds", 3, "Runs with the penalty, and without.", 1)
_STEPS = FLAGS.integer("steps", 5_000, "Training steps of a run.", 1)
PENALTIES = {"with the penalty": 1 / 3, "without": 0.0}
_COLORS = ("tab:blue", "tab:red")


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    planned = [
        Run("deligan_digits", seed, {"model.sigma_penalty": weight, "num_steps": _STEPS.value})
        for weight in PENALTIES.values()
        for seed in range(_SEEDS.value)
    ]
    record = runs.study(out, "sigma", planned, _RUNS.value, measure)
    runs.write(out, "sigma", record, page(record), {"sigma": plot(record["runs"])})


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """The mean deviation along the run, "history" of (step, sigma)."""
    return {"history": [(line["step"], line["sigma"]) for line in runs.read_log(workdir)]}


def page(record: dict[str, Any]) -> str:
    """The table, in Markdown."""
    sigmas = [
        (name, run["seed"], [sigma for _, sigma in run["history"]])
        for name, found in _by_penalty(record["runs"]).items()
        for run in found
    ]
    rows = [(name, seed, f"{each[-1]:.3f}", f"{min(each):.3f}") for name, seed, each in sigmas]
    return f"""# The sigma penalty of DeLiGAN

The config `deligan_digits`, {_STEPS.value:,} steps, as it is and with `model.sigma_penalty=0`. Mean
standard deviation over components and dimensions; it starts at 0.2.

{tables.markdown(["run", "seed", "sigma at the end", "lowest"], rows)}

On {record["hardware"]}: `{record["command"]}`
"""


def plot(results: list[dict[str, Any]]) -> Figure:
    """Sigma against the step, a line a run."""
    figure = Figure(figsize=(6, 3.4), layout="constrained", dpi=120)
    axes = figure.add_subplot()
    for color, (name, found) in zip(_COLORS, _by_penalty(results).items(), strict=True):
        for i, run in enumerate(found):
            axes.plot(*zip(*run["history"], strict=True), color=color, label=None if i else name)
    axes.axhline(0.2, color="black", linestyle=":", linewidth=1)
    axes.set(xlabel="step", ylabel="mean sigma (dotted: at the start)")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return figure


def _by_penalty(results: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [run for run in results if run["changes"]["model.sigma_penalty"] == weight]
        for name, weight in PENALTIES.items()
    }


if __name__ == "__main__":
    command_line.run(main)
