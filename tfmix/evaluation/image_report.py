"""The scores of generated images, and what a report says beside them."""

import dataclasses
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tfmix import data, metrics, seeds
from tfmix.evaluation import curve as curves
from tfmix.evaluation import features, scores, side_by_side
from tfmix.evaluation.extractors import Extractor
from tfmix.evaluation.features import ImageFeatures, Samples
from tfmix.evaluation.intervals import over_seeds
from tfmix.evaluation.protocol import Curve, Protocol
from tfmix.evaluation.reference import Planned, Reference

_NEAREST = 12  # generated images whose training neighbours a report names
_AS_TRAINED = 1.0  # the scale where none is asked for


def image_report(
    sampler: Samples | data.ImageSet,
    extractor: Extractor,
    real: data.ImageSet,
    train: data.ImageSet,
    *,
    num_samples: int,
    sampling_seeds: tuple[int, ...],
    own: data.ImageSet | None = None,
    curve: Curve | None = None,
    cache: str | os.PathLike | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Scores a sampler, or a set of generated images, which takes no seeds.

    Args and the parts of the report as of `tfmix.evaluation.evaluate`, with `own`, those images of
    `train` that the model was trained on, None where that is not known; progress counts each image
    once as it is drawn and once as it is scored.

    Raises:
        ValueError: Bad seeds or counts, or images that the extractor cannot take.
    """
    begun = time.monotonic()
    _check(sampler, num_samples, sampling_seeds)
    given = isinstance(sampler, data.ImageSet)
    stand_ins = train.subset(min(num_samples, len(train.images)), seed=0)
    protocol = Protocol(
        dataset=f"{real.source['name']} {real.source['version']}",
        split=real.source["split"],
        real_sha256=features.sha256(real.images)[:16],
        num_real=len(real.images),
        num_train=len(train.images),
        num_reference=len(stand_ins.images),
        num_fake=num_samples,
        extractor=extractor.name,
        extractor_sha256=extractor.sha256,
        sampling_seeds=tuple(sampling_seeds),
        components="images as given" if given else Protocol.components,
        preprocessing=_preprocessing(extractor, real),
        curve=curve or Curve(),
    )
    work = _Work(progress)
    work.total = protocol.num_real + protocol.num_train + 2 * protocol.num_reference
    work.total += 2 * num_samples * (len(sampling_seeds) or 1)
    reference = Reference(
        features.of_images(extractor, real, cache=cache, done=work.add),
        features.of_images(extractor, train, cache=cache, done=work.add),
        real.num_classes,
        _class_mismatch(extractor, real),
        None if own in (None, train) else features.of_images(extractor, own, cache=cache),
    )
    parameters = getattr(sampler, "sampling_parameters", {})
    labelled = sampler.labels is not None if given else "label" in parameters
    components = None if given else parameters.get("component")
    skipped = scores.skipped(Planned(num_samples, labelled, components), reference)
    along = "scale" in parameters and "quality" not in skipped
    if along:
        work.total += protocol.curve.num_images

    drawing = threading.Lock()  # a sampler of a user's own may not bear two threads

    def drawn(count: int, seed: int, **parameters: float) -> ImageFeatures:
        row_seeds = seeds.row_seeds(seed, count).numpy()
        with drawing:
            return features.of_samples(extractor, sampler, row_seeds, done=work.add, **parameters)

    def scored(
        images: ImageFeatures, compute: Callable[..., scores.Values] = scores.compute
    ) -> scores.Values:
        part = len(images.features) / len(scores.SCORES)
        return compute(images, reference, without=skipped, done=lambda: work.add(part))

    def at_scale(count: int, seed: int, scale: float) -> ImageFeatures:
        # Waits for a run that has begun before it, so that numbers do not depend on which is first.
        run = pending.get(seed) if scale == _AS_TRAINED else None
        if run is None or run.result().first is None:
            return drawn(count, seed, scale=scale)
        work.add(count)
        return run.result().first

    as_if = features.of_images(extractor, stand_ins, cache=cache, done=work.add)

    def run(seed: int | None) -> _Run:
        if seed is None:
            fake = features.of_images(extractor, sampler, done=work.add)
        else:
            fake = drawn(num_samples, seed)
        enough = along and num_samples >= protocol.curve.num_fake
        first = fake.first(protocol.curve.num_fake) if enough else None
        predicted = None if fake.probs is None else fake.predicted
        named = seed == all_seeds[0]
        nearest = _nearest(fake, reference.trained_on, seed) if named else []
        return _Run(scored(fake), nearest, fake.component, predicted, first)

    all_seeds = sampling_seeds or (None,)
    with side_by_side.threads() as threads:
        scored_reals = threads.submit(scored, as_if, scores.of_real)
        pending = {seed: threads.submit(run, seed) for seed in all_seeds}
        curve = curves.trace(at_scale, reference, protocol.curve, threads) if along else None
        runs, of_real = [each.result() for each in pending.values()], scored_reals.result()
    names = {name: protocol.score_name(name) for name in runs[0].values}
    report = {
        "protocol": dataclasses.asdict(protocol),
        "hash": protocol.hash,
        "scores": {
            full: _score(name, [each.values[name] for each in runs], protocol, reference)
            for name, full in names.items()
        },
        "reference": {full: of_real[name] for name, full in names.items() if name in of_real},
        "skipped": skipped,
        "trained_on": None if own is None else len(own.images),
        "nearest": runs[0].nearest,
    }
    component, predicted = (
        [getattr(each, of) for each in runs] for of in ("component", "predicted")
    )
    if component[0] is not None and predicted[0] is not None:
        table = _by_component(np.concatenate(component), np.concatenate(predicted))
        if len(table) > 1:
            report["components"] = table.tolist()
    if along:
        report["curve"] = curve
    return {**report, "seconds": round(time.monotonic() - begun, 1)}


class _Run(NamedTuple):
    """What is kept of one sampling seed: "nearest" of the first alone."""

    values: scores.Values
    nearest: list[Mapping[str, Any]]
    component: np.ndarray | None
    predicted: np.ndarray | None
    first: ImageFeatures | None  # images of the curve at scale 1


class _Work:
    """Counts images, drawn and scored, for a progress bar; threads may add to it."""

    def __init__(self, progress: Callable[[int, int], None]):
        self.progress, self.done, self.total = progress, 0.0, 0
        self.adding = threading.Lock()

    def add(self, count: float) -> None:
        with self.adding:
            self.done += count
            self.progress(int(self.done + 1e-6), self.total)  # 1e-6: parts that make a whole


def _check(sampler: Any, num_samples: int, sampling_seeds: tuple[int, ...]) -> None:
    if isinstance(sampler, data.ImageSet):
        if sampling_seeds or num_samples != len(sampler.images):
            raise ValueError(
                f"A set of images is scored whole, {len(sampler.images)} images, without seeds. "
                f"Received: num_samples={num_samples}, sampling_seeds={list(sampling_seeds)}."
            )
        return
    check_seeds(sampling_seeds)
    if num_samples < 2:
        raise ValueError(f"At least 2 images are scored. Received: num_samples={num_samples}.")


def check_seeds(sampling_seeds: tuple[int, ...]) -> None:
    """Raises a ValueError unless there are seeds, int32 and all different."""
    if not sampling_seeds or len(set(sampling_seeds)) < len(sampling_seeds):
        raise ValueError(
            f"Sampling seeds are one or more, all different. Received: {list(sampling_seeds)}."
        )
    for seed in sampling_seeds:
        seeds.check(seed)


def _preprocessing(extractor: Extractor, real: data.ImageSet) -> str:
    if real.images.shape[1:] == tuple(extractor.image_shape):
        return Protocol.preprocessing
    return f"{Protocol.preprocessing}, resized with antialiasing for {extractor.name}"


def _class_mismatch(extractor: Extractor, real: data.ImageSet) -> str | None:
    """Why the extractor's classes are not those of the data, or None."""
    if real.num_classes is None:
        return None
    if extractor.num_classes != real.num_classes:
        known = "no" if extractor.num_classes is None else extractor.num_classes
        return f"the extractor knows {known} classes, the data have {real.num_classes}"
    unnamed = tuple(map(str, range(real.num_classes)))  # which .npz files have instead of names
    if extractor.class_names and real.class_names not in (extractor.class_names, unnamed):
        return f"the classes of extractor {extractor.name} are not those of the data"
    return None


def _score(
    name: str, runs: list[dict[str, Any]], protocol: Protocol, reference: Reference
) -> dict[str, Any]:
    """A score over sampling seeds, with its settings and the hash of what it depends on."""
    settings = scores.settings(name, reference.counts)
    return {
        **over_seeds(runs),
        "settings": settings,
        "hash": protocol.score_hash(name, settings),
    }


def _by_component(component: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """How many images of each component the extractor takes for each class, [K, C]."""
    table = np.zeros([component.max() + 1, predicted.max() + 1], int)
    np.add.at(table, (component, predicted), 1)
    return table


def _nearest(
    fake: ImageFeatures, train: ImageFeatures, seed: int | None
) -> list[Mapping[str, Any]]:
    """The generated images that lie nearest to a training image, the nearest first."""
    rows, distances = metrics.nearest_rows(fake.features, train.features)
    row_seeds = None if seed is None else seeds.row_seeds(seed, len(rows)).numpy()
    return [
        {
            "row": int(row),
            **({} if row_seeds is None else {"seed": int(row_seeds[row])}),
            "train_row": int(rows[row]),
            "distance": float(distances[row]),
        }
        for row in np.argsort(distances, kind="stable")[:_NEAREST]
    ]
