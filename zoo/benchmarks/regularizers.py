"""What R1, weight averaging, spectral norm and LeCam each do on 2,000 images.

python -m zoo.benchmarks.regularizers --out=runs/benchmarks/regularizers

Short equal runs of deligan_cifar10 at half its width, each with one thing changed. Runs are resumed
from --runs. Writes regularizers.md and regularizers.json.
"""

import pathlib
from typing import TYPE_CHECKING, Any

from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import image_scores, runs, score_cells
from zoo.benchmarks.runs import Run

if TYPE_CHECKING:
    import tfmix

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/regularizers", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/regularizers/runs", "Where runs are kept.")
_SEEDS = FLAGS.integer("seeds", 3, "Seeds of each; 3 give intervals.", 1)
_STEPS = FLAGS.integer("steps", 600, "Training steps of a run.", 1)
_VARIANTS = FLAGS.list("variants", [], "Names of variants; empty: all.")
_SHARED = {
    "batch_size": 50,
    "generator.width": 32,
    "discriminator.width": 32,
    "optimizer.schedule": "constant",
}
DEFAULT, NO_AVERAGE = "default", "no average"
_R1 = {"discriminator.norm": "none", "model.r1_penalty": 1.0, "model.r1_every": 4}
VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "no norm": {"discriminator.norm": "none"},
    "no norm but R1": _R1,
    "spectral norm": {"discriminator.norm": "spectral"},
    "LeCam": {"model.lecam_penalty": 0.3},
}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    if unknown := set(_VARIANTS.value) - VARIANTS.keys():
        raise ValueError(
            f"--variants takes some of {', '.join(VARIANTS)}. "
            f"Received: {', '.join(sorted(unknown))}."
        )
    shared = {**_SHARED, "num_steps": _STEPS.value}
    planned = [
        Run("deligan_cifar10", seed, {**shared, **VARIANTS[name]}, name)
        for seed in range(_SEEDS.value)
        for name in _VARIANTS.value or VARIANTS
    ]
    record = runs.study(out, "regularizers", planned, _RUNS.value, measure)
    runs.write(out, "regularizers", record, page(record), {})


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """The scores, and those by the weights themselves: averaging them changes no training."""
    import tfmix

    found = image_scores.measure(model, config, workdir)
    bare = tfmix.Sampler(model.prior, model.generator)
    return {**found, "scores_without_average": image_scores.score(bare, config, workdir)}


def page(record: dict[str, Any]) -> str:
    """The table and the findings, in Markdown."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in record["runs"]:
        found.setdefault(run["title"], []).append(run)
    if DEFAULT in found:
        found[NO_AVERAGE] = [
            {**run, "scores": run["scores_without_average"]} for run in found[DEFAULT]
        ]
    lines = [_HEAD.format(steps=record["runs"][0]["steps"])]
    lines.append(
        score_cells.table([score_cells.row(*each) for each in found.items()], "what is changed")
    )
    lines += [
        score_cells.verdict(f"{name} against the default", runs_, found[DEFAULT])
        for name, runs_ in found.items()
        if name != DEFAULT and DEFAULT in found
    ]
    lines += ["", f"Seconds of training on {record['hardware']}: `{record['command']}`", ""]
    return "\n".join(lines)


_HEAD = """# Regularisers, one at a time

The config `deligan_cifar10` (2,000 images, batch norm in the discriminator, averaged weights)
at half its width, in batches of 50, {steps:,} steps, and with one thing changed; what, and to what,
is in `zoo/benchmarks/regularizers.py`. R1 needs a discriminator without batch norm, so that its
line compares to *no norm* too; *no average* samples the default's runs by the weights that were
trained. 2,000 samples against the test split, in the features of the
CIFAR-10 extractor. Means over training seeds, with 95 % intervals by Student's t in brackets.
"""


if __name__ == "__main__":
    command_line.run(main)
