"""The trade of quality for diversity along the sampling parameter `scale` (GM-GAN, 2018)."""

import itertools
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from scipy import stats

from tfmix.evaluation import tables
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.intervals import interval, over_seeds
from tfmix.evaluation.protocol import Curve
from tfmix.evaluation.scores import QUALITY, Reference, Values


def trace(
    draw: Callable[..., ImageFeatures], reference: Reference, curve: Curve, threads: Executor
) -> dict[str, Any]:
    """Measures quality and diversity at each scale of a curve.

    Features are those of `draw(count, seed, scale=scale)`, which threads call.

    Returns:
        "scales"; "quality" and "diversity", each score over seeds at each; "rank_correlation" of
        both with the scale (Spearman's), over seeds; "finding", these in words.
    """

    def run(scale: float, seed: int) -> Values:
        fake = draw(curve.num_fake, seed, scale=scale)
        return QUALITY.compute(fake, reference, **QUALITY.settings)

    begun = [
        [threads.submit(run, scale, seed) for seed in curve.sampling_seeds]
        for scale in curve.scales
    ]
    runs = [[each.result() for each in at_scale] for at_scale in begun]
    found = {
        name: [over_seeds([run[name] for run in at_scale]) for at_scale in runs]
        for name in ("quality", "diversity")
    }
    ranks = {name: correlation(curve.scales, found[name]) for name in found}
    return {
        "scales": list(curve.scales),
        **found,
        "rank_correlation": ranks,
        "finding": finding(curve.scales, ranks, **found),
    }


def correlation(scales: tuple[float, ...], points: list[dict]) -> dict[str, Any]:
    """Spearman's rank correlation of a score with the scale, in [-1, 1], over seeds.

    Args:
        scales: Of the points.
        points: The score at each scale, as `over_seeds` gives it.

    Returns:
        As `over_seeds`; of a seed whose score is the same at every scale the value is 0.
    """
    lines = zip(*([run["value"] for run in point["runs"]] for point in points), strict=True)
    values = [stats.spearmanr(scales, line)[0] if len({*line}) > 1 else 0.0 for line in lines]
    return over_seeds([{"value": float(value)} for value in values])


def finding(
    scales: tuple[float, ...],
    ranks: dict[str, dict],
    quality: list[dict],
    diversity: list[dict],
) -> str:
    """Says how quality and diversity go with the scale, by the seeds.

    Their rank correlations with it, which are given by name; then between which scales quality is
    not shown to fall, or diversity to rise. Both are given at each scale as `over_seeds` gives
    them.
    """
    flat = [
        f"{name} is not shown to {verb} from scale {scales[step]:g} to {scales[step + 1]:g}"
        for name, verb, sign, points in (
            ("quality", "fall", -1, quality),
            ("diversity", "rise", 1, diversity),
        )
        for step, (before, after) in enumerate(itertools.pairwise(points))
        if not _moves(sign, before["runs"], after["runs"])
    ]
    said = "; ".join(flat) or "quality falls and diversity rises at every step"
    correlated = ", ".join(
        f"{name} {tables.spread(each['value'], each['interval'], '.2f')}"
        for name, each in ranks.items()
    )
    return f"Rank correlation with scale: {correlated}. {said[0].upper()}{said[1:]}."


def _moves(sign: int, before: list[dict], after: list[dict]) -> bool:
    """Whether the 95 % interval of the difference over seeds lies on the side of `sign`."""
    pairs = zip(before, after, strict=True)
    differences = [sign * (late["value"] - early["value"]) for early, late in pairs]
    lowest = interval(differences)[0] if len(differences) > 1 else differences[0]
    return lowest > 0
