"""From the name of a model, or of generated images, to a report and its page of figures."""

import dataclasses
import functools
import math
import pathlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tfmix import environment, loading, shipped
from tfmix.programs import command_line

if TYPE_CHECKING:
    import tfmix
    from tfmix.evaluation.figures import Figure

_NUM, _SEEDS = 10_000, (0, 1, 2, 3, 4)
_NUM_POINTS = 2_500  # as PacGAN counts modes (NeurIPS 2018, section 4.1)
_ROWS = 10  # of the page's samples, and images in a row
_IMAGES = ("folder", "npz")  # kinds of data that hold no test split of their own


@dataclasses.dataclass(frozen=True)
class How:
    """What a user asks of an evaluation; None: the default.

    Attributes:
        dataset: Data to score against; default: those that the model was trained on.
        data_dir: Folder of TFDS.
        extractor: As of `tfmix.evaluation.load_extractor`; default: the data's.
        num: Generated images for each seed; default: 10,000, or the test split's if fewer.
        seeds: Sampling seeds; default: 0 to 4.
        cache: Folder for the features of real images; None: none is kept.
        image_size: Side that images of several sizes are brought to; default: the data's own.
    """

    dataset: str | None = None
    data_dir: str | None = None
    extractor: str | None = None
    num: int | None = None
    seeds: tuple[int, ...] | None = None
    cache: str | None = None
    image_size: int | None = None

    @property
    def changes_protocol(self) -> bool:
        """Whether another protocol than the default one is asked for."""
        return any(
            each is not None for each in (self.dataset, self.extractor, self.num, self.seeds)
        )


def check(name: str, how: How) -> None:
    """Raises a ValueError where there is nothing to score under a name; without TensorFlow."""
    if generated(name) is None:
        loading.find(name)
        if how.image_size is not None:
            raise ValueError("--image_size is for images; a model has a size of its own.")
    elif how.dataset is None:
        raise ValueError(f"{name} holds no model. Images are scored against data: name --dataset.")
    elif how.num is not None or how.seeds is not None:
        raise ValueError("Images are scored whole: --num and --seeds are for models.")


def generated(name: str) -> str | None:
    """The set of generated images that a name stands for, as folder:PATH or npz:PATH, or None."""
    path = pathlib.Path(name)
    if name.partition(":")[0] in _IMAGES:
        return name
    if path.suffix == ".npz":
        return f"npz:{path}"
    holds_model = any(path.glob("*.keras")) or (path / "saved_model.pb").exists()
    a_path = len(path.parts) > 1 or not (shipped.folder("saved_models") / name).exists()
    if a_path and path.is_dir() and not holds_model:
        return f"folder:{path}"
    return None


def run(name: str, how: How) -> tuple[dict[str, Any], "Callable[[], Figure] | None"]:
    """Scores what a name stands for; call `check` and `command_line.import_tfmix` before.

    Returns:
        The report, and what draws its page of figures; of a model of points no page.

    Raises:
        ValueError: Data, extractor and model that do not fit one another.
    """
    import tfmix

    made = generated(name)
    if made is not None:
        return _scored(tfmix.data.load(made, **_shape_of(how)), {"images": made}, how.dataset, how)
    sampler = loading.load(name)
    described = sampler.describe()
    described.pop("weights", None)  # as many numbers as components, for the model to tell
    dataset = how.dataset or described["provenance"].get("config", {}).get("dataset")
    if dataset is None:
        raise ValueError(f"{name} does not say what it was trained on. Name it with --dataset.")
    if len(described["image_shape"]) == 1:
        report = {"model": described, **environment.record(), **_modes(sampler, dataset, how)}
        return report, None
    clusterer = loading.with_clusterer(loading.find(name))
    return _scored(sampler, described, dataset, how, clusterer)


def _scored(
    sampler: Any,
    described: dict[str, Any],
    dataset: str,
    how: How,
    clusterer: "tfmix.serving.SavedSampler | None" = None,
) -> tuple[dict[str, Any], "Callable[[], Figure]"]:
    """Scores a model or a set of images by all that is measured of images."""
    import tfmix

    given = isinstance(sampler, tfmix.data.ImageSet)
    shape = tuple(sampler.images.shape[1:] if given else described["image_shape"])
    size = shape[0] if shape[0] == shape[1] else 0  # else the data's own, if it is the same
    real, train = _real(dataset, how, image_size=size, channels=shape[2])
    if real.images.shape[1:] != shape:
        raise ValueError(
            f"Images are {list(shape)}, and those of {dataset} {list(real.images.shape[1:])}. They "
            "are resized where they are square."
        )
    if given:
        num_samples, sampling_seeds = len(sampler.images), ()
        by_folder = sampler.source["name"].startswith("folder:")
        if by_folder and sampler.class_names != real.class_names:  # of sub-folders, not of classes
            sampler = dataclasses.replace(sampler, labels=None, class_names=None)
    else:
        num_samples = how.num or min(_NUM, len(real.images))
        sampling_seeds = _SEEDS if how.seeds is None else how.seeds
    report = tfmix.evaluation.evaluate(
        sampler,
        _extractor(dataset, how),
        real,
        train,
        num_samples=num_samples,
        sampling_seeds=sampling_seeds,
        cache=how.cache,
        progress=command_line.progress_bar("image"),
    )
    if clusterer or (described.get("components") or 1) > 1:
        _add_clusters(report, clusterer, real)
    if isinstance(sampler, tfmix.PixelCNN):
        images = tfmix.data.from_uint8(real.images).numpy()
        labels = None if sampler.num_classes is None else real.labels
        if sampler.num_classes in (None, real.num_classes):
            report["bits_per_dim"] = {
                "value": sampler.bits_per_dim(images, labels),
                "split": real.source["split"],
                "count": len(images),
            }
        else:
            report["skipped"]["bits_per_dim"] = "the data have other classes than the model"
    report = {"model": described, **environment.record(), **report}
    names = real.class_names if how.extractor is None else None
    return report, functools.partial(_page, sampler, described, report, real, train, names)


def _shape_of(how: How) -> dict[str, int]:
    """The size and channels to which generated images are brought: those of the data."""
    import tfmix

    size = how.image_size or 0
    real = tfmix.data.load(how.dataset, data_dir=how.data_dir, image_size=size)
    if not isinstance(real, tfmix.data.ImageSet):
        raise ValueError(f"Images are scored against images, and {how.dataset} is a set of points.")
    height, width, channels = real.images.shape[1:]
    return {"image_size": height if height == width else 0, "channels": channels}


def _real(dataset: str, how: How, **wanted: int) -> "tuple[tfmix.data.ImageSet, ...]":
    """What generated images are held against, and training images."""
    import tfmix

    wanted["data_dir"] = how.data_dir
    train = tfmix.data.load(dataset, "train", **wanted)
    kind, _, path = dataset.partition(":")
    if kind not in _IMAGES or (kind == "npz" and _has_test(path)):
        return tfmix.data.load(dataset, "test", **wanted), train
    # One half stands in for images that were not seen: nothing else is left to compare with.
    size = len(train.images)
    half, other = train.split(0, size - size // 2, seed=0)
    return dataclasses.replace(other, source={**other.source, "split": "half of train"}), half


def _has_test(path: str) -> bool:
    with np.load(pathlib.Path(path).expanduser()) as arrays:
        return "x_test" in arrays.files


def _extractor(dataset: str, how: How) -> "tfmix.evaluation.Extractor":
    import tfmix

    if how.extractor is not None:
        return tfmix.evaluation.load_extractor(how.extractor)
    try:
        return tfmix.evaluation.load_extractor(dataset.partition(":")[0])
    except ValueError as error:
        raise ValueError(
            f"No extractor is shipped for {dataset}. Name one with --extractor: the path of a "
            "Keras classifier or feature network, or inception:PATH."
        ) from error


def _page(
    sampler: Any,
    described: dict[str, Any],
    report: dict[str, Any],
    real: "tfmix.data.ImageSet",
    train: "tfmix.data.ImageSet",
    class_names: tuple[str, ...] | None,
) -> "Figure":
    import tfmix
    from tfmix.evaluation import figures

    rows = [each["row"] for each in report["nearest"]]
    if isinstance(sampler, tfmix.data.ImageSet):
        samples, columns, title = sampler.images[: _ROWS**2], _ROWS, "The first images"
        near = sampler.images[rows]
    else:
        samples, columns, title = _samples(sampler, described)
        near = sampler.images(
            len(rows), seed=np.array([each["seed"] for each in report["nearest"]])
        )
    neighbours = train.images[[each["train_row"] for each in report["nearest"]]]
    protocol = report["protocol"]
    against = f"Against {protocol['dataset']}, by {protocol['extractor']}"
    return figures.report_figure(
        report,
        samples,
        columns,
        (near, neighbours),
        samples_title=title,
        class_names=class_names,
        title=f"{against}; protocol {report['hash']}",
    )


def _samples(sampler: Any, described: dict[str, Any]) -> tuple[np.ndarray, int, str]:
    """Images in rows of a component each, or of a class where that is what there is to ask for."""
    for knob, count, title in (
        ("component", described.get("components") or 0, "Samples, a row a component"),
        ("label", described.get("classes") or 0, "Samples, a row a class"),
    ):
        if knob in sampler.sampling_parameters and count > 1:
            which = np.repeat(np.arange(min(count, _ROWS)), _ROWS)
            return sampler.images(len(which), seed=0, **{knob: which}), _ROWS, title
    return sampler.images(_ROWS**2, seed=0), _ROWS, "Samples"


def _add_clusters(
    report: dict[str, Any],
    clusterer: "tfmix.serving.SavedSampler | None",
    real: "tfmix.data.ImageSet",
) -> None:
    """Scores the clusters that the model's clusterer, where it has one, finds in real images."""
    import tfmix

    if clusterer is None or real.labels is None:
        report["skipped"]["clustering"] = (
            "the data have no labels"
            if clusterer
            else "no clusterer was exported with the model (zoo.export --cluster_samples=20000)"
        )
        return
    probabilities = clusterer.cluster(tfmix.data.from_uint8(real.images).numpy())
    report["clustering"] = tfmix.evaluation.clustering_report(
        real.labels, probabilities.argmax(axis=1), probabilities.shape[1]
    )


def _modes(sampler: Any, dataset: str, how: How) -> dict[str, Any]:
    """Mode coverage of a model of points, by sampling seed; see `tfmix.metrics.mode_coverage`."""
    import tfmix

    truth = tfmix.data.load(dataset, "test")
    if not isinstance(truth, tfmix.data.PointSet):
        raise ValueError(f"The model draws points, and {dataset} is a set of images.")
    num, seeds = how.num or _NUM_POINTS, _SEEDS if how.seeds is None else how.seeds
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"Sampling seeds are one or more, all different. Received: {list(seeds)}.")
    runs = [
        tfmix.metrics.mode_coverage(
            sampler.sample(num, seed=seed), truth.centers, truth.std, weights=truth.weights
        )
        for seed in seeds
    ]
    scores = {}
    for name in ("modes", "high_quality", "reverse_kl"):
        values = [float(getattr(run, name)) for run in runs]
        if all(map(math.isfinite, values)):  # a run without a sample of high quality has no KL
            scores[f"{name}{num}"] = tfmix.evaluation.over_seeds([{"value": v} for v in values])
    floor = {f"modes{num}": {"value": float(len(truth.centers))}}
    return {
        "dataset": truth.source,
        "num_samples": num,
        "sampling_seeds": seeds,
        "scores": scores,
        "floor": floor,
    }
