"""What R1, weight averaging, spectral norm and LeCam each do on 2,000 images.

python -m zoo.benchmarks.regularizers --out=runs/benchmarks/regularizers

Short equal runs of deligan_cifar10 at half its width, each with one thing changed. Runs are resumed
from --runs. Writes regularizers.md and regularizers.json.
"""

from tfmix.programs import command_line
from zoo.benchmarks import image_scores, program, runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

FLAGS = runs.make_flags("regularizers")
_SEEDS = FLAGS.integer("seeds", 3, "Seeds of each; 3 give intervals.", 1)
_STEPS = FLAGS.integer("steps", 600, "Training steps of a run.", 1)
_VARIANTS = FLAGS.list("variants", [], "Names of variants; empty: all.")
DEFAULT, NO_AVERAGE = "default", "no average"
_R1 = {"discriminator.norm": "none", "model.r1_penalty": 1.0, "model.r1_every": 4}
VARIANTS: dict[str, Record] = {
    DEFAULT: {},
    "no norm": {"discriminator.norm": "none"},
    "no norm but R1": _R1,
    "spectral norm": {"discriminator.norm": "spectral"},
    "LeCam": {"model.lecam_penalty": 0.3},
}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    program.check_names(_VARIANTS, VARIANTS)
    shared = {**image_scores.SMALL_CIFAR10, "num_steps": _STEPS.value}
    planned = [
        Run("deligan_cifar10", seed, {**shared, **VARIANTS[name]}, name)
        for seed in range(_SEEDS.value)
        for name in _VARIANTS.value or VARIANTS
    ]
    runs.compare("regularizers", FLAGS, planned, measure, page)


def measure(trained: Trained) -> Record:
    """The scores, and those by the weights themselves: averaging them changes no training."""
    import tfmix

    bare = tfmix.Sampler(trained.model.prior, trained.model.generator)
    found = image_scores.measure(trained)
    return {**found, "scores_without_average": image_scores.score(bare, trained)}


def page(record: Record) -> str:
    """The table and the findings, in Markdown."""
    found = program.grouped(record["runs"], lambda run: run["title"])
    default = found.get(DEFAULT, [])
    if default:
        found[NO_AVERAGE] = [{**run, "scores": run["scores_without_average"]} for run in default]
    rows = [image_scores.row(*each) for each in found.items()]
    verdicts = [
        image_scores.verdict(f"{name} against the default", variant, default)
        for name, variant in found.items()
        if default and name != DEFAULT
    ]
    table = image_scores.table(rows, "what is changed")
    ending = f"Seconds of training on {record['hardware']}: `{record['command']}`"
    head = _HEAD.format(steps=record["runs"][0]["steps"])
    return "\n".join([head, table, *verdicts, "", ending, ""])


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
