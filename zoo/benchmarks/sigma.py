"""Shows what the sigma penalty of DeLiGAN is for: sigma over a run, with it and without.

python -m zoo.benchmarks.sigma --out=runs/benchmarks/sigma

Trains deligan_digits without its component head from the paper's start, the prior at a rate of its
own, with sigma_penalty 0 and 1/3, sigma trained itself and through softplus. Runs are resumed from
--runs. Writes sigma.md, sigma.json and a plot of each quantity.
"""

import numpy as np
from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from zoo.benchmarks import program, runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

FLAGS = runs.make_flags("sigma")
_SEEDS = FLAGS.integer("seeds", 3, "Runs of each kind.", 1)
_STEPS = FLAGS.integer("steps", 5_000, "Training steps of a run.", 1)
# A block of its own: the config's start and draws may be others than the paper's.
PRIOR = {
    **{"name": "GaussianMixture", "num_components": 50, "latent_dim": 30},
    **{"loc_range": 1.0, "init_scale": 0.2, "assignment": "stratified"},
}
OPTIMIZER = {"name": "Adam", "learning_rate": 1e-3, "beta_1": 0.0, "beta_2": 0.99}  # the prior's
KINDS = {  # name: parametrization, penalty
    "sigma, penalty 1/3": ("identity", 1 / 3),
    "sigma, no penalty": ("identity", 0.0),
    "softplus, penalty 1/3": ("softplus", 1 / 3),
    "softplus, no penalty": ("softplus", 0.0),
}
# Quantity of the log: the words of the page, and a level to compare with.
QUANTITIES = {
    "sigma": ("mean sigma", 0.2),
    "within_share": ("share of z's variance within components", 0.2**2 / (0.2**2 + 1 / 3)),
    "within_spread": ("distance within a component over that of real images", 0.3),
}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    planned = [
        Run("deligan_digits", seed, _changes(*kind), name)
        for name, kind in KINDS.items()
        for seed in range(_SEEDS.value)
    ]
    runs.compare("sigma", FLAGS, planned, measure, page, figures)


def measure(trained: Trained) -> Record:
    """Each of QUANTITIES along the run, as pairs of step and value."""
    return {"histories": {name: trained.history(name) for name in QUANTITIES}}


def page(record: Record) -> str:
    """The table, in Markdown."""
    rows = [
        [name, *(_ends(found, quantity) for quantity in QUANTITIES)]
        for name, found in program.grouped(record["runs"], lambda run: run["title"]).items()
    ]
    first = record["runs"][0]
    heads = [f"{words} at the end" for words, _ in QUANTITIES.values()]
    rate = first["changes"]["prior_optimizer"]["learning_rate"]
    _, share = QUANTITIES["within_share"]
    return f"""# The sigma penalty of DeLiGAN

The config `deligan_digits` (500 images) without its component head, {first["steps"]:,} steps, from
the paper's start: 50 components of sigma 0.2 at locations of U(-1, 1), {share:.0%} of z's variance
within components.
Adam trains the prior at {rate:g}: sigma itself, or the number whose softplus sigma is. Means over
training seeds, lowest and highest in brackets. In the plots dotted lines are the start, and for
the distance .3, below which training warns.

{tables.markdown(["trained", *heads], rows)}

On {record["hardware"]}: `{record["command"]}`
"""


def figures(record: Record) -> dict[str, Figure]:
    """Each quantity against the step, a line for each run."""
    found = {}
    for name, (words, level) in QUANTITIES.items():
        groups = program.grouped(
            [{**run, "history": run["histories"][name]} for run in record["runs"]],
            lambda run: run["title"],
        )
        file = name if name == "sigma" else f"sigma_{name}"
        found[file] = runs.plot_histories(groups, level, ylabel=words, ylim=(0, None))
    return found


def _changes(parametrization: str, penalty: float) -> Record:
    return {
        "model.sigma_penalty": penalty,
        "model.component_weight": 0.0,  # a head would hold components apart, penalty or none
        "num_steps": _STEPS.value,
        "prior": {**PRIOR, "scale_parametrization": parametrization},
        "prior_optimizer": OPTIMIZER,
    }


def _ends(found: list[Record], quantity: str) -> str:
    """Mean, lowest and highest of the last values of runs."""
    last = [run["histories"][quantity][-1][1] for run in found]
    return f"{np.mean(last):.3f} [{min(last):.3f}, {max(last):.3f}]"


if __name__ == "__main__":
    command_line.run(main)
