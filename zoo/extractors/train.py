"""Trains the small classifier whose features a data set's images are scored by.

python -m zoo.extractors.train --dataset=mnist --out=tfmix/evaluation/extractors/weights/mnist

Writes <name>.keras, its card README.md and report.json, <name> being the folder's. A run that was
stopped goes on from its last epoch when the same command is given again.
"""

import dataclasses
import json
import os
import pathlib
import time
from typing import TYPE_CHECKING

from tfmix import environment
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.extractors import card, training
from zoo.extractors.recipes import RECIPES

if TYPE_CHECKING:
    from tfmix import data
    from tfmix.evaluation import extractors

FLAGS = Flags()
_DATASET = FLAGS.enum("dataset", None, list(RECIPES), "What to classify.")
_OUT = FLAGS.string("out", None, "The folder to write.")
_SEED = FLAGS.integer("seed", 0, "Of weights, order and augmentation.", 0, 1_000_000)
FLAGS.require("dataset", "out")


def main() -> None:
    """Trains on the training split, scores the written file on both, writes card and report."""
    tfmix = command_line.import_tfmix()
    from tfmix import files
    from tfmix.evaluation import extractors

    recipe, out = RECIPES[_DATASET.value], pathlib.Path(_OUT.value)
    command_line.check_out(out / "report.json", ".json")
    train = tfmix.data.load(_DATASET.value, split="train")
    test = tfmix.data.load(_DATASET.value, split="test")
    started = time.perf_counter()
    classifier, first_epoch = training.train(recipe, train, _SEED.value, out)
    seconds = time.perf_counter() - started

    with files.atomic_write(out / f"{out.name}.keras") as path:
        classifier.save(path)
    extractor = extractors.load_extractor(out / f"{out.name}.keras")
    report = {
        "name": extractor.name,
        "sha256": extractor.sha256,
        "train_accuracy": accuracy(extractor, train),
        "test_accuracy": accuracy(extractor, test),
        "floor": recipe.floor,
        "train": train.source,
        "test": test.source,
        "class_names": train.class_names,
        "image_shape": extractor.image_shape,
        "feature_width": extractor.feature_width,
        "parameters": classifier.count_params(),
        "recipe": dataclasses.asdict(recipe),
        "seed": _SEED.value,
        "command": _command(),
        "versions": environment.record()["versions"],
        "wall_seconds": round(seconds),
        "wall_seconds_from_epoch": first_epoch,
        "cpu_cores": os.cpu_count(),
    }
    texts = {"report.json": json.dumps(report, indent=2) + "\n", "README.md": card.render(report)}
    for name, text in texts.items():
        with files.atomic_write(out / name) as path:
            path.write_text(text)
    training.forget(recipe, _SEED.value, out)
    print(card.verdict(report))


def accuracy(extractor: "extractors.Extractor", split: "data.ImageSet") -> float:
    """The share of a split that the extractor classifies rightly."""
    from tfmix import data

    predicted = extractor.probs(data.from_uint8(split.images)).argmax(axis=1)
    return float((predicted == split.labels).mean())


def _command() -> str:
    data_dir = "TFDS_DATA_DIR=... " if "TFDS_DATA_DIR" in os.environ else ""  # not this machine's
    seed = f" --seed={_SEED.value}" if _SEED.value else ""
    given = f"--dataset={_DATASET.value} --out={_OUT.value}{seed}"
    return f"{data_dir}python -m zoo.extractors.train {given}"


if __name__ == "__main__":
    command_line.run(main)
