"""Writes a million images to shards, is killed on the way, and resumed: rate, memory and bytes.

python -m zoo.benchmarks.shards --out=runs/benchmarks/speed

Runs `zoo.sample --shards`, ends it by SIGKILL at a third of the way, and runs it again until it is
done. Some shards, the one that was cut off among them, are then deleted and written once more, for
their bytes to be compared. Writes shards.md, shards.json and shards.png.
"""

import hashlib
import itertools
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np
from matplotlib.figure import Figure

from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_MODEL = FLAGS.string("model", "gmgan_mnist", "The model to draw from.")
_NUM = FLAGS.integer("num", 1_000_000, "Images.", 6)
_SHARDS = FLAGS.integer("shards", 100, "Files.", 6)
_FOLDER = FLAGS.string("folder", "runs/benchmarks/shards", "Where shards are written; emptied.")
_AGAIN = 5  # shards that are written twice
_EVERY = 1.0  # seconds between two looks at a process


def main() -> None:
    """Measures."""
    program.run("shards", _OUT.value, measure, page, figures)


def measure() -> Record:
    """What `zoo.sample` did: "looks" of (seconds, whole shards, bytes of memory) in each run."""
    folder = pathlib.Path(_FOLDER.value)
    shutil.rmtree(folder, ignore_errors=True)
    machine = turns.machine()
    killed = _run(folder, kill_at=_SHARDS.value // 3)
    cut_off = len(_whole(folder))
    resumed = _run(folder)
    paths = _whole(folder)
    names = np.linspace(0, len(paths) - 1, _AGAIN - 1).astype(int)
    chosen = [paths[i] for i in sorted({min(cut_off, len(paths) - 1), *names})]
    before = [_digest(path) for path in chosen]
    size = sum(path.stat().st_size for path in paths)
    for path in chosen:
        path.unlink()
    _run(folder)
    return {
        **{"machine": machine, "model": _MODEL.value, "num": _NUM.value, "shards": len(paths)},
        **{"cut_off": cut_off, "bytes": size, "runs": [killed, resumed]},
        **{"again": len(chosen), "same": before == [_digest(path) for path in chosen]},
    }


def _run(folder: pathlib.Path, kill_at: int | None = None) -> list[tuple[float, int, int]]:
    """Runs the program, to the end or until so many shards are whole and the next has begun."""
    flags = {"model": _MODEL.value, "num": _NUM.value, "shards": _SHARDS.value, "out": folder}
    command = ["-m", "zoo.sample", *(f"--{name}={value}" for name, value in flags.items())]
    looks, begun = [], time.perf_counter()
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            seconds, whole = time.perf_counter() - begun, len(_whole(folder))
            looks.append((seconds, whole, _memory(process.pid)))
            if kill_at is not None and whole >= kill_at:
                time.sleep(_EVERY)
                process.kill()
            time.sleep(_EVERY)
    if kill_at is None and process.returncode:
        raise RuntimeError(f"zoo.sample has ended with {process.returncode}; see above.")
    return looks


def _whole(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(folder.glob(f"{pathlib.Path(_MODEL.value).stem}-*.tfrecord"))


def _memory(pid: int) -> int:
    """The resident memory of a process in bytes; 0 where it has just ended."""
    path = pathlib.Path(f"/proc/{pid}/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rates(looks: list[tuple[float, int, int]], of_shard: float) -> list[float]:
    """Images a second in each fifth of a run, from its first whole shard to its last."""
    times = {}
    for seconds, whole, _ in looks:
        times.setdefault(whole, seconds)
    counts = sorted(times)[1:]
    edges = np.linspace(0, len(counts) - 1, 6).astype(int)
    pairs = [(counts[a], counts[b]) for a, b in itertools.pairwise(edges) if a < b]
    return [(last - first) * of_shard / (times[last] - times[first]) for first, last in pairs]


def page(record: Record) -> str:
    """What happened, in Markdown."""
    killed, resumed = record["runs"]
    of_shard = record["num"] / record["shards"]
    found = ", ".join(f"{each:,.0f}" for each in rates(resumed, of_shard))
    # The first seconds are of imports and of tracing.
    memory = [bytes_ / 1e9 for seconds, _, bytes_ in resumed if bytes_ and seconds > 10]
    flat = f"{min(memory):.2f} to {max(memory):.2f} GB" if memory else "too short to tell"
    same = "the same bytes" if record["same"] else "OTHER BYTES"
    return f"""# A million images in shards

{record["num"]:,} images of `{record["model"]}` in {record["shards"]} TFRecord files,
{record["bytes"] / 1e6:,.0f} MB of PNGs. The program was killed after {killed[-1][0]:.0f} s with
{record["cut_off"]} whole shards, and wrote the rest in {resumed[-1][0]:.0f} s when it was started
again. Images a second in each fifth of the second run: {found}. Its memory after ten seconds:
{flat}. {record["again"]} shards, the one that was cut off among them, were deleted and
written once more: {same}.

{program.ran(record)}"""


def figures(record: Record) -> dict[str, Figure]:
    """Whole shards and memory against seconds, in both runs."""
    figure = Figure(figsize=(8, 2.8), layout="constrained", dpi=120)
    left, right = figure.subplots(1, 2)
    for name, looks in zip(("killed", "resumed"), record["runs"], strict=True):
        seconds, whole, memory = zip(*looks, strict=True)
        left.plot(seconds, whole, label=name)
        right.plot(seconds, [each / 1e9 for each in memory], label=name)
    left.set(xlabel="s", ylabel="whole shards", ylim=(0, None))
    right.set(xlabel="s", ylabel="memory, GB", ylim=(0, None))
    left.legend(frameon=False)
    return {"shards": figure}


if __name__ == "__main__":
    command_line.run(main)
