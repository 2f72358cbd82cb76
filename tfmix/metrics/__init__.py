"""Scores of generated images from arrays: quality, diversity and distance to real images.

Inputs are class probabilities [N, C], features [N, F], images [N, H, W, C] or points [N, D] as
NumPy float arrays, `real` first; labels are ints from 0. Everything but MS-SSIM is computed in
float64; scores are frozen dataclasses of Python floats. Bad input (NaN, Inf, other shapes,
integers instead of floats, too few rows) is a ValueError that says what was received.
"""

from tfmix.metrics.clustering import ClusteringScores, clustering_scores
from tfmix.metrics.copies import copy_distance, copy_share, nearest_rows
from tfmix.metrics.distances import (
    FrechetDistance,
    KernelDistance,
    frechet_distance,
    kernel_distance,
)
from tfmix.metrics.fld import fld_gap
from tfmix.metrics.inception import (
    InceptionScore,
    ModifiedInceptionScore,
    inception_score,
    modified_inception_score,
)
from tfmix.metrics.intra_cluster import IntraClusterDistance, intra_cluster_distance
from tfmix.metrics.manifold import (
    DensityCoverage,
    PrecisionRecall,
    RealBalls,
    density_coverage,
    precision_recall,
)
from tfmix.metrics.modes import ModeCoverage, mode_coverage
from tfmix.metrics.ms_ssim import ClassSimilarity, ms_ssim
from tfmix.metrics.quality_diversity import QualityDiversity, quality_diversity
from tfmix.metrics.spread import pair_distance
from tfmix.metrics.vendi import vendi_bandwidth, vendi_score

__all__ = [
    "ClassSimilarity",
    "ClusteringScores",
    "DensityCoverage",
    "FrechetDistance",
    "InceptionScore",
    "IntraClusterDistance",
    "KernelDistance",
    "ModeCoverage",
    "ModifiedInceptionScore",
    "PrecisionRecall",
    "QualityDiversity",
    "RealBalls",
    "clustering_scores",
    "copy_distance",
    "copy_share",
    "density_coverage",
    "fld_gap",
    "frechet_distance",
    "inception_score",
    "intra_cluster_distance",
    "kernel_distance",
    "mode_coverage",
    "modified_inception_score",
    "ms_ssim",
    "nearest_rows",
    "pair_distance",
    "precision_recall",
    "quality_diversity",
    "vendi_bandwidth",
    "vendi_score",
]
