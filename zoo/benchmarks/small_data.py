"""Whether a mixture prior and augmentation help where images are few.

python -m zoo.benchmarks.small_data --out=runs/benchmarks/small_data

Trains each prior with and without augmentation on class-balanced subsets, with the same networks,
steps and learning rate, and scores each run: KID, quality, diversity, recall, coverage and copies
of 2,000 samples, in the features of the data set's own extractor. Flags choose a part of the grid;
a run that is done is kept in --runs, and not trained again. Writes small_data.md, small_data.json
and a plot for each data set.
"""

import itertools

import numpy as np
from matplotlib.figure import Figure

from tfmix.programs import command_line, presets
from zoo.benchmarks import image_scores, program, runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run

FLAGS = runs.make_flags("small_data")
# Each differs from the config in one thing, but for the one normal distribution.
PRIORS = (
    "StandardNormal",
    "DeLiGAN",
    "DeLiGAN no head",
    "DeLiGAN no penalty",
    "DeLiGAN within 0.9",
    "DeLiGAN within 0.3",
    "DeLiGAN small start",  # the paper's, within .11
    "Student-t",
)
AUGMENT = ("none", "augmented")  # as the config has it
SIZES = (100, 500, 2_000)
BUDGETS = {  # data set: config whose networks and settings all share, and what differs from it
    "mnist": ("deligan_mnist", {}),
    "fashion_mnist": ("deligan_fashion_mnist", {}),
    "cifar10": ("deligan_cifar10", {"num_steps": 4_000, **image_scores.SMALL_CIFAR10}),
}
_SHOWN_ELSEWHERE = ("prior", "model", "prior_optimizer.name", "train_size", "data_dir")
_COLORS = ("gray", *(f"C{i}" for i in range(len(PRIORS) - 1)))  # of priors
_HATCHES = ("", "//")  # of augmentations
_DATA = FLAGS.list("datasets", list(BUDGETS), "Data sets.")
_PRIORS = FLAGS.list("priors", list(PRIORS), "Priors, or what is changed of DeLiGAN.")
_AUGMENT = FLAGS.list("augment", list(AUGMENT), "Augmentations.")
_SIZES = FLAGS.list("sizes", list(map(str, SIZES)), "Numbers of training images.")
_SEEDS = FLAGS.integer("seeds", 3, "Seeds of each; 3 give intervals.", 1)
_STEPS = FLAGS.integer("steps", 0, "Steps of a run; 0: the budget.", 0)
_DATA_DIR = FLAGS.string("data_dir", "", "Folder of TFDS; default: TFDS_DATA_DIR.")


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    runs.compare("small_data", FLAGS, plan(), image_scores.measure, page, figures)


def plan() -> list[Run]:
    """The runs that the flags choose, those of a data set and a size side by side.

    Raises:
        ValueError: A flag names something that is not in the grid.
    """
    for flag, known in ((_DATA, BUDGETS), (_PRIORS, PRIORS), (_AUGMENT, AUGMENT)):
        program.check_names(flag, known)
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
    model, mixture = config.model.to_dict(), config.prior.to_dict()
    if augment == "none":
        model["augment"] = ""
    changes = {**budget, "train_size": size, "model": model, "prior": mixture}
    if prior == "StandardNormal":
        common = {key: model[key] for key in presets.defaults().model}  # that every GAN takes
        changes["model"] = {**common, "name": "GAN"}
        changes["prior"] = {"name": "StandardNormal", "latent_dim": mixture["latent_dim"]}
        changes["prior_optimizer.name"] = "none"  # there is nothing to train
    elif prior == "DeLiGAN no head":
        model["component_weight"] = 0.0
    elif prior == "DeLiGAN no penalty":
        model["sigma_penalty"] = 0.0
    elif prior.startswith("DeLiGAN within"):
        mixture["within"] = float(prior.split()[-1])
    elif prior == "DeLiGAN small start":
        del mixture["within"]
        mixture |= {"loc_range": 1.0, "init_scale": 0.2}
    elif prior == "Student-t":
        mixture |= {"name": "StudentTMixture", "df": 5.0}
    changes |= {"data_dir": _DATA_DIR.value} if _DATA_DIR.value else {}
    changes |= {"num_steps": _STEPS.value} if _STEPS.value else {}
    steps = f", {_STEPS.value} steps" if _STEPS.value else ""
    return Run(base, seed, changes, f"{dataset}, {size}, {prior}, {augment}{steps}")


def page(record: Record) -> str:
    """The tables and findings, in Markdown."""
    parts = [_HEAD]
    tables = program.grouped(record["runs"], lambda run: tuple(run["title"].split(", ")[:2]))
    for (dataset, size), found in tables.items():
        settings = ", ".join(
            f"`{key}={value}`"
            for key, value in found[0]["changes"].items()
            if key not in _SHOWN_ELSEWHERE
        )
        lines = program.grouped(found, _line)
        rows = [image_scores.row(", ".join(line), runs_) for line, runs_ in lines.items()]
        parts += [
            f"## {dataset}, {int(size):,} images\n",
            f"`{found[0]['config']}`{settings and f' with {settings}'}.\n",
            image_scores.table(rows, "prior, augmentation"),
            "\n".join([*_findings(lines), ""]),
        ]
    parts.append(f"Seconds of training on {record['hardware']}: `{record['command']}`\n")
    return "\n".join(parts)


_HEAD = """# Few images: priors and augmentation

Written by `python -m zoo.benchmarks.small_data`; see there for the grid. In each table networks,
learning rate, batches and steps are alike: those of the config that is named but for what stands
beside it. *Small start*: locations of U(-1, 1) and a deviation of .2, as DeLiGAN's authors have
them. 2,000 samples against the test split, in the features of the data set's own
extractor; KID is in their units and compares within a table. Copies: the share of samples nearer to
a training image than 95 % of test images are, so that .05 is none. Means over training seeds, which
also draw the subset, with 95 % intervals by Student's t in brackets. A difference counts as shown
where a paired bootstrap over seeds and Student's interval are both off 0.
small_data.json holds each run.
"""


def _line(run: Record) -> tuple[str, str]:
    """The prior and the augmentation of a run, for which there is a line in the table."""
    prior, augment = run["title"].split(", ")[2:4]
    return prior, augment


def _findings(lines: dict[tuple[str, str], list[Record]]) -> list[str]:
    pairs = [(f"{b} against none, {a}", (a, b), (a, "none")) for a, b in lines if b != "none"]
    plain = "StandardNormal"
    pairs += [
        (f"{prior} against {plain}, augmentation: {augment}", (prior, augment), (plain, augment))
        for prior, augment in lines
        if prior != plain
    ]
    return [
        image_scores.verdict(name, lines[one], lines[other])
        for name, one, other in pairs
        if other in lines
    ]


def figures(record: Record) -> dict[str, Figure]:
    """A plot for each data set."""
    found = program.grouped(record["runs"], lambda run: run["title"].split(", ")[0])
    return {f"small_data_{dataset}": plot(results) for dataset, results in found.items()}


def plot(results: list[Record]) -> Figure:
    """Each score of a data set, a group of bars for each size; dots are the seeds."""
    cells = program.grouped(results, lambda run: tuple(run["title"].split(", ")[1:4]))
    sizes, priors, augments = (list(dict.fromkeys(each)) for each in zip(*cells, strict=True))
    styles = itertools.product(
        zip(priors, _COLORS, strict=False), zip(augments, _HATCHES, strict=False)
    )
    bars, count = [*styles], len(image_scores.SHOWN)
    width = 0.8 / len(bars)
    figure = Figure(figsize=(2.6 * count, 3.4), layout="constrained", dpi=110)
    panels = zip(figure.subplots(1, count), image_scores.SHOWN.items(), strict=True)
    for axes, (score, title) in panels:
        for i, ((prior, color), (augment, hatch)) in enumerate(bars):
            style = {"color": color, "hatch": hatch, "alpha": 0.6}
            for j, size in enumerate(sizes):
                values = [run["scores"][score] for run in cells.get((size, prior, augment), [])]
                if not values:
                    continue
                at = j + (i - (len(bars) - 1) / 2) * width
                label = f"{prior}, {augment}" if j == 0 else None
                axes.bar(at, np.mean(values), 0.9 * width, label=label, **style)
                axes.scatter([at] * len(values), values, s=9, color="black", zorder=3)
        axes.set_title(title)
        axes.set_xticks(range(len(sizes)), [f"n = {int(size):,}" for size in sizes])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


if __name__ == "__main__":
    command_line.run(main)
