"""From a sampler and a data set to a report."""

import dataclasses
import os
import time
from collections.abc import Callable, Collection
from typing import Any
from typing import Protocol as Interface

import numpy as np
import sklearn
from sklearn.metrics import pairwise_distances_argmin_min

from tfmix import data, pictures, seeds
from tfmix.evaluation import curve as curves
from tfmix.evaluation import judged, scores
from tfmix.evaluation.extractors import Extractor
from tfmix.evaluation.judged import Judged
from tfmix.evaluation.protocol import Curve, Protocol
from tfmix.evaluation.uncertainty import over_seeds

_CHUNK = 500  # images between two calls of `progress`
_NEAREST = 12  # generated images whose training neighbours a report names
_MIB = 64  # of distances held at a time
_COPIES_BY_DEFINITION = 0.05


class Samples(Interface):
    """What an evaluation needs of a model."""

    def sample(self, num_samples: int, *, seed: np.ndarray) -> np.ndarray:
        """Images float32 [N, H, W, C] in [-1, 1], row r from seed r."""


def evaluate(
    sampler: Samples | data.ImageSet,
    extractor: Extractor,
    real: data.ImageSet,
    train: data.ImageSet,
    *,
    num_samples: int,
    sampling_seeds: tuple[int, ...],
    curve: Curve | None = None,
    cache: str | os.PathLike | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Scores a sampler, or images that another generator made.

    Every score of `tfmix.metrics` for images is taken; one that lacks classes or images is left
    out, and the report says why. The same scores of real training images stand beside, under
    "floor": no generator that learns from them is expected to do better, and a score means nothing
    without it.

    Args:
        sampler: A `tfmix.Sampler` or what samples like one; or a set of generated images.
        extractor: What turns images into predictions and features. Images of another size are
            resized for it.
        real: Images that no model was trained on, the test split.
        train: Training images, for the floor and for the share of copies.
        num_samples: Generated images for each seed.
        sampling_seeds: Seeds to sample with; more than one give an interval. None of a set.
        curve: Where to measure quality and diversity along `scale`; None: the default `Curve`.
        cache: A folder in which real images' features are kept; None: none.
        progress: Called with images done and in all; each is drawn, and then scored.

    Returns:
        What JSON can hold: "protocol" and its "hash"; "scores" and "floor" by name; "skipped",
        reasons by score; "curve" over scale, "components", how many images of each the extractor
        takes for which class, [K, C], and "nearest", the generated images that lie nearest to a
        training image, where they apply; "seconds".

    Raises:
        ValueError: Bad seeds or counts, or images that the extractor cannot take.
    """
    begun = time.monotonic()
    _check(sampler, num_samples, sampling_seeds)
    given = isinstance(sampler, data.ImageSet)
    floor_images = train.subset(min(num_samples, len(train.images)), seed=0)
    num_floor = len(floor_images.images)
    protocol = Protocol(
        dataset=f"{real.source['name']} {real.source['version']}",
        split=real.source["split"],
        real_sha256=judged.sha256(real.images)[:16],
        num_real=len(real.images),
        num_train=len(train.images),
        num_floor=num_floor,
        num_fake=num_samples,
        extractor=extractor.name,
        extractor_sha256=extractor.sha256,
        sampling_seeds=tuple(sampling_seeds),
        components="images as given" if given else Protocol.components,
        preprocessing=_preprocessing(extractor, real),
        curve=curve or Curve(),
    )
    knobs = getattr(sampler, "sampling_parameters", ())
    runs = len(sampling_seeds) or 1
    work = _Work(progress)
    work.total = len(real.images) + len(train.images) + 2 * num_floor
    work.total += 2 * num_samples * runs

    reference = scores.Reference(
        judged.judge(extractor, real, cache, work.add),
        judged.judge(extractor, train, cache, work.add),
        real.num_classes,
    )
    asked = sampler.labels is not None if given else "label" in knobs
    skipped = scores.skipped(num_samples, reference, asked_for_classes=asked)
    along = "scale" in knobs and "quality" not in skipped
    if along:
        work.total += protocol.curve.num_images

    def draw(count: int, seed: int, scale: float | None = None) -> Judged:
        return _drawn(sampler, extractor, count, seed, scale, work.add)

    def score(images: Judged, without: Collection[str]) -> scores.Values:
        part = len(images.features) / scores.NUM_STEPS
        return scores.score(images, reference, without, lambda: work.add(part))

    lacking = scores.skipped(num_floor, reference, train.labels is not None)
    as_if = judged.judge(extractor, floor_images, cache, work.add)
    floor = score(as_if, {*skipped, *lacking, "copies"})
    floor["copies"] = {"value": _COPIES_BY_DEFINITION}
    found, origin = [], []
    for seed in sampling_seeds or (None,):
        fake = judged.judge(extractor, sampler, tell=work.add) if given else draw(num_samples, seed)
        found.append(score(fake, skipped))
        if not origin:
            nearest = _nearest(fake, reference.train, seed)
        origin.append((fake.component, None if fake.probs is None else fake.predicted))
    report = {
        "protocol": dataclasses.asdict(protocol),
        "hash": protocol.hash,
        "scores": {
            protocol.score_name(name): over_seeds([run[name] for run in found]) for name in found[0]
        },
        "floor": {protocol.score_name(name): floor[name] for name in found[0] if name in floor},
        "skipped": skipped,
        "nearest": nearest,
    }
    component, predicted = zip(*origin, strict=True)
    if component[0] is not None and predicted[0] is not None:
        table = _by_component(np.concatenate(component), np.concatenate(predicted))
        report["components"] = table.tolist()
    if along:
        report["curve"] = curves.trace(draw, reference, protocol.curve)
    return {**report, "seconds": round(time.monotonic() - begun, 1)}


class _Work:
    """Counts images, drawn and scored, for a progress bar."""

    def __init__(self, progress: Callable[[int, int], None]):
        self.progress, self.done, self.total = progress, 0.0, 0

    def add(self, count: float) -> None:
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
    if not sampling_seeds or len(set(sampling_seeds)) < len(sampling_seeds):
        raise ValueError(
            f"Sampling seeds are one or more, all different. Received: {list(sampling_seeds)}."
        )
    for seed in sampling_seeds:
        seeds.check(seed)
    if num_samples < 2:
        raise ValueError(f"At least 2 images are scored. Received: num_samples={num_samples}.")


def _preprocessing(extractor: Extractor, real: data.ImageSet) -> str:
    size, wanted = real.images.shape[1:], tuple(extractor.image_shape)
    if size == wanted:
        return Protocol.preprocessing
    return f"{Protocol.preprocessing}, resized with antialiasing for {extractor.name}"


def _drawn(
    sampler: Samples,
    extractor: Extractor,
    count: int,
    seed: int,
    scale: float | None,
    tell: Callable[[int], None],
) -> Judged:
    """Images of a seed, in chunks, in the eyes of the extractor."""
    rows, chunks = seeds.row_seeds(seed, count).numpy(), []
    how = {} if scale is None else {"scale": scale}
    for start in range(0, count, _CHUNK):
        part = rows[start : start + _CHUNK]
        if hasattr(sampler, "draw"):
            drawn = sampler.draw(len(part), seed=part, **how)
        else:
            drawn = {"images": sampler.sample(len(part), seed=part)}
        probs, features = extractor.probs_and_features(drawn["images"], resize=True)
        pixels = pictures.to_uint8(drawn["images"])
        chunks.append((pixels, probs, features, drawn.get("label"), drawn.get("component")))
        tell(len(part))
    return Judged(
        *(None if part[0] is None else np.concatenate(part) for part in zip(*chunks, strict=True))
    )


def _by_component(component: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """How many images of each component the extractor takes for each class, [K, C]."""
    table = np.zeros([component.max() + 1, predicted.max() + 1], int)
    np.add.at(table, (component, predicted), 1)
    return table


def _nearest(fake: Judged, train: Judged, seed: int | None) -> list[dict[str, Any]]:
    """The generated images that lie nearest to a training image, the nearest first."""
    with sklearn.config_context(working_memory=_MIB):
        rows, distances = pairwise_distances_argmin_min(fake.features, train.features)
    first = np.argsort(distances, kind="stable")[:_NEAREST]
    return [
        {
            "row": int(row),
            **(
                {} if seed is None else {"seed": int(seeds.row_seeds(seed, len(rows)).numpy()[row])}
            ),
            "train_row": int(rows[row]),
            "distance": float(distances[row]),
        }
        for row in first
    ]
