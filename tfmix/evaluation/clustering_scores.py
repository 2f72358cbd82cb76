"""Scores of a model's clusters of real images by their classes, with intervals."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tfmix import metrics
from tfmix.evaluation.intervals import LEVEL

_RESAMPLES = 200  # of the images, for the intervals
_NAMES = ("accuracy", "majority_accuracy", "nmi", "ari")


def clustering_report(
    labels: ArrayLike, clusters: ArrayLike, num_clusters: int, seed: int = 0
) -> dict[str, dict[str, Any] | None]:
    """Scores of clusters, each with the 95 % basic interval of a bootstrap over the images.

    A resample has some images twice, so that its scores are biased upwards. The basic interval,
    twice the value less the quantiles, corrects for that.

    Args:
        labels: Classes, ints [N].
        clusters: Clusters, ints [N].
        num_clusters: K.
        seed: Of the resampling, and of the halves on which the majority map is fitted and scored.

    Returns:
        "accuracy" (None where K is not the number of classes), "majority_accuracy", "nmi" and
        "ari", each with "value" and "interval".

    Raises:
        ValueError: As of `tfmix.metrics.clustering_scores`.
    """
    labels, clusters = np.asarray(labels), np.asarray(clusters)

    def scores(rows: np.ndarray | slice) -> list[float | None]:
        some = labels[rows], clusters[rows]
        found = metrics.clustering_scores(*some, seed, num_clusters=num_clusters)
        return [getattr(found, name) for name in _NAMES]

    whole = scores(slice(None))
    rows = np.random.default_rng(seed % 2**32).integers(len(labels), size=[_RESAMPLES, len(labels)])
    resampled = zip(*map(scores, rows), strict=True)
    tail = 50 * (1 - LEVEL)
    report = dict.fromkeys(_NAMES)
    for name, value, drawn in zip(_NAMES, whole, resampled, strict=True):
        if value is not None:
            # A small draw may lack a class: then there is no one-to-one map.
            mapped = [each for each in drawn if each is not None]
            basic = 2 * value - np.percentile(mapped, [100 - tail, tail])
            report[name] = {"value": value, "interval": basic.tolist()}
    return report
