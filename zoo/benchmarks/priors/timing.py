"""How long calls take, beside each other."""

import time
from collections.abc import Callable, Iterator

_LEAST = 3


def within(most: int, seconds: float) -> Iterator[int]:
    """Counts from 0 until `most` or, after three, until the time is up."""
    started = time.perf_counter()
    for number in range(most):
        if number >= _LEAST and time.perf_counter() - started > seconds:
            return
        yield number


def alternate(
    calls: dict[str, Callable[[int], object]], rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Seconds of each call in each round, as many as `within` gives.

    They take turns, so that whatever else the machine does falls on all alike. Each is given the
    number of the round, and called twice before, which compiles it.
    """
    for call in calls.values():
        call(0)
        call(1)
    taken = {name: [] for name in calls}
    for number in within(rounds, seconds):
        for name, call in calls.items():
            started = time.perf_counter()
            call(number)
            taken[name].append(time.perf_counter() - started)
    return taken
