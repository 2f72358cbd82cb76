"""Data to learn from: image sets by name, and endless batches of them.

`load` reads a set into memory as an `ImageSet`; `batches` makes of it a `tf.data` pipeline whose
order is a pure function of seed and step.
"""

from tfmix.data.images import ImageSet, load
from tfmix.data.pipeline import batches, from_uint8

__all__ = ["ImageSet", "batches", "from_uint8", "load"]
