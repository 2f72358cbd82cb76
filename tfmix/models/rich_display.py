"""How notebooks show a sampler at the end of a cell."""

from tfmix import pictures


class RichDisplay:
    """Shows itself in Jupyter and Colab as a grid of its images of seed 0.

    It needs `images` and `describe`, as samplers have them.

    Attributes:
        shown: Number of images.
    """

    shown = 64

    def _repr_png_(self) -> bytes | None:
        """The grid's PNG; None for a model of points, which is shown by its name."""
        if len(self.describe()["image_shape"]) == 1:
            return None
        return pictures.grid_png(self.images(self.shown, seed=0))
