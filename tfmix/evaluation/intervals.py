"""Intervals: of a mean over seeds, and of a difference over seeds that two models share."""

import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

LEVEL = 0.95
_RESAMPLES = 9_999


def over_seeds(runs: list[dict]) -> dict[str, Any]:
    """A score over seeds.

    Args:
        runs: The score of each seed, with "value" and what stands beside it.

    Returns:
        "value", the mean; "std_over_seeds" and "interval", a 95 % interval of the mean by Student's
        t, both None for a single seed; "runs", each in full.
    """
    values = [run["value"] for run in runs]
    several = len(values) > 1
    spread = statistics.stdev(values) if several else None
    return {
        "value": statistics.fmean(values),
        "std_over_seeds": spread,
        "interval": interval(values) if several else None,
        "runs": runs,
    }


def interval(values: list[float]) -> list[float]:
    """The 95 % interval, [low, high], of the mean of at least 2 values by Student's t."""
    half = stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values)
    mean = statistics.fmean(values)
    return [mean - half, mean + half]


def paired_bootstrap(
    first: Mapping[int, float], second: Mapping[int, float], seed: int = 0
) -> dict[str, Any]:
    """Whether two scores differ, over the seeds that both have.

    Args:
        first: Values by seed.
        second: Values by seed.
        seed: Of the resampling.

    Returns:
        "difference", the mean of first - second over common seeds; "interval", its 95 % percentile
        bootstrap interval; "seeds", the common ones; "shown", whether both this interval and
        Student's exclude 0: with three seeds, a bootstrap alone excludes it wherever all three
        differences have one sign.

    Raises:
        ValueError: Fewer than 3 seeds in common.
    """
    common = sorted(first.keys() & second.keys())
    if len(common) < 3:
        raise ValueError(
            "A paired bootstrap takes at least 3 seeds in common. "
            f"Received: {sorted(first)} and {sorted(second)}."
        )
    differences = np.array([first[each] - second[each] for each in common])
    rows = np.random.default_rng(seed).integers(len(common), size=[_RESAMPLES, len(common)])
    tail = 50 * (1 - LEVEL)
    low, high = np.percentile(differences[rows].mean(axis=1), [tail, 100 - tail])
    least, most = interval(differences.tolist())
    return {
        "difference": float(differences.mean()),
        "interval": [float(low), float(high)],
        "seeds": common,
        "shown": not low <= 0 <= high and not least <= 0 <= most,
    }
