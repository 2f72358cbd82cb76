"""How benchmarks score runs on images, show the scores over seeds and tell whether two differ."""

import functools
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfmix.evaluation import over_seeds, paired_bootstrap, tables
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Trained

if TYPE_CHECKING:
    import tfmix
    from tfmix.evaluation import features

NUM_SAMPLES = 2_000
SCORES = ("kid", "precision", "recall", "density", "coverage", "quality", "diversity", "copies")
SHOWN = {"kid": "KID"} | {  # by their heads
    name: name for name in ("quality", "diversity", "recall", "coverage", "copies")
}
SMALL_CIFAR10 = {  # changes of deligan_cifar10 for a short run
    "batch_size": 50,
    "generator.width": 32,
    "discriminator.width": 32,
    "optimizer.schedule": "constant",
}
_LESS_IS_BETTER = {"kid", "copies"}
_DIGITS = ".3g"


def measure(trained: Trained) -> Record:
    """Scores a trained model against the test split, and its copies against its training images.

    It is 2,000 samples against all of the test split, by the data set's own extractor.

    Returns:
        "scores", values by name, those of SCORES.
    """
    import tfmix
    from tfmix.evaluation import features, scores
    from tfmix.evaluation.reference import Reference

    config, cache = trained.config, trained.workdir.parent / "features"  # which runs share
    extractor, real = _test_split(config["dataset"], config["data_dir"], cache)
    train = tfmix.data.load(config["dataset"], data_dir=config["data_dir"] or None)
    train = train.subset(config["train_size"], config["seed"])
    seen = features.of_images(extractor, train, cache=cache)
    row_seeds = tfmix.seeds.row_seeds(config["seed"], NUM_SAMPLES).numpy()
    fake = features.of_samples(extractor, trained.model.sampler(), row_seeds)
    reference = Reference(real, seen, train.num_classes)
    found = scores.compute(fake, reference, only=SCORES)
    return {"scores": {name: found[name]["value"] for name in SCORES}}


@functools.cache
def _test_split(
    dataset: str, data_dir: str, cache: pathlib.Path
) -> "tuple[tfmix.evaluation.Extractor, features.ImageFeatures]":
    """The data set's own extractor, and the features of its test split."""
    import tfmix
    from tfmix.evaluation import features

    real = tfmix.data.load(dataset, "test", data_dir=data_dir or None)
    extractor = tfmix.evaluation.default_extractor(dataset, real.images.shape[-1])
    return extractor, features.of_images(extractor, real, cache=cache)


def row(name: str, found: Sequence[Record]) -> tuple[str, ...]:
    """The cells of a line: its name, the seeds, each score, the median seconds of training."""
    over = [over_seeds([{"value": run["scores"][score]} for run in found]) for score in SHOWN]
    cells = [tables.spread(each["value"], each["interval"], _DIGITS) for each in over]
    seconds = sorted(run["seconds"] for run in found)[len(found) // 2]
    return name, str(len(found)), *cells, f"{seconds:.0f}"


def table(rows: Sequence[tuple[str, ...]], first: str) -> str:
    """A table in Markdown of lines from `row`, whose first column has this head."""
    return tables.markdown((first, "seeds", *SHOWN.values(), "seconds"), rows) + "\n"


def verdict(name: str, found: Sequence[Record], than: Sequence[Record]) -> str:
    """One line on what differs between results of A and of B, over the seeds that they share."""
    lines = []
    for score, title in SHOWN.items():
        pair = [{run["seed"]: run["scores"][score] for run in runs} for runs in (found, than)]
        if len(pair[0].keys() & pair[1].keys()) < 3:
            return f"- {name}: too few seeds to tell."
        difference = paired_bootstrap(*pair)
        value = difference["difference"]
        if difference["shown"]:
            kind = "better" if (value < 0) == (score in _LESS_IS_BETTER) else "worse"
            low, high = (f"{each:{_DIGITS}}" for each in difference["interval"])
            lines.append(f"**{title} {value:+{_DIGITS}} ({low} to {high}), {kind}**")
        else:
            lines.append(f"{title}: no difference shown ({value:+{_DIGITS}})")
    return f"- {name}: {'; '.join(lines)}."
