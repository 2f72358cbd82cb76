"""Shows whether DeLiGAN learns how often each of three blobs comes, with learned weights.

python -m zoo.benchmarks.weights --out=runs/benchmarks/weights

The data are three blobs in the plane, of weights .7, .2 and .1. deligan_blobs starts with equal
weights and learns them by the marginal gradient; deligan_blobs_uniform holds them equal, as the
paper does. Runs are resumed from --runs. Writes weights.md, weights.json and weights.png.
"""

import pathlib
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import runs
from zoo.benchmarks.runs import Run

if TYPE_CHECKING:
    import tfmix

_NUM_SAMPLES = 10_000
_GOOD = 0.08  # total variation
MODELS = {"learned": "deligan_blobs", "uniform": "deligan_blobs_uniform"}

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/weights", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/weights/runs", "Where runs are kept.")
_STEPS = FLAGS.integer("steps", 0, "Training steps of a run; 0: the config's.", 0)
_SEEDS = FLAGS.integer("seeds", 5, "Runs of each model.", 1)


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    steps = {"num_steps": _STEPS.value} if _STEPS.value else {}
    planned = [
        Run(config, seed, steps) for config in MODELS.values() for seed in range(_SEEDS.value)
    ]
    record = runs.study(out, "weights", planned, _RUNS.value, measure)
    runs.write(out, "weights", record, page(record), {"weights": plot(record["runs"])})


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """What the components and the samples say of the blobs' weights.

    Returns:
        "truth", "weights" of the components, both the largest first, "usage" total variation of the
        two; "samples", the share of samples nearest to each blob, and its "variation" from the
        truth; "history" of (step, components in use).
    """
    import tfmix

    truth = tfmix.data.load(config["dataset"], "test")
    prior = model.sampled.prior
    weights = np.sort(prior.mixture_weights.numpy())[::-1]
    points = model.sample(_NUM_SAMPLES, seed=config["seed"])
    blobs = np.argmin(np.linalg.norm(points[:, None] - truth.centers, axis=-1), axis=1)
    shares = np.bincount(blobs, minlength=len(truth.weights)) / _NUM_SAMPLES
    return {
        "truth": truth.weights.tolist(),
        "weights": weights.tolist(),
        "usage": _total_variation(weights, np.sort(truth.weights)[::-1]),
        "samples": shares.tolist(),
        "variation": _total_variation(shares, truth.weights),
        "history": [(line["step"], line["component_usage"]) for line in runs.read_log(workdir)],
    }


def _total_variation(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(p - q).sum() / 2)


def page(record: dict[str, Any]) -> str:
    """The table, in Markdown."""
    head = ("weights", "seed", "of the components", "usage", "samples", "off", "seconds")
    rows = [
        (
            name,
            run["seed"],
            _shares(run["weights"]),
            f"{run['usage']:.3f}",
            _shares(run["samples"]),
            f"{run['variation']:.3f}",
            f"{run['seconds']:.0f}",
        )
        for name, config in MODELS.items()
        for run in record["runs"]
        if run["config"] == config
    ]
    lines = [
        "# Weights of a mixture, learned",
        "",
        "DeLiGAN on three blobs of weights .7, .2 and .1: `deligan_blobs`, which "
        "learns the weights of its three components by the marginal gradient, and "
        "`deligan_blobs_uniform.py`, which holds them equal. *Usage* is the total variation "
        "between the components' weights and the truth, *samples* the share of samples nearest to "
        "each blob, and *off* their total variation from the truth.",
        "",
        tables.markdown(head, rows),
    ]
    lines += ["", *(_summary(record["runs"], name) for name in MODELS), ""]
    lines += [f"On {record['hardware']}: `{record['command']}`", ""]
    return "\n".join(lines)


def _summary(results: list[dict[str, Any]], name: str) -> str:
    usages = [run["usage"] for run in results if run["config"] == MODELS[name]]
    good = sum(usage <= _GOOD for usage in usages)
    return (
        f"- {name}: usage is within {_GOOD} of the truth in {good} of {len(usages)} runs; the "
        f"largest distance is {max(usages):.3f}."
    )


def _shares(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def plot(results: list[dict[str, Any]]) -> Figure:
    """Components in use against the step; dotted, what the truth comes to."""
    figure = Figure(figsize=(6, 3.4), layout="constrained", dpi=120)
    axes = figure.add_subplot()
    for color, (name, config) in zip(("tab:blue", "tab:orange"), MODELS.items(), strict=True):
        found = [run for run in results if run["config"] == config]
        for i, run in enumerate(found):
            axes.plot(*zip(*run["history"], strict=True), color=color, label=None if i else name)
    truth = np.array(results[0]["truth"])
    axes.axhline(np.exp(-(truth * np.log(truth)).sum()), color="black", linestyle=":", linewidth=1)
    axes.set(xlabel="step", ylabel="components in use, exp(entropy)", ylim=(1, 3.1))
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    command_line.run(main)
