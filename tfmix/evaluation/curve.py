"""The trade of quality for diversity along `scale`, the knob of GM-GAN (2018)."""

import itertools
from collections.abc import Callable
from typing import Any

from tfmix.evaluation.judged import Judged
from tfmix.evaluation.protocol import Curve
from tfmix.evaluation.scores import Reference, quality_and_diversity
from tfmix.evaluation.uncertainty import interval, over_seeds


def trace(
    draw: Callable[[int, int, float], Judged],
    reference: Reference,
    curve: Curve,
) -> dict[str, Any]:
    """Measures quality and diversity at each scale.

    Args:
        draw: Images of a count, a seed and a scale, in the eyes of the extractor.
        reference: What they are held against.
        curve: Where to measure.

    Returns:
        "scales"; "quality" and "diversity", each score over seeds at each; "finding", in words
        whether quality falls and diversity rises.
    """
    runs = [
        [
            quality_and_diversity(draw(curve.num_fake, seed, scale), reference)
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
    """Says at which steps quality does not fall, or diversity not rise, beyond the seeds' noise."""
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
