"""Whether a mixture prior and augmentation help where images are few.

python -m zoo.benchmarks.small_data --out=runs/benchmarks/small_data

Trains each prior with and without DiffAugment on class-balanced subsets, with the same networks,
steps and learning rate, and scores each run: KID, coverage, diversity and copies of 2,000 samples,
in the features of the data set's own extractor. Flags choose a part of the grid; a run that is done
is kept in --runs, and not trained again. Writes small_data.md, small_data.json and a plot for each
data set.
"""

import pathlib
import time

from tfmix import environment
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import image_scores, runs
from zoo.benchmarks.runs import Run
from zoo.benchmarks.small_data_page import page, plot

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/small_data", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/small_data/runs", "Where runs are kept.")
_MIXTURE = {"num_components": 50, "loc_range": 1.0, "init_scale": 0.2, "assignment": "stratified"}
PRIORS = {  # model, and its prior less the width of z
    "StandardNormal": ("GAN", {"name": "StandardNormal"}),
    "DeLiGAN": ("DeLiGAN", {"name": "GaussianMixture", **_MIXTURE}),
    "GM-GAN dynamic": ("GMGAN", {"name": "GaussianMixture", **_MIXTURE}),
    "Student-t": ("GAN", {"name": "StudentTMixture", "df": 5.0, **_MIXTURE}),
}
AUGMENT = {"none": "", "DiffAugment": "default"}
SIZES = (100, 500, 2_000)
BUDGETS = {  # data set: config whose networks and settings all share, and what differs from it
    "mnist": ("deligan_mnist", {"num_steps": 2_500}),
    "fashion_mnist": ("deligan_fashion_mnist", {"num_steps": 2_500}),
    "cifar10": (
        "deligan_cifar10",
        {
            "num_steps": 4_000,
            "batch_size": 50,
            "generator.width": 32,
            "discriminator.width": 32,
            "optimizer.schedule": "constant",
        },
    ),
}
_DATA = FLAGS.list("datasets", list(BUDGETS), "Data sets.")
_PRIORS = FLAGS.list("priors", list(PRIORS), "Priors.")
_AUGMENT = FLAGS.list("augment", list(AUGMENT), "Augmentations.")
_SIZES = FLAGS.list("sizes", list(map(str, SIZES)), "Numbers of training images.")
_SEEDS = FLAGS.integer("seeds", 3, "Seeds of each; 3 give intervals.", 1)
_STEPS = FLAGS.integer("steps", 0, "Steps of a run; 0: the budget.", 0)
_DATA_DIR = FLAGS.string("data_dir", "", "Folder of TFDS; default: TFDS_DATA_DIR.")


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out / "small_data.md", ".md")
    planned = plan()
    command_line.import_tfmix()
    started = time.perf_counter()
    results = runs.run_all(planned, pathlib.Path(_RUNS.value), image_scores.measure)
    record = {**environment.record(), "seconds": time.perf_counter() - started, "runs": results}
    figures = {f"small_data_{dataset}": plot(results, dataset) for dataset in _DATA.value}
    runs.write(out, "small_data", record, page(record), figures)


def plan() -> list[Run]:
    """The runs that the flags choose, those of a data set and a size side by side.

    Raises:
        ValueError: A flag names something that is not in the grid.
    """
    for flag, known in ((_DATA, BUDGETS), (_PRIORS, PRIORS), (_AUGMENT, AUGMENT)):
        if unknown := set(flag.value) - set(known):
            raise ValueError(
                f"--{flag.name} takes some of {', '.join(known)}. "
                f"Received: {', '.join(sorted(unknown))}."
            )
    sizes = [int(size) if size.isdecimal() else 0 for size in _SIZES.value]
    if min(sizes, default=0) < 10:
        raise ValueError(f"--sizes takes numbers of at least 10. Received: {_SIZES.value}.")
    return [
        _run(dataset, size, prior, augment, seed)
        for dataset in _DATA.value
        for size in sizes
        for seed in range(_SEEDS.value)
        for prior in _PRIORS.value
        for augment in _AUGMENT.value
    ]


def _run(dataset: str, size: int, prior: str, augment: str, seed: int) -> Run:
    base, budget = BUDGETS[dataset]
    config = presets.get(base)
    model, block = PRIORS[prior]
    penalty = {"sigma_penalty": config.model.sigma_penalty} if model == "DeLiGAN" else {}
    title = [dataset, f"{size}", prior, augment]
    changes = {
        **budget,
        "train_size": size,
        "model": {"name": model, "augment": AUGMENT[augment], **penalty},
        "prior": {**block, "latent_dim": config.prior.latent_dim},
    }
    if _DATA_DIR.value:
        changes["data_dir"] = _DATA_DIR.value
    if _STEPS.value:
        changes["num_steps"] = _STEPS.value
        title.append(f"{_STEPS.value} steps")
    return Run(base, seed, changes, ", ".join(title))


if __name__ == "__main__":
    command_line.run(main)
