"""Requests that many clients send to a served model at once, and what came of them."""

import contextlib
import queue
import time
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import tfmix

MOST_ROWS = 16  # of a request


class Request(NamedTuple):
    """What a client asks for."""

    seeds: np.ndarray  # int32 [N]
    parameters: dict[str, np.ndarray]  # component and scale, int32 and float32 [N], or neither


class Answer(NamedTuple):
    """What came of a request."""

    request: int  # its number
    seconds: float  # until the answer or the error was there
    images: np.ndarray | None  # float32 [N, H, W, C]; None where an error was raised


def draw_requests(number: int, num_components: int, seed: int) -> list[Request]:
    """Draws requests of 1 to 16 rows of any seeds; half of them with components and scales."""
    rng = np.random.default_rng(seed)

    def draw() -> Request:
        rows = rng.integers(1, MOST_ROWS + 1)
        seeds = rng.integers(-(2**31), 2**31, size=rows).astype(np.int32)
        component = rng.integers(-1, num_components, size=rows).astype(np.int32)
        scale = rng.uniform(0.0, 1.5, size=rows).astype(np.float32)
        given = {"component": component, "scale": scale} if rng.uniform() < 0.5 else {}
        return Request(seeds, given)

    return [draw() for _ in range(number)]


def expected(sampler: "tfmix.Sampler", requests: Sequence[Request]) -> list[np.ndarray]:
    """The images of requests by a sampler in this process, in [0, 1] as a SavedModel gives them."""
    lengths = [len(each.seeds) for each in requests]
    parameters = {
        name: np.concatenate(
            [
                np.broadcast_to(each.parameters.get(name, neutral), len(each.seeds))
                for each in requests
            ]
        )
        for name, neutral in (("component", -1), ("scale", 1.0))
    }
    seeds = np.concatenate([each.seeds for each in requests])
    images = sampler.sample(len(seeds), seed=seeds, **parameters)
    return np.split(np.clip((images + 1) / 2, 0, 1), np.cumsum(lengths)[:-1])


def send(
    make_client: Callable[[], "tfmix.serving.Client"],
    requests: Sequence[Request],
    clients: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Answer]:
    """Sends requests from so many clients at once, each of which takes whichever is next.

    `progress` is called after each request, with how many are done and how many there are.
    """
    free = queue.SimpleQueue()

    def ask(number: int) -> Answer:
        client, started = free.get(), time.perf_counter()
        try:
            images = client.sample(requests[number].seeds, **requests[number].parameters)
        except (OSError, ValueError, RuntimeError):
            images = None
        seconds = time.perf_counter() - started
        free.put(client)
        return Answer(number, seconds, images)

    answers = []
    with contextlib.ExitStack() as stack, futures.ThreadPoolExecutor(clients) as pool:
        for _ in range(clients):
            free.put(stack.enter_context(make_client()))
        asked = [pool.submit(ask, number) for number in range(len(requests))]
        for done in futures.as_completed(asked):
            answers.append(done.result())
            progress(len(answers), len(requests))
    return answers


def judge(answers: Sequence[Answer], wanted: Sequence[np.ndarray]) -> dict[str, int]:
    """Counts what went wrong, given the images that each request should get.

    Returns:
        "answered"; "wrong", of which the images differ in any bit, and "exchanged", of which they
        are those of another request; "lost", which raised an error or got no answer;
        "duplicated", answers beyond the first of a request.
    """
    known = {images.tobytes() for images in wanted}
    good = [answer for answer in answers if answer.images is not None]
    wrong = [each for each in good if not np.array_equal(each.images, wanted[each.request])]
    answered = len({answer.request for answer in good})
    return {
        "answered": answered,
        "wrong": len(wrong),
        "exchanged": sum(answer.images.tobytes() in known for answer in wrong),
        "lost": len(wanted) - answered,
        "duplicated": len(good) - answered,
    }
