"""Shows what the sigma penalty of DeLiGAN is for: sigma over a run, with it and without.

python -m zoo.benchmarks.sigma --out=runs/benchmarks/sigma

Trains deligan_digits as it is and with sigma_penalty=0. Runs are resumed from --runs. Writes
sigma.md, sigma.json and sigma.png.
"""

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from zoo.benchmarks import runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

FLAGS = runs.make_flags("sigma")
_SEEDS = FLAGS.integer("seeds", 3, "Runs with the penalty, and without.", 1)
_STEPS = FLAGS.integer("steps", 5_000, "Training steps of a run.", 1)
PENALTIES = {"with the penalty": 1 / 3, "without": 0.0}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    planned = [
        Run("deligan_digits", seed, {"model.sigma_penalty": weight, "num_steps": _STEPS.value})
        for weight in PENALTIES.values()
        for seed in range(_SEEDS.value)
    ]
    runs.compare("sigma", FLAGS, planned, measure, page, figures)


def measure(trained: Trained) -> Record:
    """The mean deviation along the run, "history" of (step, sigma)."""
    return {"history": trained.history("sigma")}


def page(record: Record) -> str:
    """The table, in Markdown."""
    sigmas = [
        (name, run["seed"], [sigma for _, sigma in run["history"]])
        for name, found in _by_penalty(record).items()
        for run in found
    ]
    rows = [(name, seed, f"{each[-1]:.3f}", f"{min(each):.3f}") for name, seed, each in sigmas]
    return f"""# The sigma penalty of DeLiGAN

The config `deligan_digits`, {record["runs"][0]["steps"]:,} steps, as it is and with
`model.sigma_penalty=0`. Mean standard deviation over components and dimensions; it starts at 0.2.

{tables.markdown(["run", "seed", "sigma at the end", "lowest"], rows)}

On {record["hardware"]}: `{record["command"]}`
"""


def figures(record: Record) -> dict[str, Figure]:
    """Sigma against the step, a line for each run."""
    axis = {"ylabel": "mean sigma (dotted: at the start)", "ylim": (0, None)}
    return {"sigma": runs.plot_histories(_by_penalty(record), 0.2, **axis)}


def _by_penalty(record: Record) -> dict[str, list[Record]]:
    return {
        name: [run for run in record["runs"] if weight in run["changes"].values()]
        for name, weight in PENALTIES.items()
    }


if __name__ == "__main__":
    command_line.run(main)
