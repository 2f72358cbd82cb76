"""A set of images in memory, and balanced subsets of it."""

import dataclasses
import numbers
from typing import Any

import numpy as np

from tfmix import seeds


@dataclasses.dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class ImageSet:
    """Images of one size, with a class each or without.

    Attributes:
        images: uint8 [N, H, W, C], N at least 1.
        labels: int32 [N], in 0 .. len(class_names) - 1; None where there are no classes.
        class_names: The name of every class, those without an image too; None without labels.
        source: Where the images come from, ready for JSON: `name`, `version` (None where there is
            none), `split` and `count`; a subset also has `subset_seed`.

    Raises:
        ValueError: Arrays of another type or shape, or labels that name no class.
    """

    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
    source: dict[str, Any]

    def __post_init__(self):
        images, labels = self.images, self.labels
        if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
            raise ValueError(
                "An ImageSet takes uint8 images [N, H, W, C], N at least 1. "
                f"Received: {images.dtype} of shape {images.shape}."
            )
        if (labels is None) != (self.class_names is None):
            raise ValueError(
                "An ImageSet takes labels and class_names together, or neither. "
                f"Received: {'no ' if labels is None else ''}labels, "
                f"class_names={self.class_names}."
            )
        if labels is None:
            return
        if labels.dtype != np.int32 or labels.shape != (len(images),):
            raise ValueError(
                f"An ImageSet of {len(images)} images takes int32 labels of shape "
                f"({len(images)},). Received: {labels.dtype} of shape {labels.shape}."
            )
        if labels.min() < 0 or labels.max() >= len(self.class_names):
            raise ValueError(
                f"Labels of {len(self.class_names)} classes lie in 0 .. "
                f"{len(self.class_names) - 1}. Received: labels from {labels.min()} to "
                f"{labels.max()}."
            )

    @property
    def num_classes(self) -> int | None:
        """Number of classes, those without an image too; None without labels."""
        return None if self.class_names is None else len(self.class_names)

    def subset(self, size: int, seed: int) -> "ImageSet":
        """Draws a part of the set, in the set's own order.

        With labels the part is balanced: two classes differ by at most one image while both have
        enough; a class too small gives all that it has and the others fill up. Without labels
        every part of this size is equally likely. A larger part of the same seed holds the smaller.

        Args:
            size: Number of images, at most N; 0 means all.
            seed: An int32; the same seed draws the same part.

        Returns:
            A set of `size` images.

        Raises:
            ValueError: `size` is not in 0 .. N, or `seed` is no int32.
        """
        count = len(self.images)
        if not isinstance(size, numbers.Integral) or not 0 <= size <= count:
            raise ValueError(
                f"A subset of {self.source['name']} has 1 to {count} images, or 0 for all of them. "
                f"Received: size={size}."
            )
        seed = seeds.check(seed)
        if size == 0:
            return self
        chosen = np.sort(self._ranking(seed)[:size])
        return dataclasses.replace(
            self,
            images=self.images[chosen],
            labels=None if self.labels is None else self.labels[chosen],
            source=self.source | {"count": int(size), "subset_seed": seed},
        )

    def _ranking(self, seed: int) -> np.ndarray:
        """Every index once, in an order of which each beginning is a balanced part."""
        generator = np.random.Generator(np.random.PCG64(seed % 2**32))  # PCG64 wants no sign
        shuffled = generator.permutation(len(self.images))
        if self.labels is None:
            return shuffled
        # Round by round, each class with images left gives one; which classes a last round cut
        # short leaves out is drawn too.
        labels = self.labels[shuffled]
        rank = np.empty_like(labels)
        for label in range(self.num_classes):
            members = labels == label
            rank[members] = np.arange(members.sum())
        priority = generator.permutation(self.num_classes)
        return shuffled[np.lexsort([priority[labels], rank])]
