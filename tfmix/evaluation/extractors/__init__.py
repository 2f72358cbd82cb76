"""Networks that turn images into predictions and features, with the weights that are shipped."""

from tfmix.evaluation.extractors.extractor import Extractor, load_extractor

__all__ = ["Extractor", "load_extractor"]
