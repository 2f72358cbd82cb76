"""From a sampler and a data set to a report."""

import math
import statistics
import time
from collections.abc import Callable
from typing import Any
from typing import Protocol as Interface

import numpy as np

from tfmix import data, metrics, seeds
from tfmix.evaluation.extractors import Extractor
from tfmix.evaluation.protocol import Protocol

_CHUNK = 500  # images between two calls of `progress`


class Samples(Interface):
    """What an evaluation needs of a model."""

    def sample(self, num_samples: int, *, seed: np.ndarray) -> np.ndarray:
        """Images float32 [N, H, W, C] in [-1, 1], row r from seed r."""


def evaluate(
    sampler: Samples,
    extractor: Extractor,
    real: data.ImageSet,
    train: data.ImageSet,
    *,
    num_samples: int,
    sampling_seeds: tuple[int, ...],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Scores a sampler: IS, m-IS, FID and KID, and whether it draws the classes asked of it.

    The same scores of real training images stand beside, under "floor": no generator that learns
    from them is expected to do better, and a score means nothing without it.

    Args:
        sampler: A `tfmix.Sampler` or what samples like one.
        extractor: What turns images into predictions and features.
        real: Images that no model was trained on, the test split.
        train: Training images for the floor.
        num_samples: Generated images for each seed, at least twice the features' width.
        sampling_seeds: Seeds to sample with; more than one give a standard deviation.
        progress: Called with images done and images in all.

    Returns:
        What JSON can hold: "protocol" and its "hash", "scores" and "floor" by name, "seconds".

    Raises:
        ValueError: Fewer images than the metrics need, or images that the extractor cannot take.
    """
    begun = time.monotonic()
    if not sampling_seeds or len(set(sampling_seeds)) < len(sampling_seeds):
        raise ValueError(
            f"Sampling seeds are one or more, all different. Received: {list(sampling_seeds)}."
        )
    for seed in sampling_seeds:
        seeds.check(seed)
    if num_samples < 2 * extractor.feature_width:
        raise ValueError(
            f"FID needs at least {2 * extractor.feature_width} images of extractor "
            f"{extractor.name}, twice its features. Received: num_samples={num_samples}."
        )
    protocol = Protocol(
        dataset=f"{real.source['name']} {real.source['version']}",
        split=real.source["split"],
        num_real=len(real.images),
        num_fake=num_samples,
        extractor=extractor.name,
        extractor_sha256=extractor.sha256,
        sampling_seeds=tuple(sampling_seeds),
    )
    floor_images = train.subset(min(num_samples, len(train.images)), seed=0).images
    batches = [(seed, start) for seed in sampling_seeds for start in range(0, num_samples, _CHUNK)]
    total = len(real.images) + len(floor_images) + num_samples * len(sampling_seeds)

    labelled = "label" in getattr(sampler, "knobs", ())
    real_features = extractor.features(data.from_uint8(real.images).numpy())
    progress(len(real.images), total)
    trained_on = extractor.probs_and_features(data.from_uint8(floor_images).numpy())
    floor = _scores(*trained_on, real_features=real_features)
    done = len(real.images) + len(floor_images)
    progress(done, total)

    generated = {seed: [] for seed in sampling_seeds}
    for seed, start in batches:
        rows = seeds.rows(seed, num_samples).numpy()[start : start + _CHUNK]
        if labelled:
            drawn = sampler.draw(len(rows), seed=rows)
            judged = extractor.probs_and_features(drawn["images"])
            generated[seed].append((*judged, drawn["label"]))
        else:
            images = sampler.sample(len(rows), seed=rows)
            generated[seed].append(extractor.probs_and_features(images))
        done += len(rows)
        progress(done, total)
    runs = [
        _scores(
            *(np.concatenate(part) for part in zip(*chunks, strict=True)),
            real_features=real_features,
        )
        for chunks in generated.values()
    ]
    return {
        "protocol": vars(protocol),
        "hash": protocol.hash,
        "scores": {
            protocol.score_name(name): over_seeds([run[name] for run in runs]) for name in runs[0]
        },
        "floor": {protocol.score_name(name): value for name, value in floor.items()},
        "seconds": round(time.monotonic() - begun, 1),
    }


def _scores(
    probs: np.ndarray,
    features: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    real_features: np.ndarray,
) -> dict[str, dict]:
    inception = metrics.inception_score(probs)
    modified = metrics.modified_inception_score(probs)
    frechet = metrics.frechet_distance(real_features, features)
    kernel = metrics.kernel_distance(real_features, features)
    scores = {
        "is": {
            "value": inception.value,
            "splits_mean": inception.mean,
            "splits_std": inception.std,
        },
        "mis": {
            "value": modified.value,
            "per_class": [None if math.isnan(each) else each for each in modified.per_class],
            "missing": list(modified.missing),
        },
        "fid": {
            "value": frechet.value,
            "extrapolated": frechet.extrapolated,
            "extrapolated_std_error": frechet.std_error,
        },
        "kid": {"value": kernel.value, "std_error": kernel.std_error},
    }
    if labels is not None:
        scores["accuracy"] = {"value": float((probs.argmax(axis=1) == labels).mean())}
    return scores


def over_seeds(runs: list[dict]) -> dict[str, Any]:
    """The mean and standard deviation of a score's value over sampling seeds, and each in full."""
    values = [run["value"] for run in runs]
    return {
        "value": statistics.fmean(values),
        "std_over_seeds": statistics.stdev(values) if len(values) > 1 else None,
        "runs": runs,
    }
