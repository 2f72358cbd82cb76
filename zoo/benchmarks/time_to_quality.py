"""Shows FID against seconds of training: the old recipe, the new one, and keras.io's way.

python -m zoo.benchmarks.time_to_quality --out=runs/benchmarks/speed

Contenders train on MNIST by turns, each in a process of its own; the clock of each runs while it
trains alone. FID is taken with the extractor of MNIST between turns, more often at first. A seed
that is done is kept in --runs. Writes time_to_quality.md, time_to_quality.json and
time_to_quality.png.
"""

import functools
import itertools
import json
import pathlib

from matplotlib.figure import Figure

from tfmix import files
from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.step import OLD
from zoo.benchmarks.turns import Contender, Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/speed/runs", "Where finished seeds are kept.")
_CONFIG = FLAGS.string("config", "dcgan_mnist", "The config of the new recipe.")
_STEPS = FLAGS.integer("steps", 8_000, "Steps of a run.", 32)
_SEEDS = FLAGS.integer("seeds", 1, "Runs of each contender.", 1)
_NUM = FLAGS.integer("num", 5_000, "Images that FID is taken of.", 100)
_TURNS = 32  # of a run; FID is taken after these:
_SCORED = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32)
_CONTENDERS = {  # what differs from the config, and the style of training
    "tfmix, old recipe": ({**OLD, "precision": "float32"}, ""),
    "tfmix, float32": ({"precision": "float32"}, ""),
    "tfmix, bfloat16": ({"precision": "mixed_bfloat16"}, ""),
    "keras.io style": ({"precision": "float32"}, "keras.io"),
}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    program.run("time_to_quality", _OUT.value, measure, page, figures)


def measure() -> Record:
    """The curves of each contender: a list of (step, seconds, FID) for each seed."""
    found = [_kept(seed) for seed in range(_SEEDS.value)]
    curves = {name: [run[name] for run in found] for name in found[0]}
    return {"config": _CONFIG.value, "num": _NUM.value} | {"curves": curves}


def _kept(seed: int) -> dict[str, list]:
    """The curves of a seed, trained where they are not there."""
    name = f"{_CONFIG.value},steps={_STEPS.value},num={_NUM.value},seed={seed}.json"
    path = pathlib.Path(_RUNS.value) / name
    if not path.exists():
        curves = train(seed)
        with files.atomic_write(path) as beside:
            beside.write_text(json.dumps(curves))
    return json.loads(path.read_text())


def train(seed: int) -> dict[str, list[tuple[int, float, float]]]:
    """Trains all contenders by turns; gives their curves."""
    shared = {"num_steps": _STEPS.value, "seed": seed}
    contenders = {}
    for name, (changes, style) in _CONTENDERS.items():
        config = presets.based_on(_CONFIG.value, **changes, **shared).to_dict()
        given = {"config": config, "shape": (28, 28, 1), "num": _NUM.value, "style": style}
        contenders[name] = Contender("zoo.benchmarks.contenders.training:train", given)

    with turns.Workers(contenders) as workers:
        calls = {
            name: functools.partial(_turn, w, itertools.count(1)) for name, w in workers.items()
        }
        taken = turns.take(calls, _TURNS, warm=0)
    return {name: _curve(answers) for name, answers in taken.items()}


def _turn(worker: turns.Worker, numbers: itertools.count) -> Record:
    number = next(numbers)
    steps = number * _STEPS.value // _TURNS - (number - 1) * _STEPS.value // _TURNS
    return worker.run(steps, score=number in _SCORED)


def _curve(answers: list[Record]) -> list[tuple[int, float, float]]:
    seconds = itertools.accumulate(each["seconds"] for each in answers)
    pairs = zip(answers, seconds, strict=True)
    return [(each["step"], spent, each["fid"]) for each, spent in pairs if "fid" in each]


def until(curve: list, wanted: float) -> float | None:
    """Seconds until FID is at most as wanted, between the points of a curve; None: never."""
    before = None
    for _, seconds, fid in curve:
        if fid <= wanted:
            if before is None or before[1] <= fid:
                return seconds
            share = (before[1] - wanted) / (before[1] - fid)
            return before[0] + share * (seconds - before[0])
        before = seconds, fid
    return None


def page(record: Record) -> str:
    """The table, in Markdown: of the first seed."""
    first = {name: curves[0] for name, curves in record["curves"].items()}
    ends = {name: curve[-1][2] for name, curve in first.items()}
    levels = sorted({round(1.05 * each, 1) for each in ends.values()}, reverse=True)
    rows = []
    for name, curve in first.items():
        reached = (until(curve, level) for level in levels)
        cells = ("not reached" if each is None else f"{each:.0f}" for each in reached)
        rows.append((name, f"{curve[-1][1]:.0f}", f"{ends[name]:.1f}", *cells))
    head = ("contender", "s in all", "FID at the end", *(f"s to FID {e}" for e in levels))
    steps, seeds = curve[-1][0], len(record["curves"][name])
    return f"""# Time to quality

FID of {record["num"]:,} generated images to the test split, by the extractor of MNIST, against
seconds of training alone, compilation among them; `{record["config"]}` in {steps:,} steps.
*keras.io style* trains the same networks in the way of that site, at a rate of 1e-4. Levels are 5 %
above where each ends; seconds between two points of a curve are interpolated. The table is of the
first of {seeds} seeds, the plot of all.

{tables.markdown(head, rows)}

{program.ran(record)}"""


def figures(record: Record) -> dict[str, Figure]:
    """FID against seconds, a line for each seed."""
    figure = Figure(figsize=(8, 4), layout="constrained", dpi=120)
    axes = figure.add_subplot(xscale="log", yscale="log", xlabel="s of training", ylabel="FID")
    for number, (name, curves) in enumerate(record["curves"].items()):
        for i, curve in enumerate(curves):
            _, seconds, fid = zip(*curve, strict=True)
            axes.plot(seconds, fid, "o-", ms=3, color=f"C{number}", label=None if i else name)
    axes.grid(alpha=0.3, which="both")
    axes.legend(frameon=False)
    return {"time_to_quality": figure}


if __name__ == "__main__":
    command_line.run(main)
