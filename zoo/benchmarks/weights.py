"""Shows whether DeLiGAN learns how often each of three blobs comes, with learned weights.

python -m zoo.benchmarks.weights --out=runs/benchmarks/weights

The data are three blobs in the plane, of weights .7, .2 and .1. deligan_blobs starts with equal
weights and learns them by the marginal gradient; deligan_blobs_uniform holds them equal, as the
paper does. Runs are resumed from --runs. Writes weights.md, weights.json and weights.png.
"""

from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from zoo.benchmarks import runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

_NUM_SAMPLES = 10_000
_GOOD = 0.08  # total variation
MODELS = {"learned": "deligan_blobs", "uniform": "deligan_blobs_uniform"}

FLAGS = runs.make_flags("weights")
_STEPS = FLAGS.integer("steps", 0, "Training steps of a run; 0: the config's.", 0)
_SEEDS = FLAGS.integer("seeds", 5, "Runs of each model.", 1)


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    steps = {"num_steps": _STEPS.value} if _STEPS.value else {}
    seeds = range(_SEEDS.value)
    planned = [Run(config, seed, steps) for config in MODELS.values() for seed in seeds]
    runs.compare("weights", FLAGS, planned, measure, page, figures)


def measure(trained: Trained) -> Record:
    """What the components and the samples say of the blobs' weights.

    Returns:
        "truth", "weights" of the components, both the largest first, "usage" total variation of the
        two; "samples", the share of samples nearest to each blob, and its "variation" from the
        truth; "history" of (step, components in use).
    """
    import tfmix

    truth = tfmix.data.load(trained.config["dataset"], "test")
    weights = np.sort(trained.model.sampled.prior.mixture_weights.numpy())[::-1]
    points = trained.model.sample(_NUM_SAMPLES, seed=trained.config["seed"])
    blobs = np.argmin(np.linalg.norm(points[:, None] - truth.centers, axis=-1), axis=1)
    shares = np.bincount(blobs, minlength=len(truth.weights)) / _NUM_SAMPLES
    return {
        "truth": truth.weights.tolist(),
        "weights": weights.tolist(),
        "usage": _total_variation(weights, np.sort(truth.weights)[::-1]),
        "samples": shares.tolist(),
        "variation": _total_variation(shares, truth.weights),
        "history": trained.history("component_usage"),
    }


def _total_variation(p: np.ndarray, q: np.ndarray) -> float:
    return float(np.abs(p - q).sum() / 2)


def page(record: Record) -> str:
    """The table, in Markdown."""
    rows, lines = [], []
    for name, found in _by_model(record).items():
        for run in found:
            shares = [_digits(run[each]) for each in ("weights", "usage", "samples", "variation")]
            rows.append((name, run["seed"], *shares, f"{run['seconds']:.0f}"))
        usages = [run["usage"] for run in found]
        lines.append(
            f"- {name}: usage is within {_GOOD} of the truth in "
            f"{sum(usage <= _GOOD for usage in usages)} of {len(usages)} runs; the largest "
            f"distance is {max(usages):.3f}."
        )
    head = ("weights", "seed", "of the components", "usage", "samples", "off", "seconds")
    said = "\n".join(lines)
    return f"""# Weights of a mixture, learned

DeLiGAN on three blobs of weights .7, .2 and .1: `deligan_blobs`, which learns the weights of its
three components by the marginal gradient, and `deligan_blobs_uniform`, which holds them equal.
*Usage* is the total variation between the components' weights and the truth, *samples* the share of
samples nearest to each blob, and *off* their total variation from the truth.

{tables.markdown(head, rows)}

{said}

On {record["hardware"]}: `{record["command"]}`
"""


def figures(record: Record) -> dict[str, Figure]:
    """Components in use against the step; dotted, what the truth comes to."""
    truth = np.array(record["runs"][0]["truth"])
    axis = {"ylabel": "components in use, exp(entropy)", "ylim": (1, 3.1)}
    usage = np.exp(-(truth * np.log(truth)).sum())
    return {"weights": runs.plot_histories(_by_model(record), usage, **axis)}


def _by_model(record: Record) -> dict[str, list[Record]]:
    return {
        name: [run for run in record["runs"] if run["config"] == config]
        for name, config in MODELS.items()
    }


def _digits(values: float | Iterable[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in np.atleast_1d(values))


if __name__ == "__main__":
    command_line.run(main)
