"""A data set of images in memory, and balanced subsets of it."""

import dataclasses
import numbers
from typing import Any, ClassVar, Self

import numpy as np

from tfmix import checks, seeds


class RowSet:
    """Rows in memory, with or without a class for each: the base of frozen dataclasses.

    A data set has the fields `labels`, `class_names` and `source` of `ImageSet`, and the field that
    VALUES names: the array that batches are taken from.
    """

    VALUES: ClassVar[str]

    @property
    def values(self) -> np.ndarray:
        """The array [N, ...] that batches are taken from."""
        return getattr(self, self.VALUES)

    @property
    def num_classes(self) -> int | None:
        """The number of classes, including those without a row; None without labels."""
        return None if self.class_names is None else len(self.class_names)

    def subset(self, size: int, seed: int) -> Self:
        """Draws a random part of the data set, in the order of the data set.

        A part of labelled images is balanced: two classes differ by at most one image, except that
        a class with too few images gives all of them and the others fill up. Of images without
        labels and of points, every part of this size is equally likely. A larger part contains a
        smaller one of the same seed.

        Args:
            size: Number of rows, at most N; 0 means all.
            seed: An int32; the same seed draws the same part.

        Returns:
            A data set of `size` rows.

        Raises:
            ValueError: `size` is not in 0 .. N, or `seed` is not an int32.
        """
        count = len(self.values)
        if not isinstance(size, numbers.Integral) or not 0 <= size <= count:
            raise ValueError(
                f"A subset of {self.source['name']} has 1 to {count} {self.VALUES}, or 0 for all "
                f"of them. Received: size={size}."
            )
        seed = seeds.check(seed)
        if size == 0:
            return self
        return self._taken(self._ranking(_generator(seed))[:size], seed)

    def split(self, size: int, held_out: int, seed: int) -> tuple[Self, Self]:
        """Draws two parts that have no row in common.

        Args:
            size: Number of rows of the first part, which is `subset(size, seed)`; both parts are
                balanced. 0: all rows that are not held out; each part has the class shares of the
                whole data set.
            held_out: Number of rows of the second part, at least 1.
            seed: An int32; the same seed draws the same parts.

        Returns:
            The two parts, each in the order of the data set.

        Raises:
            ValueError: There are fewer rows than both parts need.
        """
        count, seed = len(self.values), seeds.check(seed)
        whole = isinstance(size, numbers.Integral) and isinstance(held_out, numbers.Integral)
        if not whole or held_out < 1 or size < 0 or max(size, 1) + held_out > count:
            raise ValueError(
                f"Two parts of {self.source['name']} have at most {count} {self.VALUES} together, "
                "each at least 1; size 0 means all that are not held out. "
                f"Received: size={size}, held_out={held_out}."
            )
        # In shares: a balanced second part would leave the first one without the rare classes.
        order = self._ranking(_generator(seed), in_shares=size == 0)
        if size == 0:
            return self._taken(order[held_out:], seed), self._taken(order[:held_out], seed)
        second = order[size : size + held_out]
        return self._taken(order[:size], seed), self._taken(second, seed)

    def _taken(self, chosen: np.ndarray, seed: int) -> Self:
        chosen = np.sort(chosen)
        return dataclasses.replace(
            self,
            labels=None if self.labels is None else self.labels[chosen],
            source=self.source | {"count": len(chosen), "subset_seed": seed},
            **{self.VALUES: self.values[chosen]},
        )

    def _ranking(self, generator: np.random.Generator, in_shares: bool = False) -> np.ndarray:
        """All indices, in such an order that the first n are the part of size n."""
        return generator.permutation(len(self.values))

    def _check_labels(self) -> None:
        """Raises a ValueError unless each row has a label that names a class."""
        count, labels = len(self.values), self.labels
        wanted = f"{count} {self.VALUES} take int32 labels of shape ({count},)"
        checks.array(wanted, labels, labels.dtype == np.int32 and labels.shape == (count,))
        if labels.min() < 0 or labels.max() >= self.num_classes:
            raise ValueError(
                f"Labels of {self.num_classes} classes lie in 0 .. {self.num_classes - 1}. "
                f"Received: labels from {labels.min()} to {labels.max()}."
            )


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed % 2**32))  # PCG64 takes no negative seed


@dataclasses.dataclass(frozen=True, eq=False)  # comparing arrays gives no single truth value
class ImageSet(RowSet):
    """Images of one size, with or without a class for each.

    Attributes:
        images: uint8 [N, H, W, C], N at least 1.
        labels: int32 [N], in 0 .. len(class_names) - 1; None where there are no classes.
        class_names: The name of every class, including those without an image; None without labels.
        source: Where the images come from, ready to be written as JSON: `name`, `version` (None
            where there is none), `split` and `count`. A subset also has `subset_seed`, and a folder
            with pictures that cannot be read has their paths under `unreadable`.

    Raises:
        ValueError: The arrays are of another type or shape, or a label is not a class number.
    """

    VALUES = "images"

    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple[str, ...] | None
    source: dict[str, Any]

    def __post_init__(self):
        images, labels = self.images, self.labels
        good = images.dtype == np.uint8 and images.ndim == 4 and len(images)
        checks.array("An ImageSet takes uint8 images [N, H, W, C], N at least 1", images, good)
        if (labels is None) != (self.class_names is None):
            found = f"{'no ' if labels is None else ''}labels, class_names={self.class_names}"
            raise ValueError(
                f"An ImageSet takes labels and class_names together, or neither. Received: {found}."
            )
        if labels is not None:
            self._check_labels()

    def last(self, size: int) -> Self:
        """The last images of each class, `size` in all, as DeLiGAN's authors choose them.

        Raises:
            ValueError: No labels, or a size that is not as many of each class as there are.
        """
        each = 0 if self.labels is None else size // self.num_classes
        counts = (
            [0] if self.labels is None else np.bincount(self.labels, minlength=self.num_classes)
        )
        if not each or size % self.num_classes or min(counts) < each:
            raise ValueError(
                f"The last images of each class are as many of each, and {self.source['name']} has "
                f"{min(counts)} of one at least. Received: size={size}."
            )
        members = [np.flatnonzero(self.labels == k)[-each:] for k in range(self.num_classes)]
        chosen = np.sort(np.concatenate(members))
        source = self.source | {"count": size, "subset": "the last of each class"}
        images, labels = self.images[chosen], self.labels[chosen]
        return dataclasses.replace(self, images=images, labels=labels, source=source)

    def _ranking(self, generator: np.random.Generator, in_shares: bool = False) -> np.ndarray:
        """All indices, so that the first n are balanced, or have the class shares of all."""
        shuffled = super()._ranking(generator)
        if self.labels is None:
            return shuffled
        # In each round, every class that has images left gives one. The classes that are left out
        # of an incomplete last round are random too.
        labels = self.labels[shuffled]
        rank = np.empty_like(labels)
        for label in range(self.num_classes):
            members = labels == label
            rank[members] = np.arange(members.sum())
        if in_shares:
            place = (rank + 0.5) / np.bincount(labels)[labels]  # within the class, from 0 to 1
            return shuffled[np.argsort(place, kind="stable")]
        priority = generator.permutation(self.num_classes)
        return shuffled[np.lexsort([priority[labels], rank])]
