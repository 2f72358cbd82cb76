"""Counts the modes of Stacked MNIST that one normal and a mixture find, by the old and new recipe.

python -m zoo.benchmarks.stacked_mnist --out=runs/benchmarks/stacked_mnist

The data are three digits as the channels of an image, 1,000 modes (see tfmix.data.stacked_mnist).
As in PacGAN (NeurIPS 2018, section 4.2), 26,000 samples are sorted by a classifier of digits,
channel by channel; a mode is found where a sample falls to it, and the reverse KL is that of the
samples' histogram over modes to equal shares. The new recipe is that of the configs
dcgan_stacked_mnist and gmgan_stacked_mnist; the old one, in which tfmix's models were trained
before, keeps their prior and generator and changes the rest. A run that is done is kept in --runs,
and not trained again. Writes stacked_mnist.md and stacked_mnist.json.
"""

import itertools
import pathlib

import numpy as np

from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from zoo.benchmarks import program, runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

NUM_STEPS, NUM_SAMPLES = 10_000, 26_000
PRIORS = {"one normal": "dcgan_stacked_mnist", "mixture": "gmgan_stacked_mnist"}
RECIPES = ("old", "new")
ANCHORS = (  # without a mixture, as R3GAN (NeurIPS 2024) reports them
    ("GAN with R1 and R2", 693, "0.927"),
    ("R3GAN: relativistic pairing with R1 and R2", 1000, "0.078"),
)
FLAGS = runs.make_flags("stacked_mnist")
_STEPS = FLAGS.integer("steps", NUM_STEPS, "Training steps of a run.", 1)
_NUM = FLAGS.integer("num", NUM_SAMPLES, "Samples of each model.", 2)
_SEEDS = FLAGS.integer("seeds", 1, "Runs of each model.", 1)


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    program.run("stacked_mnist", FLAGS["out"].value, _measured, page)


def plan() -> list[Run]:
    """The runs, those of one recipe side by side."""
    cases = itertools.product(RECIPES, PRIORS.items(), range(_SEEDS.value))
    return [
        Run(
            config,
            seed,
            {"num_steps": _STEPS.value, **(_old(config) if recipe == "old" else {})},
            f"{prior}, {recipe} recipe, {_STEPS.value} steps, {_NUM.value} samples",
        )
        for recipe, (prior, config), seed in cases
    ]


def _old(config: str) -> Record:
    """What the old recipe changes of a config: losses, discriminator and optimizer."""
    given = presets.get(config)
    discriminator = {"width": given.discriminator.width, "depth": 2, "norm": "batch"}
    if "dense_widths" in given.discriminator:
        discriminator |= {"kernel_size": 5, "dense_widths": (), "patches": True}
    own = {"prior_optimizer": {"name": "none"}} if "prior_optimizer" in given else {}
    return {
        "model": {"name": given.model.name, "loss": "non_saturating", "r1_penalty": 0.0},
        "discriminator": {"name": "DCGANDiscriminator", **discriminator},
        "optimizer": {"name": "Adam", "learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999},
        **own,
    }


def _measured() -> Record:
    import tfmix

    real = tfmix.data.load("stacked_mnist", "test").labels
    of_real = coverage(np.stack([real // 100, real // 10 % 10, real % 10], axis=1))
    folder = pathlib.Path(FLAGS["runs"].value)
    return {"real": of_real, "runs": runs.train(plan(), folder, measure)}


def measure(trained: Trained) -> Record:
    """The scores of the samples, with how far apart two draws of one component are.

    Returns:
        "modes" and "reverse_kl", see `coverage`, and "within_spread" as it was logged last.
    """
    import tfmix

    extractor = tfmix.evaluation.load_extractor("mnist")
    images = trained.model.sample(_NUM.value, seed=trained.config["seed"])
    channels = (images[..., [channel]] for channel in range(3))
    digits = [extractor.probs(channel).argmax(axis=1) for channel in channels]
    *_, (_, spread) = trained.history("within_spread")
    return {**coverage(np.stack(digits, axis=1)), "within_spread": spread}


def coverage(digits: np.ndarray) -> Record:
    """The modes that triples of digits, ints [N, 3], fall to, and their reverse KL, in nats."""
    import tfmix

    modes = np.array([*itertools.product(range(10), repeat=3)], np.float64)
    found = tfmix.metrics.mode_coverage(digits.astype(np.float64), modes, std=0.1)
    return {"modes": found.modes, "reverse_kl": found.reverse_kl}


def page(record: Record) -> str:
    """The table, in Markdown."""
    rows = [
        (
            *run["title"].split(" recipe")[0].split(", "),
            *(run["seed"], run["modes"], f"{run['reverse_kl']:.3f}"),
            *(f"{run['within_spread']:.2f}", run["steps"], f"{run['seconds']:.0f}"),
        )
        for run in record["runs"]
    ]
    real = record["real"]
    rows.append(("*test split*", "", "", real["modes"], f"{real['reverse_kl']:.3f}", "", "", ""))
    rows += [(f"*{name}*", "", "", modes, kl, "", "", "") for name, modes, kl in ANCHORS]
    configs = " and ".join(f"`{each}`" for each in PRIORS.values())
    head = ("prior", "recipe", "seed", "modes", "reverse KL", "within_spread", "steps", "seconds")
    return f"""# Modes of Stacked MNIST

Written by `python -m zoo.benchmarks.stacked_mnist`; see there for data and scores. Prior and
generator are alike in both recipes: those of {configs}.
The old recipe has a discriminator of two convolutions with batch norm, which sees 13 pixels at
once, the non-saturating loss without penalty or component head, and Adam 2e-4 (.5, .999). Rows in
italics are not trained here: the test split is the data's own images, by their labels, and the
others are what R3GAN (NeurIPS 2024) reports, with other networks and longer training.

{tables.markdown(head, rows)}

Seconds of training on {record["hardware"]}: `{record["command"]}`
"""


if __name__ == "__main__":
    command_line.run(main)
