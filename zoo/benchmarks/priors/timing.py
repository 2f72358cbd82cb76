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
    """Times calls in turn, so that whatever else the machine does falls on all alike.

    Args:
        calls: What to time, each given the number of the round. Each is called twice before, which
            compiles it.
        rounds: How often each is timed at most.
        seconds: After which no further round begins, once there are three.

    Returns:
        Seconds of each call in each round.
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
