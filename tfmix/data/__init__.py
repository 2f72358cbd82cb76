"""Data sets by name, and endless batches of them.

`load` reads a data set into memory, as an `ImageSet` or a `PointSet`; `batches` turns it into a
`tf.data` pipeline whose order depends only on seed and step.
"""

from tfmix.data.image_set import ImageSet
from tfmix.data.load import load
from tfmix.data.pipeline import batches, from_uint8
from tfmix.data.toy import PointSet

__all__ = ["ImageSet", "PointSet", "batches", "from_uint8", "load"]
