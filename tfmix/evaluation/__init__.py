"""From a sampler and a data set to a report."""

from tfmix.evaluation.clustering import cluster_agreement, fit_clusterer
from tfmix.evaluation.clustering_scores import clustering_report
from tfmix.evaluation.extractors import Extractor, default_extractor, load_extractor
from tfmix.evaluation.intervals import over_seeds, paired_bootstrap
from tfmix.evaluation.protocol import Curve, Protocol
from tfmix.evaluation.report import evaluate

__all__ = [
    "Curve",
    "Extractor",
    "Protocol",
    "cluster_agreement",
    "clustering_report",
    "default_extractor",
    "evaluate",
    "fit_clusterer",
    "load_extractor",
    "over_seeds",
    "paired_bootstrap",
]
