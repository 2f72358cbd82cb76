"""The field that holds a seed, and the slider and buttons that move it."""

import random

import numpy as np

import tfmix

NEAR = 999  # the seeds from 0 to here have a slider
_INT32 = np.iinfo(np.int32)


def whole(seed: float | None) -> int:
    """The seed in the field, which may be empty or hold any number.

    Raises:
        ValueError: It is no int32.
    """
    if seed is None or not float(seed).is_integer():
        raise ValueError(f"A seed is a whole number. Received: {'none' if seed is None else seed}.")
    return tfmix.seeds.check(int(seed))


def near(seed: float | None) -> int:
    """Where the slider stands for a seed that it may not reach."""
    return int(min(max(seed or 0, 0), NEAR))


def before(seed: float | None) -> tuple[int, int]:
    """The seed before one, and where the slider stands for it."""
    return _moved((seed or 0) - 1)


def after(seed: float | None) -> tuple[int, int]:
    """The seed after one, and where the slider stands for it."""
    return _moved((seed or 0) + 1)


def anywhere(seed: float | None) -> tuple[int, int]:
    """Any seed, whichever there was, and where the slider stands for it."""
    return _moved(random.randint(int(_INT32.min), int(_INT32.max)))


def _moved(seed: float) -> tuple[int, int]:
    seed = min(max(round(seed), int(_INT32.min)), int(_INT32.max))
    return seed, near(seed)
