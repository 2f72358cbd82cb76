"""A bar that shows how far a long task is, and the time it has left."""

import sys
from collections.abc import Callable

import keras


def progress_bar(unit: str) -> Callable[[int, int], None]:
    """Makes a progress bar, as functions that take long call it.

    Args:
        unit: What is counted, as "image".

    Returns:
        A function of what is done and what there is in all, which draws the bar on standard output.
        What there is in all may grow on the way.
    """
    bar = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        interval = 0.1 if sys.stdout.isatty() else 15.0
        bar = bar or keras.utils.Progbar(total, unit_name=unit, interval=interval)
        bar.target = total
        bar.update(done)

    return progress
