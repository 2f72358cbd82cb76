"""Times FID against TF-GAN's own, and the other metrics, at the counts they are used at.

python -m zoo.benchmarks.scores --out=runs/benchmarks/scores

Features are normal numbers that depend on each other, with spectra that fall as 1 / rank. Each time
is the median of a few calls, TF-GAN's and ours in turn, all in one process. Writes scores.md and
scores.json.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/scores", "The folder to write.")
_ROWS = FLAGS.integer("rows", 10_000, "Images on each side.", 1_000)
_WIDTHS = FLAGS.integers("width", [128, 2048], "Features of an image; repeatable.", 1)
_CALLS = FLAGS.integer("calls", 3, "Calls of each function.", 1)
_CLASSES = 10


def main() -> None:
    """Measures, prints the tables and writes the files."""
    program.run("scores", _OUT.value, measure, page)


def measure() -> Record:
    """All times: "frechet" for each width, "others" at the first width."""
    return {
        "rows": _ROWS.value,
        "calls": _CALLS.value,
        "frechet": [frechet(width) for width in _WIDTHS.value],
        "others": others(_WIDTHS.value[0]),
    }


def frechet(width: int) -> Record:
    """FID of two sets by TF-GAN and by ours: seconds of each, and by how much they differ.

    The difference is a share of what FID is summed from, tr S1 + tr S2 + |m1 - m2|^2: TF-GAN takes
    singular values below 1e-10 for 0, which shows beside a small FID.
    """
    from tfmix import metrics
    from tfmix.metrics import tfgan

    real, fake = features(width, 0), 1.1 * features(width, 1) + 0.05
    seconds, values = timed(
        {
            "tfgan": lambda: tfgan.frechet_distance(real, fake),
            "ours": lambda: metrics.frechet_distance(real, fake).value,
        }
    )
    shift = real.mean(axis=0) - fake.mean(axis=0)
    scale = real.var(axis=0).sum() + fake.var(axis=0).sum() + shift @ shift
    difference = float(abs(values["ours"] - values["tfgan"]) / scale)
    return {"width": width, "seconds": seconds, "values": values, "difference": difference}


def others(width: int) -> dict[str, float]:
    """Seconds of each other metric."""
    from tfmix import metrics as m

    real, fake = features(width, 0), features(width, 1)
    labels = np.arange(_ROWS.value) % _CLASSES
    many = 10 * _ROWS.value
    probs = np.random.default_rng(2).dirichlet(np.full(_CLASSES, 0.2), size=many)
    calls = {
        f"`inception_score`, {many:,} images": lambda: m.inception_score(probs),
        f"`modified_inception_score`, {many:,} images": lambda: m.modified_inception_score(probs),
        "`kernel_distance`": lambda: m.kernel_distance(real, fake),
        "`precision_recall`": lambda: m.precision_recall(real, fake),
        "`density_coverage`": lambda: m.density_coverage(real, fake),
        "`quality_diversity`": lambda: m.quality_diversity(real, labels, fake, labels),
    }
    return timed(calls)[0]


def features(width: int, seed: int) -> np.ndarray:
    """Correlated normal numbers [rows, width], one mixing for all seeds."""
    spectrum = 1 / np.arange(1, width + 1)
    mixing = np.random.default_rng(100).normal(size=[width, width]) * spectrum[:, None]
    return np.random.default_rng(seed).normal(size=[_ROWS.value, width]) @ mixing


def timed(calls: dict[str, Callable[[], Any]]) -> tuple[dict[str, float], dict[str, Any]]:
    """Median seconds of calls that are made in turn, and what each gave."""
    seconds, values = {name: [] for name in calls}, {}
    for _ in range(_CALLS.value):
        for name, call in calls.items():
            started = time.perf_counter()
            values[name] = call()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(each) for name, each in seconds.items()}, values


def page(record: Record) -> str:
    """The tables, in Markdown."""
    frechet = []
    for row in record["frechet"]:
        tfgan, ours = row["seconds"]["tfgan"], row["seconds"]["ours"]
        times = f"{tfgan:.2f}", f"{ours:.2f}", f"{tfgan / ours:.1f}"
        frechet.append((row["width"], *times, f"{row['difference']:.0e}"))
    head = ["features", "TF-GAN", "ours", "times as fast", "difference, of the sum of traces"]
    others = [(name, f"{spent:.2f}") for name, spent in record["others"].items()]
    return f"""# Time of the metrics

Written by `python -m zoo.benchmarks.scores`; medians of {record.get("calls", 3)} calls, seconds.

## FID of {record["rows"]:,} images on each side

{tables.markdown(head, frechet)}

## Others, {record["rows"]:,} images on each side, {record["frechet"][0]["width"]} features

{tables.markdown(["metric", "seconds"], others)}

On {record["hardware"]}: `{record["command"]}`
"""


if __name__ == "__main__":
    command_line.run(main)
