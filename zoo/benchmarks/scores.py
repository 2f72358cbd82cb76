"""Times FID against TF-GAN's own, and the other metrics, at the counts they are used at.

python -m zoo.benchmarks.scores --out=runs/benchmarks/scores

Features are normal numbers that depend on each other, with spectra that fall as 1 / rank. Each time
is the median of a few calls, TF-GAN's and ours in turn, all in one process. Writes scores.md and
scores.json.
"""

import pathlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tfmix import environment
from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import runs

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/scores", "The folder to write.")
_ROWS = FLAGS.integer("rows", 10_000, "Images on each side.", 1_000)
_WIDTHS = FLAGS.integers("width", [128, 2048], "Features of an image; repeatable.", 1)
_CALLS = FLAGS.integer("calls", 3, "Calls of each function.", 1)
_CLASSES = 10


def main() -> None:
    """Measures, prints the tables and writes the files."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out / "scores.md", ".md")
    command_line.import_tfmix()
    started = time.perf_counter()
    record = {
        **environment.record(),
        "rows": _ROWS.value,
        "frechet": [frechet(width) for width in _WIDTHS.value],
        "others": others(_WIDTHS.value[0]),
    }
    record["seconds"] = time.perf_counter() - started
    runs.write(out, "scores", record, page(record), {})


def frechet(width: int) -> dict[str, Any]:
    """FID of two sets by TF-GAN and by ours: seconds of each, and by how much they differ.

    The difference is a share of what FID is summed from, tr S1 + tr S2 + |m1 - m2|^2: TF-GAN takes
    singular values below 1e-10 for 0, which shows beside a small FID.
    """
    from tfmix import metrics
    from tfmix.metrics import tfgan

    real, fake = features(width, 0), 1.1 * features(width, 1) + 0.05
    ways = {
        "tfgan": lambda: tfgan.frechet_distance(real, fake),
        "ours": lambda: metrics.frechet_distance(real, fake).value,
    }
    seconds, values = {name: [] for name in ways}, {}
    for _ in range(_CALLS.value):
        for name, way in ways.items():
            spent, values[name] = timed(way)
            seconds[name].append(spent)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    scale = real.var(axis=0).sum() + fake.var(axis=0).sum() + shift @ shift
    return {
        "width": width,
        "seconds": {name: statistics.median(each) for name, each in seconds.items()},
        "values": values,
        "difference": float(abs(values["ours"] - values["tfgan"]) / scale),
    }


def others(width: int) -> dict[str, float]:
    """Seconds of each other metric of features and predictions."""
    from tfmix import metrics

    real, fake = features(width, 0), features(width, 1)
    rng = np.random.default_rng(2)
    labels = np.arange(_ROWS.value) % _CLASSES
    probs = rng.dirichlet(np.full(_CLASSES, 0.2), size=10 * _ROWS.value)
    ways = {
        f"`inception_score`, {len(probs):,} images": lambda: metrics.inception_score(probs),
        f"`modified_inception_score`, {len(probs):,} images": lambda: (
            metrics.modified_inception_score(probs)
        ),
        "`kernel_distance`": lambda: metrics.kernel_distance(real, fake),
        "`precision_recall`": lambda: metrics.precision_recall(real, fake),
        "`density_coverage`": lambda: metrics.density_coverage(real, fake),
        "`quality_diversity`": lambda: metrics.quality_diversity(real, labels, fake, labels),
    }
    return {
        name: statistics.median(timed(way)[0] for _ in range(_CALLS.value))
        for name, way in ways.items()
    }


def features(width: int, seed: int) -> np.ndarray:
    """Correlated normal numbers [rows, width], one mixing for all seeds."""
    spectrum = 1 / np.arange(1, width + 1)
    mixing = np.random.default_rng(100).normal(size=[width, width]) * spectrum[:, None]
    return np.random.default_rng(seed).normal(size=[_ROWS.value, width]) @ mixing


def timed(way: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of a call, and what it gave."""
    started = time.perf_counter()
    value = way()
    return time.perf_counter() - started, value


def page(record: dict[str, Any]) -> str:
    """The tables, in Markdown."""
    frechet = [
        (
            row["width"],
            f"{row['seconds']['tfgan']:.2f}",
            f"{row['seconds']['ours']:.2f}",
            f"{row['seconds']['tfgan'] / row['seconds']['ours']:.1f}",
            f"{row['difference']:.0e}",
        )
        for row in record["frechet"]
    ]
    head = ["features", "TF-GAN", "ours", "times as fast", "difference, of the sum of traces"]
    others = [(name, f"{spent:.2f}") for name, spent in record["others"].items()]
    return f"""# Time of the metrics

Written by `python -m zoo.benchmarks.scores`; medians of {_CALLS.value} calls, seconds.

## FID of {record["rows"]:,} images on each side

{tables.markdown(head, frechet)}

## Others, {record["rows"]:,} images on each side, {record["frechet"][0]["width"]} features

{tables.markdown(["metric", "seconds"], others)}

On {record["hardware"]}: `{record["command"]}`
"""


if __name__ == "__main__":
    command_line.run(main)
