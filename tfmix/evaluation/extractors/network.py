"""What an extractor asks of the network behind it."""

import dataclasses
from collections.abc import Callable

import numpy as np

Outputs = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Network:
    """Features of images, and logits where the network knows classes.

    Attributes:
        image_shape: (H, W, C) of the images that it sees.
        feature_width: F.
        num_classes: K; None where it knows no classes.
        see: Images, float32 [B, H, W, C] in [-1, 1], to "features", [B, F], and whatever else
            `logits` needs.
        logits: What `see` gave of all images, in float64, to their logits [N, K]; None where the
            network knows no classes.
        batch_size: Images for one call of `see`; bounds the memory.
        any_size: Whether images of other sizes are always resized, unasked.
    """

    image_shape: tuple[int, int, int]
    feature_width: int
    num_classes: int | None
    see: Callable[[np.ndarray], Outputs]
    logits: Callable[[Outputs], np.ndarray] | None
    batch_size: int = 256
    any_size: bool = False


def in_one_line(error: Exception) -> str:
    """An error's kind and the first line of what it says, to stand within another error."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"
