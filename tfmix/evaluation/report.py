"""From a sampler and the name of a data set to a report."""

import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfmix import data, environment, files, models
from tfmix.evaluation import figures, real_images, report_page, report_text
from tfmix.evaluation.clustering import Clusterer, cluster_agreement
from tfmix.evaluation.clustering_scores import clustering_report
from tfmix.evaluation.extractors import Extractor, default_extractor, load_extractor
from tfmix.evaluation.features import Samples
from tfmix.evaluation.figures import Figure
from tfmix.evaluation.image_report import image_report
from tfmix.evaluation.point_report import NUM_POINTS, point_report
from tfmix.evaluation.protocol import Curve

NUM_IMAGES, SEEDS = 10_000, (0, 1, 2, 3, 4)
_NO_CLUSTERER = "no clusterer was exported with the model (tfmix export --cluster_samples=20000)"

Progress = Callable[[int, int], None]


def evaluate(
    sampler: Samples | data.ImageSet,
    dataset: str | data.ImageSet | data.PointSet | None = None,
    *,
    train: data.ImageSet | None = None,
    extractor: str | os.PathLike | Extractor | None = None,
    num_samples: int | None = None,
    sampling_seeds: tuple[int, ...] | None = None,
    curve: Curve | None = None,
    clusterer: Clusterer | None = None,
    data_dir: str | os.PathLike | None = None,
    cache: str | os.PathLike | None = None,
    out: str | os.PathLike | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Scores a model, or images of any other generator, as `tfmix evaluate` does.

    Generated images are compared with images that no model was trained on: the test split, or,
    where there is none, one half of the images. Every score of `tfmix.metrics` for images is
    computed; one that lacks classes or images is left out, and the report says why. The same scores
    of real training images stand beside, under "reference": no generator that learns from them is
    expected to do better. A model of points is scored by the modes that it finds.

    Args:
        sampler: A `tfmix.Sampler`, PixelCNN, GAN, `tfmix.serving.SavedSampler` or whatever has
            their `sample(num_samples, seed=row_seeds)`; or a set of generated images.
        dataset: Name of the data, as of `tfmix.data.load`; or images that no model was trained on;
            or a set of points. None: what the model says it was trained on.
        train: Training images, where `dataset` is a set of images; None: one half of it.
        extractor: What turns images into predictions and features, as of `load_extractor`. None:
            `default_extractor`. Images of another size are resized for it.
        num_samples: Generated images for each seed; None: 10,000, or as many as there are real
            ones if fewer; 2,500 points. A set of images is scored whole.
        sampling_seeds: Seeds to sample with, of which several give an interval; None: 0 to 4. Not
            for a set of images.
        curve: Where to measure quality and diversity along `scale`; None: the default `Curve`.
        clusterer: Real images, float32 [N, H, W, C] in [-1, 1], to probabilities [N, K] of the
            model's components: `SavedSampler.cluster`, or `predict` of what `fit_clusterer` gives.
            Its clusters are scored by the labels of the data, and by `cluster_agreement` without
            labels. None: the component head of a GAN that has one; else there are no clusters.
        data_dir: As of `tfmix.data.load`.
        cache: A folder in which the features of real images are kept; None: none.
        out: The .json file to write the report to. Beside it come the same as a page in Markdown
            and, of images, a page of figures (.png). None: nothing is written.
        progress: Called with images done and in all, as `tfmix.progress.progress_bar` takes them.

    Returns:
        What JSON can hold: "model", what the sampler says of itself; "command", "versions" and
        "hardware"; "protocol" and its "hash"; "scores" and "reference" by name; "skipped", reasons
        by score; "curve" over scale, "components", how many images of each the extractor takes for
        which class, [K, C], "clustering", "cluster_agreement", "bits_per_dim" and "nearest", the
        generated images that lie nearest to one that the model was trained on, where they apply;
        "trained_on", how many images these are, or None where it is not known which, and copies are
        sought in the whole training split; "seconds". Of points "dataset", "num_samples" and
        "sampling_seeds" in place of the protocol, with "scores" and "reference".

    Raises:
        ValueError: Data, extractor and sampler that do not fit one another, or an argument out of
            its range.
        OSError: A file cannot be read or written.
    """
    if isinstance(sampler, models.GAN):
        head = sampler.clusterer()
        if clusterer is None and head is not None:
            clusterer = functools.partial(head.predict, verbose=0)
        sampler = sampler.sampler()
    described, shape = _described(sampler)
    if dataset is None:
        dataset = described.get("provenance", {}).get("config", {}).get("dataset")
    if dataset is None:
        raise ValueError(
            "The model does not say what it was trained on. Name it, as `dataset` or --dataset."
        )
    about = {"model": described, **environment.record()}
    draw = None
    if len(shape) == 1:
        truth = data.load(dataset, "test") if isinstance(dataset, str) else dataset
        if not isinstance(truth, data.PointSet):
            raise ValueError(f"The model draws points, and {dataset} is a set of images.")
        seeds = SEEDS if sampling_seeds is None else tuple(sampling_seeds)
        count = num_samples or NUM_POINTS
        report = point_report(sampler, truth, num_samples=count, sampling_seeds=seeds)
    else:
        real, train_set = _real_images(dataset, train, shape, data_dir)
        given = isinstance(sampler, data.ImageSet)
        if given:
            sampler = _without_folders(sampler, real)
        if extractor is None:
            extractor = default_extractor(real.source["name"], shape[2])
        elif not isinstance(extractor, Extractor):
            extractor = load_extractor(extractor)
        if sampling_seeds is None:
            sampling_seeds = () if given else SEEDS
        default = len(sampler.images) if given else min(NUM_IMAGES, len(real.images))
        options = {"num_samples": num_samples or default, "sampling_seeds": sampling_seeds}
        options |= {"curve": curve, "cache": cache, "progress": progress}
        own = _own(described, real, train_set) if isinstance(dataset, str) else train
        options["own"] = own
        report = image_report(sampler, extractor, real, train_set, **options)
        if clusterer is not None or (described.get("components") or 1) > 1:
            _add_clusters(report, clusterer, real)
        if isinstance(sampler, models.PixelCNN):
            _add_bits(report, sampler, real)

        def draw() -> Figure:
            return report_page.draw(report, sampler, own or train_set, extractor.class_names)

    report = {**about, **report}
    if out is not None:
        _write(report, draw, pathlib.Path(out))
    return report


def _described(sampler: Samples | data.ImageSet) -> tuple[dict[str, Any], tuple[int, ...]]:
    """What a report says of the model, and the shape of one sample."""
    if isinstance(sampler, data.ImageSet):
        return {"images": sampler.source["name"]}, sampler.images.shape[1:]
    if hasattr(sampler, "describe"):
        described = sampler.describe()
        described.pop("weights", None)  # one number per component, which the model's own file holds
        return described, tuple(described["image_shape"])
    shape = sampler.sample(1, seed=np.zeros([1], np.int32)).shape[1:]
    return {"model": type(sampler).__name__, "image_shape": list(shape)}, shape


def _real_images(
    dataset: str | data.ImageSet | data.PointSet,
    train: data.ImageSet | None,
    shape: tuple[int, ...],
    data_dir: str | os.PathLike | None,
) -> tuple[data.ImageSet, data.ImageSet]:
    """Images to compare with and training images, of the shape of generated ones."""
    if isinstance(dataset, str):
        if train is not None:
            raise ValueError(
                "`train` is for images given as an ImageSet; a name brings its own. "
                f"Received: dataset={dataset!r} and a training set."
            )
        size = shape[0] if shape[0] == shape[1] else 0  # else the data's own, if it is the same
        wanted = {"data_dir": data_dir, "image_size": size, "channels": shape[2]}
        real, train = real_images.load(dataset, **wanted)
    elif isinstance(dataset, data.ImageSet):
        real, train = real_images.halves(dataset) if train is None else (dataset, train)
    else:
        raise ValueError("The samples are images, and the data a set of points.")
    if real.images.shape[1:] != tuple(shape):
        raise ValueError(
            f"Images are {list(shape)}, and those of {real.source['name']} "
            f"{list(real.images.shape[1:])}. They are resized where they are square and the data "
            "are given by name."
        )
    return real, train


def _own(
    described: Mapping[str, Any], real: data.ImageSet, train: data.ImageSet
) -> data.ImageSet | None:
    """Those of the training split that the model says it was trained on; None: it does not say.

    Images that a run on all others held out are among them.
    """
    config = described.get("provenance", {}).get("config", {})
    if (config.get("dataset"), "test") != (real.source["name"], real.source["split"]):
        return None
    size = config.get("train_size", 0)
    if config.get("train_choice") == "last":
        return train.last(size)
    return train.subset(size, config["seed"])


def _without_folders(images: data.ImageSet, real: data.ImageSet) -> data.ImageSet:
    """Generated images without the labels that are names of folders and not of classes."""
    of_folders = images.source["name"].startswith("folder:")
    if of_folders and images.class_names != real.class_names:
        return dataclasses.replace(images, labels=None, class_names=None)
    return images


def _add_clusters(report: dict[str, Any], clusterer: Clusterer | None, real: data.ImageSet) -> None:
    """Scores the clusters that the model's clusterer, where it has one, finds in real images."""
    if clusterer is None:
        report["skipped"]["clustering"] = _NO_CLUSTERER
        return
    images = data.from_uint8(real.images).numpy()
    probabilities = np.asarray(clusterer(images))
    report["cluster_agreement"] = cluster_agreement(clusterer, images, found=probabilities)
    if real.labels is None:
        report["skipped"]["clustering"] = "the data have no labels"
        return
    clusters, count = probabilities.argmax(axis=1), probabilities.shape[1]
    report["clustering"] = clustering_report(real.labels, clusters, count)


def _add_bits(report: dict[str, Any], model: models.PixelCNN, real: data.ImageSet) -> None:
    """Measures the likelihood that a PixelCNN gives to real images."""
    if model.num_classes not in (None, real.num_classes):
        report["skipped"]["bits_per_dim"] = "the data have other classes than the model"
        return
    labels = None if model.num_classes is None else real.labels
    report["bits_per_dim"] = {
        "value": model.bits_per_dim(data.from_uint8(real.images).numpy(), labels),
        "split": real.source["split"],
        "count": len(real.images),
    }


def _write(report: dict[str, Any], draw: Callable[[], Figure] | None, out: pathlib.Path) -> None:
    picture = None if draw is None else out.with_suffix(".png")
    with files.atomic_write(out.with_suffix(".md")) as beside:
        beside.write_text(report_text.page(report, picture and picture.name))
    with files.atomic_write(out) as beside:
        beside.write_text(json.dumps(report, indent=2) + "\n")
    if draw is not None:
        figures.save_figure(draw(), picture)
