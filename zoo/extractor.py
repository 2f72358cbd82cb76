"""Trains the small classifier that evaluates a data set: python -m zoo.extractor --help.

Writes <out>/<name>.keras, its card README.md and report.json, <name> being the last part of <out>.
"""

import dataclasses
import itertools
import json
import os
import pathlib
import platform
import time

from absl import flags

from zoo import command_line


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one data set's classifier is built and trained."""

    convolutions: tuple[tuple[int, int, int], ...]  # (filters, kernel, stride) each
    width: int  # of the last hidden layer: the features of FID and its kin
    epochs: int
    batch_size: int
    floor: float  # accuracy on the test split below which the metrics are not to be trusted


_ON_28 = ((24, 3, 1), (32, 3, 2), (48, 3, 1), (64, 3, 2), (96, 3, 1), (96, 3, 1))
_RATE = 2e-3  # of Adam, from which it falls along a cosine to 0
_SHIFT = 0.05  # of the side, at most
_TURN = 0.02  # of a full circle, at most
_DROPOUT = 0.3  # before the hidden layer
RECIPES = {
    "digits": Recipe(((32, 3, 1), (64, 3, 2), (64, 3, 1)), 64, 60, 64, 0.98),
    "mnist": Recipe(_ON_28, 128, 12, 128, 0.994),
    "fashion_mnist": Recipe(_ON_28, 128, 30, 128, 0.93),
}

_DATASET = flags.DEFINE_enum("dataset", None, list(RECIPES), "What to classify.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder to write to.", required=True)
_SEED = flags.DEFINE_integer("seed", 0, "Of the weights, the shuffling and the augmentation.")


def main():
    """Trains on the training split, scores the written file on both, writes card and report."""
    import keras
    import tensorflow as tf

    from tfmix import files
    from tfmix.data import images
    from tfmix.evaluation import extractors

    recipe = RECIPES[_DATASET.value]
    train = images.load(_DATASET.value, split="train")
    test = images.load(_DATASET.value, split="test")
    started = time.perf_counter()
    classifier = build(recipe, train.images.shape[1:], len(train.class_names), _SEED.value)
    fit(classifier, recipe, train, _SEED.value)
    seconds = time.perf_counter() - started

    out = pathlib.Path(_OUT.value)
    with files.replacing(out / f"{out.name}.keras") as path:
        classifier.save(path)
    extractor = extractors.load_extractor(out / f"{out.name}.keras")
    report = {
        "name": extractor.name,
        "sha256": extractor.sha256,
        "train_accuracy": accuracy(extractor, train),
        "test_accuracy": accuracy(extractor, test),
        "floor": recipe.floor,
        "train": train.source | {"count": len(train.images)},
        "test": test.source | {"count": len(test.images)},
        "image_shape": extractor.image_shape,
        "class_names": list(train.class_names),
        "feature_width": extractor.feature_width,
        "parameters": classifier.count_params(),
        "recipe": dataclasses.asdict(recipe),
        "seed": _SEED.value,
        "command": _command(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
        },
        "wall_seconds": round(seconds),
        "cpu_cores": os.cpu_count(),
    }
    with files.replacing(out / "report.json") as path:
        path.write_text(json.dumps(report, indent=2) + "\n")
    with files.replacing(out / "README.md") as path:
        path.write_text(card(report))
    print(_verdict(report))


def card(report):
    """The model card, in Markdown."""
    recipe, versions = report["recipe"], report["versions"]
    layers = ", ".join(f"{f} of {k}x{k} (stride {s})" for f, k, s in recipe["convolutions"])
    splits = "\n".join(
        f"| {split} | {report[split]['count']:,} | {report[f'{split}_accuracy']:.2%} |"
        for split in ("train", "test")
    )
    return f"""# Extractor {report["name"]}

A small classifier of {list(report["image_shape"])} images in {len(report["class_names"])} classes.
`tfmix.evaluation.load_extractor("{report["name"]}")` gives its predictions (inception scores) and
its last hidden layer, {report["feature_width"]} wide (FID, KID and the others). Its numbers can be
compared with each other and never with those of another extractor.

{_verdict(report)}

| split | images | accuracy |
|---|---|---|
{splits}

- Data: {", ".join(f"{key} {value}" for key, value in report["train"].items() if key != "split")}
- Architecture: convolutions {layers}, each with batch norm and ReLU; max pooling; dropout;
  a ReLU layer of {report["feature_width"]}; a softmax. {report["parameters"]:,} parameters.
- Training: {recipe["epochs"]} epochs in batches of {recipe["batch_size"]}; Adam, its rate along a
  cosine from {_RATE} to 0; shifts of up to {_SHIFT:.0%} of the side, turns of up to
  {360 * _TURN:.0f} degrees. The last weights are kept.
- Seed: {report["seed"]}
- Command: `{report["command"]}`
- Time: {report["wall_seconds"]} s on {report["cpu_cores"]} CPU cores
- Versions: {", ".join(f"{name} {version}" for name, version in versions.items())}
- sha256 of {report["name"]}.keras: `{report["sha256"]}`
"""


def build(recipe, image_shape, num_classes, seed):
    """Convolutions with batch norm, a pooling, a hidden layer, a softmax: a plain Keras model."""
    from keras import Input, Model, initializers, layers

    seeds = itertools.count(1000 * seed)

    def he():
        return initializers.HeNormal(seed=next(seeds))

    images = x = Input(image_shape, name="images")
    for filters, kernel, stride in recipe.convolutions:
        x = layers.Conv2D(filters, kernel, stride, "same", use_bias=False, kernel_initializer=he())(
            x
        )
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dropout(_DROPOUT, seed=next(seeds))(x)
    x = layers.Dense(recipe.width, "relu", kernel_initializer=he(), name="features")(x)
    probs = layers.Dense(num_classes, "softmax", kernel_initializer=he(), name="probs")(x)
    return Model(images, probs)


def fit(classifier, recipe, train, seed):
    """Trains under small shifts and turns.

    The last weights are kept: nothing is chosen, so no part of the split is held out.
    """
    import keras
    import tensorflow as tf
    from keras import layers

    blank = {"fill_mode": "constant", "fill_value": -1.0}
    student = keras.Sequential(  # only the classifier is saved: the file holds no augmentation
        [
            layers.RandomTranslation(_SHIFT, _SHIFT, seed=1000 * seed + 900, **blank),
            layers.RandomRotation(_TURN, seed=1000 * seed + 901, **blank),
            classifier,
        ]
    )
    batches = tf.data.Dataset.from_tensor_slices((_to_float(train.images), train.labels))
    batches = batches.shuffle(len(train.images), seed=seed).batch(recipe.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(_RATE, recipe.epochs * len(batches))
    student.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    student.fit(batches.prefetch(2), epochs=recipe.epochs, shuffle=False)  # shuffled above


def _to_float(images):
    return (images / 127.5 - 1).astype("float32")


def accuracy(extractor, split):
    """The share of a split that the extractor classifies rightly."""
    predicted = extractor.probs(_to_float(split.images)).argmax(axis=1)
    return float((predicted == split.labels).mean())


def _verdict(report):
    score, floor = report["test_accuracy"], report["floor"]
    reached = "reaches" if score >= floor else "MISSES"
    return f"{score:.2%} of the test split is classified rightly, which {reached} {floor:.1%}."


def _command():
    where = "TFDS_DATA_DIR=... " if "TFDS_DATA_DIR" in os.environ else ""
    out = pathlib.Path(_OUT.value)
    seed = f" --seed={_SEED.value}" if _SEED.value else ""
    return f"{where}python -m zoo.extractor --dataset={_DATASET.value} --out={out}{seed}"


if __name__ == "__main__":
    command_line.run(main)
