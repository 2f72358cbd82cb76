"""Numbers from arrays: how good, how varied and how close to real images the generated ones are.

Inputs are class probabilities [N, C], features [N, F] or points [N, D] as NumPy float arrays,
`real` first; labels are ints from 0. Everything is computed in float64 and returned as frozen
dataclasses of Python floats. Bad input (NaN, Inf, other shapes, integers where floats are due, too
few rows) is a ValueError that says what was received.
"""

from tfmix.metrics.distances import (
    FrechetDistance,
    KernelDistance,
    frechet_distance,
    kernel_distance,
)
from tfmix.metrics.inception import (
    InceptionScore,
    ModifiedInceptionScore,
    inception_score,
    modified_inception_score,
)
from tfmix.metrics.modes import ModeCoverage, mode_coverage

__all__ = [
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "ModeCoverage",
    "ModifiedInceptionScore",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "mode_coverage",
    "modified_inception_score",
]
