"""Scores side by side, on all processors."""

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from threadpoolctl import threadpool_limits

_MOST = 4  # at a time, as each takes memory of its own


@contextlib.contextmanager
def threads() -> Iterator[Executor]:
    """Gives threads to compute scores in, one for each processor.

    Each has linear algebra on one thread meanwhile: most matrices are small, and for them threads
    cost more than they bring. So results do not depend on the number of processors. What has not
    begun when the block is left, by an error or a signal, is not begun.
    """
    executor = ThreadPoolExecutor(min(_MOST, len(os.sched_getaffinity(0))))
    with threadpool_limits(1, user_api="blas"):
        try:
            yield executor
        finally:
            executor.shutdown(cancel_futures=True)
