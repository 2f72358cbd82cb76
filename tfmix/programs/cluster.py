"""Sorts a folder of pictures into the components of a model, without labels.

tfmix cluster --model=gmgan_mnist --images=FOLDER --out=clusters

The clusterer is the component head that the model was trained with, or the one that
`tfmix export --cluster_samples=N` put into the SavedModel, or else is fitted to the model's own
samples, in about a minute. Writes OUT/clusters.csv, one line per picture,
and OUT/cluster_<k>.png for each cluster that has pictures, from the surest on.
"""

import csv
import os
import pathlib

import numpy as np

from tfmix import loading
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from tfmix.progress import progress_bar

FLAGS = Flags()
_MODEL = FLAGS.string("model", None, loading.HELP)
_IMAGES = FLAGS.string("images", None, "The folder of pictures to sort.")
_OUT = FLAGS.string("out", None, "The folder to write.")
_SEED = FLAGS.integer("seed", 0, "Of a clusterer that is fitted here.")
_ON_SHEET = 100  # pictures of a cluster on its contact sheet
FLAGS.require("model", "images", "out")


def main() -> None:
    """Sorts."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out / "clusters.csv", ".csv")
    path = loading.find(_MODEL.value)

    tfmix = command_line.import_tfmix()
    folder = pathlib.Path(os.path.expanduser(_IMAGES.value))
    tfmix.data.folder.names(folder)  # a folder without pictures is refused at once
    model, classify = loading.load(_MODEL.value), loading.clusterer(path)
    if classify is None and isinstance(model, tfmix.serving.SavedSampler):
        classify = model.cluster  # which says what would give it a clusterer
    image_shape = model.describe()["image_shape"]
    if len(image_shape) != 3 or image_shape[0] != image_shape[1]:
        raise ValueError(
            f"Pictures are made square. {_MODEL.value} makes samples of shape {image_shape}."
        )
    pictures = tfmix.data.folder.read(folder, image_size=image_shape[0], channels=image_shape[2])
    names, images = pictures.files, pictures.images  # without those that cannot be read
    floats = tfmix.data.from_uint8(images).numpy()
    if classify is None:
        options = {"seed": _SEED.value, "progress": progress_bar("image")}
        fitted = tfmix.evaluation.fit_clusterer(model, **options)
        probabilities = fitted.predict(floats, verbose=0)
    else:
        if _SEED.present:
            raise ValueError(f"--seed is of a clusterer fitted here; {path} brings its own.")
        probabilities = classify(floats)

    if (out / "clusters.csv").exists():  # the sheets are those of an earlier run
        for sheet in out.glob("cluster_[0-9]*.png"):
            sheet.unlink()
    cluster, probability = probabilities.argmax(axis=1), probabilities.max(axis=1)
    with tfmix.files.atomic_write(out / "clusters.csv") as beside, open(beside, "w") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["picture", "cluster", "probability"])
        lines.writerows(zip(names, cluster, probability.round(4), strict=True))
    print(f"\n{len(names)} pictures: {out / 'clusters.csv'}")
    for each in np.unique(cluster):
        rows = np.flatnonzero(cluster == each)
        surest = rows[np.argsort(-probability[rows], kind="stable")][:_ON_SHEET]
        sheet = out / f"cluster_{each}.png"
        tfmix.pictures.save_grid(images[surest], sheet)
        print(f"{len(rows)} of cluster {each}: {sheet}")
