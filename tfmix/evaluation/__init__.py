"""From a sampler and a data set to a report."""

from tfmix.evaluation.agreement import clustering_report
from tfmix.evaluation.clustering import fit_clusterer
from tfmix.evaluation.evaluator import evaluate
from tfmix.evaluation.extractors import Extractor, load_extractor
from tfmix.evaluation.protocol import Curve, Protocol
from tfmix.evaluation.uncertainty import over_seeds, paired_bootstrap

__all__ = [
    "Curve",
    "Extractor",
    "Protocol",
    "clustering_report",
    "evaluate",
    "fit_clusterer",
    "load_extractor",
    "over_seeds",
    "paired_bootstrap",
]
