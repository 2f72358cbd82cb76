"""The trade of quality for diversity along the sampling parameter `scale` (GM-GAN, 2018)."""

import itertools
from collections.abc import Callable
from typing import Any

from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.intervals import interval, over_seeds
from tfmix.evaluation.protocol import Curve
from tfmix.evaluation.scores import QUALITY, Reference


def trace(draw: Callable[..., ImageFeatures], reference: Reference, curve: Curve) -> dict[str, Any]:
    """Measures quality and diversity at each scale of a curve.

    Features are those of `draw(count, seed, scale=scale)`.

    Returns:
        "scales"; "quality" and "diversity", each score over seeds at each; "finding", in words
        whether quality falls and diversity rises.
    """
    runs = [
        [
            QUALITY.compute(draw(curve.num_fake, seed, scale=scale), reference, **QUALITY.settings)
            for seed in curve.sampling_seeds
        ]
        for scale in curve.scales
    ]
    found = {
        name: [over_seeds([run[name] for run in at_scale]) for at_scale in runs]
        for name in ("quality", "diversity")
    }
    return {"scales": list(curve.scales), **found, "finding": finding(curve.scales, **found)}


def finding(scales: tuple[float, ...], quality: list[dict], diversity: list[dict]) -> str:
    """Says between which scales quality is not shown to fall, or diversity to rise, by the seeds.

    Both are given at each scale as `over_seeds` gives them.
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
    return f"{said[0].upper()}{said[1:]}."


def _moves(sign: int, before: list[dict], after: list[dict]) -> bool:
    """Whether the 95 % interval of the difference over seeds lies on the side of `sign`."""
    pairs = zip(before, after, strict=True)
    differences = [sign * (late["value"] - early["value"]) for early, late in pairs]
    lowest = interval(differences)[0] if len(differences) > 1 else differences[0]
    return lowest > 0
