"""Data to learn from: sets by name, and endless batches of them.

`load` reads a set into memory, an `ImageSet` or a `PointSet`; `batches` makes of it a `tf.data`
pipeline whose order is a pure function of seed and step.
"""

from tfmix.data.image_set import ImageSet
from tfmix.data.load import load
from tfmix.data.pipeline import batches, from_uint8
from tfmix.data.toy import PointSet

__all__ = ["ImageSet", "PointSet", "batches", "from_uint8", "load"]
