"""Contenders that take turns, each in a process of its own, so that one alone runs at a time.

What else the machine does falls on all alike, and no library's threads meet another's. A process is
started as `python turns.py MODULE:FUNCTION ARGUMENTS`; the function makes what is timed, of
arguments in JSON. For each line that it reads, such as {"number": 16}, it does so much work, and
answers in a line what that took. A function that raises ImportError is left out, with the reason.
"""

import functools
import importlib
import importlib.util
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Record = dict[str, Any]  # what JSON can hold
Turns = Mapping[str, Sequence[Record]]  # of each contender, the answers of its turns
_ROOT = pathlib.Path(__file__).parents[2]


class Contender(NamedTuple):
    """What makes the work that is timed: a function `work(number, **how)`.

    It may return a record, which is added to the answer, or a function that returns one and is
    called when time has been taken.
    """

    make: str  # "module:function"
    arguments: Mapping[str, Any]


class Worker:
    """A process that does a contender's work when it is asked to.

    Attributes:
        left_out: Why the contender cannot take part here; None where it does.
    """

    def __init__(self, contender: Contender):
        path = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            # Not -m, which imports zoo and so TensorFlow; -P keeps this folder out of the path.
            [sys.executable, "-P", __file__, contender.make, json.dumps(contender.arguments)],
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": _ROOT},
            env={**os.environ, "PYTHONPATH": path},
        )
        self._make, self.left_out = contender.make, None

    def wait(self) -> None:
        """Waits until the process is ready, which begins when it is made."""
        self.left_out = self._answer()["left_out"]

    def run(self, number: int, **how: Any) -> Record:
        """Does so much work.

        Returns:
            "seconds" of it and of the CPU's, "cpu"; "peak", the most memory that the process has
            held, in bytes; and what the work returned.
        """
        self._process.stdin.write(json.dumps({"number": number, **how}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> Record:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process of {self._make} has ended; see above.")
        return json.loads(line)


class Workers:
    """The processes of several contenders by name, as a context; those left out have a reason."""

    def __init__(self, contenders: Mapping[str, Contender]):
        self._started = {name: Worker(each) for name, each in contenders.items()}
        self.left_out: dict[str, str] = {}

    def __enter__(self) -> dict[str, Worker]:
        try:
            for worker in self._started.values():
                worker.wait()
        except BaseException:
            self.__exit__()
            raise
        self.left_out = {n: w.left_out for n, w in self._started.items() if w.left_out}
        return {name: w for name, w in self._started.items() if not w.left_out}

    def __exit__(self, *_: object) -> None:
        for worker in self._started.values():
            worker.close()


def take(
    calls: Mapping[str, Callable[[], Record]], rounds: int, warm: int = 1
) -> dict[str, list[Record]]:
    """Calls functions by turns, beginning with another one in each round.

    Args:
        calls: What to call, by name; each returns an answer with "seconds".
        rounds: How often each is called.
        warm: Rounds before, which do not count.
    """
    from tfmix.progress import progress_bar

    names, turns, bar = [*calls], {name: [] for name in calls}, progress_bar("round")
    for number in range(-warm, rounds):
        first = number % max(len(names), 1)
        for name in names[first:] + names[:first]:
            answer = calls[name]()
            if number >= 0:
                turns[name].append(answer)
        bar(number + warm + 1, rounds + warm)
    return turns


def process(command: Sequence[str]) -> Record:
    """Runs `python COMMAND` as a whole process; gives its "seconds", "cpu" and "peak"."""
    with tempfile.TemporaryFile("w+") as said:
        begun = time.perf_counter()
        started = subprocess.Popen(
            [sys.executable, *command], stdout=said, stderr=subprocess.STDOUT, cwd=_ROOT
        )
        _, status, used = os.wait4(started.pid, 0)
        seconds, started.returncode = time.perf_counter() - begun, status
        if status:
            said.seek(0)
            raise RuntimeError(f"python {' '.join(command)} has failed.\n{said.read()}")
    return {"seconds": seconds, **_used(used)}


def median(turns: Turns, name: str, quantity: str = "seconds") -> float:
    """The median of a quantity over a contender's turns."""
    return statistics.median(each[quantity] for each in turns[name])


def ratio(turns: Turns, name: str, base: str, quantity: str = "seconds") -> float:
    """The median over rounds of the ratio of a contender's quantity to that of another."""
    pairs = zip(turns[name], turns[base], strict=True)
    return statistics.median(a[quantity] / b[quantity] for a, b in pairs)


def machine() -> Record:
    """The processor, what it has for matrices, its cores, the load, and PyTorch's version."""
    known = pathlib.Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    about = dict(map(str.strip, line.split(":", 1)) for line in reversed(lines) if ":" in line)
    wanted = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
    return {
        "processor": about.get("model name", "unknown"),
        "has": [each for each in wanted if each in about.get("flags", "").split()],
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "torch": importlib.metadata.version("torch") if importlib.util.find_spec("torch") else None,
    }


def _used(usage: resource.struct_rusage) -> Record:
    return {"cpu": usage.ru_utime + usage.ru_stime, "peak": 1024 * usage.ru_maxrss}


def _serve(make: str, arguments: Record) -> None:
    """A contender's process: makes the work, and does as much as each line asks for."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    module, function = make.split(":")
    work, reason = None, None
    try:
        work = getattr(importlib.import_module(module), function)(**arguments)
    except ModuleNotFoundError as error:
        reason = f"{error.name} is not installed"
    except ImportError as error:
        reason = str(error)
    print(json.dumps({"left_out": reason}), file=answers)
    for line in sys.stdin:
        usage = functools.partial(resource.getrusage, resource.RUSAGE_SELF)
        cpu, begun = _used(usage())["cpu"], time.perf_counter()
        found = work(**json.loads(line))
        seconds, used = time.perf_counter() - begun, _used(usage())
        found = (found() if callable(found) else found) or {}
        used["cpu"] -= cpu
        print(json.dumps({"seconds": seconds, **used, **found}), file=answers)


if __name__ == "__main__":
    _serve(sys.argv[1], json.loads(sys.argv[2]))
