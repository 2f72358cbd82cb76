"""Checks of arguments, with one-line messages that say what was received and what is accepted."""

import numbers as numeric_types
from collections.abc import Callable, Collection

import numpy as np


def positive_int(name: str, value: int) -> int:
    """Returns `value` as an int, or raises a ValueError unless it is an integer of at least 1."""
    return int_at_least(1, name, value)


def int_at_least(least: int, name: str, value: int) -> int:
    """Returns `value` as an int, or raises a ValueError where it is another type or too small."""
    if isinstance(value, bool) or not isinstance(value, numeric_types.Integral) or value < least:
        raise ValueError(f"{name} is an integer of at least {least}. Received: {name}={value!r}.")
    return int(value)


def positive_ints(name: str, values: Collection[int]) -> tuple[int, ...]:
    """Returns `values` as a tuple, or raises a ValueError unless all are integers of at least 1."""
    if isinstance(values, str) or not isinstance(values, Collection):
        wanted = f"{name} is a sequence of integers of at least 1"
        raise ValueError(f"{wanted}. Received: {name}={values!r}.")
    return tuple(positive_int(name, value) for value in values)


def one_of(name: str, value: str, known: Collection[str]) -> str:
    """Returns `value`, or raises a ValueError where it is not one of the known values."""
    if value not in known:
        raise ValueError(f"{name} is one of {', '.join(known)}. Received: {name}={value!r}.")
    return value


def integers(name: str, wanted: str, values: object) -> np.ndarray:
    """Returns integers as an array, or raises a ValueError that says what is wanted."""
    array = np.asarray(values)
    if array.size and not np.issubdtype(array.dtype, np.integer):  # an empty list is float64
        raise ValueError(f"{wanted}. Received: {name}={array.ravel().tolist()[0]!r}.")
    return array


def numbers(name: str, wanted: str, values: object) -> np.ndarray:
    """Returns real numbers as float64, or raises a ValueError that says what is wanted."""
    array = np.asarray(values)
    if array.size and not (
        np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)
    ):
        raise ValueError(f"{wanted}. Received: {name}={array.ravel().tolist()[0]!r}.")
    return array.astype(np.float64)


def number(name: str, wanted: str, value: float, good: Callable[[float], bool]) -> float:
    """Returns one finite number, or raises a ValueError that says what is wanted."""
    array = numbers(name, wanted, value)
    if array.ndim or not np.isfinite(array) or not good(array):
        raise ValueError(f"{wanted}. Received: {name}={value!r}.")
    return float(array)


def all_good(name: str, wanted: str, values: np.ndarray, good: np.ndarray) -> None:
    """Raises a ValueError that says what is wanted and shows the first bad value.

    Args:
        name: Name of the argument.
        wanted: What a good value is, a sentence without its full stop.
        values: The values, of any shape.
        good: Which of them are good, of the same shape.
    """
    bad = np.argwhere(~good)
    if len(bad):
        place = ", ".join(map(str, bad[0]))
        where = f" at [{place}]" if place else ""
        raise ValueError(f"{wanted}. Received: {name}={values[tuple(bad[0])]}{where}.")


def array(wanted: str, values: np.ndarray, good: bool) -> None:
    """Raises a ValueError that says what is wanted and shows the type, unless it is good."""
    if not good:
        raise ValueError(f"{wanted}. Received: {values.dtype} of shape {values.shape}.")


def one_per_row(name: str, values: np.ndarray, num_samples: int) -> np.ndarray:
    """Returns one value per row [N], from one value or one per row, or raises a ValueError."""
    if values.ndim and values.shape != (num_samples,):
        raise ValueError(
            f"{name} is one value or one per row, shape ({num_samples},) here. "
            f"Received: shape {values.shape}."
        )
    return np.broadcast_to(values, (num_samples,))
