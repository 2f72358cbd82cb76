"""Requests that many clients send to a served model at once, and what came of them."""

import time
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import tfmix

MOST_ROWS = 16  # of a request


class Request(NamedTuple):
    """What a client asks for.

    Attributes:
        seeds: int32 [N].
        knobs: Component and scale, int32 and float32 [N], or neither.
    """

    seeds: np.ndarray
    knobs: dict[str, np.ndarray]


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        request: Its number.
        seconds: Until the answer or the error was there.
        images: float32 [N, H, W, C]; None where an error was raised.
    """

    request: int
    seconds: float
    images: np.ndarray | None


def draw_requests(number: int, num_components: int, seed: int) -> list[Request]:
    """Draws requests of 1 to 16 rows of any seeds; half of them with components and scales."""
    rng = np.random.default_rng(seed)

    def draw() -> Request:
        rows = rng.integers(1, MOST_ROWS + 1)
        seeds = rng.integers(-(2**31), 2**31, size=rows).astype(np.int32)
        component = rng.integers(-1, num_components, size=rows).astype(np.int32)
        scale = rng.uniform(0.0, 1.5, size=rows).astype(np.float32)
        return Request(
            seeds, {"component": component, "scale": scale} if rng.uniform() < 0.5 else {}
        )

    return [draw() for _ in range(number)]


def expected(sampler: "tfmix.Sampler", requests: Sequence[Request]) -> list[np.ndarray]:
    """The images of requests by a sampler in this process, in [0, 1] as a SavedModel gives them."""
    lengths = [len(each.seeds) for each in requests]
    neutral = {"component": -1, "scale": 1.0}
    knobs = {
        name: np.concatenate(
            [np.broadcast_to(each.knobs.get(name, value), len(each.seeds)) for each in requests]
        )
        for name, value in neutral.items()
    }
    seeds = np.concatenate([each.seeds for each in requests])
    images = sampler.sample(len(seeds), seed=seeds, **knobs)
    return np.split(np.clip((images + 1) / 2, 0, 1), np.cumsum(lengths)[:-1])


def send(
    make_client: Callable[[], "tfmix.serving.Client"],
    requests: Sequence[Request],
    clients: int,
    done: Callable[[], None],
) -> list[Answer]:
    """Sends requests from clients that each send one after the other, whichever is next.

    Args:
        make_client: Gives a client of the server, with a channel of its own.
        requests: What to send.
        clients: How many send at the same time, each in a thread.
        done: Called after each request.
    """
    numbers = iter(range(len(requests)))  # one thread at a time takes the next, under the GIL

    def work(_: int) -> list[Answer]:
        answers = []
        with make_client() as client:
            for number in numbers:
                started = time.perf_counter()
                try:
                    images = client.sample(requests[number].seeds, **requests[number].knobs)
                except (OSError, ValueError, RuntimeError):
                    images = None
                answers.append(Answer(number, time.perf_counter() - started, images))
                done()
        return answers

    with futures.ThreadPoolExecutor(clients) as pool:
        return [answer for answers in pool.map(work, range(clients)) for answer in answers]


def judge(answers: Sequence[Answer], wanted: Sequence[np.ndarray]) -> dict[str, Any]:
    """Counts what went wrong.

    Args:
        answers: Of `send`.
        wanted: The images that each request should get.

    Returns:
        "answered"; "wrong", of which the images differ in any bit, and "exchanged", of which they
        are those of another request; "lost", which raised an error or got no answer;
        "duplicated", answers beyond the first of a request.
    """
    known = {images.tobytes() for images in wanted}
    good = [answer for answer in answers if answer.images is not None]
    wrong = [each for each in good if not np.array_equal(each.images, wanted[each.request])]
    answered = {answer.request for answer in good}
    return {
        "answered": len(answered),
        "wrong": len(wrong),
        "exchanged": sum(answer.images.tobytes() in known for answer in wrong),
        "lost": len(wanted) - len(answered),
        "duplicated": len(good) - len(answered),
    }
