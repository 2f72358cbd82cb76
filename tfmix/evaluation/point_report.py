"""The scores of points in the plane: how many modes of the data a model finds."""

import math
from typing import Any

from tfmix import data, metrics
from tfmix.evaluation.features import Samples
from tfmix.evaluation.image_report import check_seeds
from tfmix.evaluation.intervals import over_seeds

NUM_POINTS = 2_500  # as PacGAN counts modes (NeurIPS 2018, section 4.1)


def point_report(
    sampler: Samples, truth: data.PointSet, *, num_samples: int, sampling_seeds: tuple[int, ...]
) -> dict[str, Any]:
    """Counts the modes that a model of points [N, 2] finds (see `tfmix.metrics.mode_coverage`).

    Returns:
        The parts of a report of `tfmix.evaluation.evaluate` that apply to points.

    Raises:
        ValueError: No seeds, or some twice.
    """
    check_seeds(sampling_seeds)
    runs = [
        metrics.mode_coverage(
            sampler.sample(num_samples, seed=seed), truth.centers, truth.std, weights=truth.weights
        )
        for seed in sampling_seeds
    ]
    scores = {}
    for name in ("modes", "high_quality", "reverse_kl"):
        values = [float(getattr(run, name)) for run in runs]
        if all(map(math.isfinite, values)):  # a run without a point of high quality has no KL
            scores[f"{name}{num_samples}"] = over_seeds([{"value": value} for value in values])
    return {
        "dataset": truth.source,
        "num_samples": num_samples,
        "sampling_seeds": sampling_seeds,
        "scores": scores,
        "skipped": {"within_spread": "it is for images"},
        "reference": {f"modes{num_samples}": {"value": float(len(truth.centers))}},
    }
