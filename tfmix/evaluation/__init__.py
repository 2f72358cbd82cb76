"""From a sampler and a data set to a report."""

from tfmix.evaluation.clustering import fit_clusterer
from tfmix.evaluation.evaluator import evaluate, over_seeds
from tfmix.evaluation.extractors import Extractor, load_extractor
from tfmix.evaluation.protocol import Protocol

__all__ = ["Extractor", "Protocol", "evaluate", "fit_clusterer", "load_extractor", "over_seeds"]
