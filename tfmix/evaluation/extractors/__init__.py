"""Networks that turn images into predictions and features, with the weights that are shipped."""

from tfmix.evaluation.extractors.extractor import (
    Extractor,
    default_extractor,
    load_extractor,
    quantize,
)

__all__ = ["Extractor", "default_extractor", "load_extractor", "quantize"]
