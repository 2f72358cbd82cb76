"""Counts the modes that GANs find on the 25-mode grid and the 8-mode ring, by the same recipe.

python -m zoo.benchmarks.modes --out=runs/benchmarks/modes

Data, counts and scores are those of PacGAN (NeurIPS 2018, section 4.1): 2,500 samples; a mode is
found where a sample lies within 3 standard deviations of its centre; the share of samples that do
is of high quality; the reverse KL is that of their histogram over modes to the true one. What
differs between rows of a table is the prior, and what its name says. Runs are resumed from --runs.
Writes modes.md, modes.json and plots of all seeds.
"""

import math
import pathlib
import statistics
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import runs
from zoo.benchmarks.runs import Run

if TYPE_CHECKING:
    import tfmix

NUM_SAMPLES = 2_500
_SHOWN = ("gan", "deligan", "gmgan")
_COUNTS, _WIDTHS = (5, 10, 25, 50, 100), (2, 8)
_PACGAN = {  # table 1, ten trials: modes, high quality, reverse KL
    "grid": {"GAN": ("17.3", "94.8 %", ".70"), "PacGAN4": ("24.8", "93.6 %", ".04")},
    "ring": {"GAN": ("6.3", "98.2 %", ".45"), "PacGAN2": ("7.9", "95.6 %", ".07")},
}

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/modes", "The folder to write.")
_RUNS = FLAGS.string("runs", "runs/benchmarks/modes/runs", "Where runs are kept.")
_GRID = FLAGS.integer("grid_seeds", 10, "Seeds of each model on the grid.", 1)
_RING = FLAGS.integer("ring_seeds", 5, "Seeds of each model on the ring.", 1)
_CONTROLS = FLAGS.integer("control_seeds", 1, "Seeds of each control.", 0)
_SWEEP = FLAGS.integer("sweep_seeds", 1, "Seeds of each K and width of z.", 0)
_STEPS = FLAGS.integer("steps", 0, "Steps of a run; 0: the config's.", 0)


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    record = runs.study(out, "modes", plan(), _RUNS.value, measure)
    results = record["runs"]
    figures = {f"modes_{data}": plot(results, data) for data in ("grid", "ring")}
    for run in results:
        del run["points"]  # 5,000 numbers a run, which the figures show
    runs.write(out, "modes", record, page(record), figures)


def plan() -> list[Run]:
    """Every run: the headline, the controls, K and z, unequal weights."""
    steps = {"num_steps": _STEPS.value} if _STEPS.value else {}
    planned = [
        Run(f"{model}_{data}", seed, steps)
        for data, seeds in (("grid", _GRID.value), ("ring", _RING.value))
        for model in _SHOWN
        for seed in range(seeds)
    ]
    controls = [(f"gan_grid_{control}", {}) for control in ("moe", "packed")]
    controls += [(f"{name}_grid", {"dataset": "grid_unequal"}) for name in _SHOWN]
    controls += [(f"gan_grid_{each}", {"dataset": "grid_unequal"}) for each in ("moe", "packed")]
    planned += [
        Run(config, seed, {**changes, **steps})
        for config, changes in controls
        for seed in range(_CONTROLS.value)
    ]
    planned += [
        Run(f"{model}_grid", seed, {**_size(count, width), **steps})
        for model in ("deligan", "gmgan")
        for width in _WIDTHS
        for count in _COUNTS
        for seed in range(_SWEEP.value)
    ]
    planned += [
        Run("gan_grid", seed, {"prior.latent_dim": 2, **steps}) for seed in range(_SWEEP.value)
    ]
    return planned


def _size(count: int, width: int) -> dict[str, int]:
    return {"prior.num_components": count, "prior.latent_dim": width}


def measure(model: "tfmix.GAN", config: dict[str, Any], workdir: pathlib.Path) -> dict[str, Any]:
    """The scores of 2,500 samples, and the samples for the plot.

    Returns:
        "modes", "high_quality", "reverse_kl" (None where no sample is of high quality) and
        "points".
    """
    import tfmix

    truth = tfmix.data.load(config["dataset"], "test")
    points = model.sample(NUM_SAMPLES, seed=config["seed"])
    found = tfmix.metrics.mode_coverage(points, truth.centers, truth.std, weights=truth.weights)
    finite = math.isfinite(found.reverse_kl)
    return {
        "data": config["dataset"],
        "modes": found.modes,
        "high_quality": found.high_quality,
        "reverse_kl": found.reverse_kl if finite else None,
        "points": points.round(3).tolist(),
    }


def page(record: dict[str, Any]) -> str:
    """The tables, in Markdown."""
    results = record["runs"]
    parts = [_HEAD]
    for data, total in (("grid", 25), ("ring", 8)):
        rows = [_row(name, _of(results, config)) for name, config in _headline(data)]
        rows += [
            (f"*{name}, PacGAN's table 1*", "*10*", *cells, "", "")
            for name, cells in _PACGAN[data].items()
        ]
        parts.append(_table(f"{data.capitalize()}, {total} modes", rows))
    unequal = {"dataset": "grid_unequal"}
    rows = [_row(name, _of(results, config, unequal)) for name, config in _headline("grid")]
    if any(rows):
        parts.append(_table("Grid with unequal weights, 1 to 10", rows))
    rows = [
        _row(f"{name}, K = {count}, z of {width}", _of(results, config, _size(count, width)))
        for name, config in (("DeLiGAN", "deligan_grid"), ("GM-GAN", "gmgan_grid"))
        for width in _WIDTHS
        for count in _COUNTS
    ]
    rows.append(_row("GAN, z of 2", _of(results, "gan_grid", {"prior.latent_dim": 2})))
    if any(rows):
        parts.append(_table("Grid, by K and the width of z", rows))
    parts.append(
        f"Seconds are those of a run, training to samples, as the process that trained it saw "
        f"them on {record['hardware']}: `{record['command']}`\n"
    )
    return "\n".join(parts)


_HEAD = """# Modes found

Written by `python -m zoo.benchmarks.modes`; see there for data and scores. Networks, penalty,
learning rate, schedule and steps are those of the config `deligan_grid` (ring:
`deligan_ring`) in every row. Unless a row says otherwise, z is 8 wide, and a mixture has 25
components, GM-GAN's on the grid 50. Means over seeds, with the lowest and highest in brackets; *all
modes* counts the seeds that found every mode. modes.json holds each run.
"""


def _headline(data: str) -> list[tuple[str, str]]:
    models = [("GAN", f"gan_{data}"), ("DeLiGAN", f"deligan_{data}"), ("GM-GAN", f"gmgan_{data}")]
    if data == "grid":
        models += [("MoE-GAN (one-hot)", "gan_grid_moe"), ("PacGAN4", "gan_grid_packed")]
    return models


def _of(
    results: list[dict[str, Any]], config: str, changes: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    wanted = changes or {}
    return [
        run
        for run in results
        if run["config"] == config
        and {k: v for k, v in run["changes"].items() if k != "num_steps"} == wanted
    ]


def _row(name: str, found: list[dict[str, Any]]) -> tuple[str, ...]:
    """The cells of a model; none where there are no runs of it."""
    if not found:
        return ()
    total = 8 if found[0]["data"] == "ring" else 25
    full = sum(run["modes"] == total for run in found)
    divergences = [run["reverse_kl"] for run in found]
    return (
        name,
        str(len(found)),
        _range([run["modes"] for run in found], "{:.1f}", "{:.0f}"),
        _range([100 * run["high_quality"] for run in found], "{:.1f} %", "{:.1f}"),
        "none of high quality" if None in divergences else _range(divergences, "{:.3f}", "{:.3f}"),
        f"{full} of {len(found)}",
        f"{statistics.median(run['seconds'] for run in found):.0f}",
    )


def _range(values: list[float], mean: str, end: str) -> str:
    text = mean.format(statistics.fmean(values))
    if len(values) == 1:
        return text
    return f"{text} ({end.format(min(values))}-{end.format(max(values))})"


def _table(title: str, rows: list[tuple[str, ...]]) -> str:
    head = ("model", "seeds", "modes", "high quality", "reverse KL", "all modes", "seconds")
    return f"## {title}\n\n{tables.markdown(head, filter(None, rows))}\n"


def plot(results: list[dict[str, Any]], data: str) -> Figure:
    """Samples of every seed, one row per model."""
    import tfmix

    truth = tfmix.data.load(data, "test")
    rows = [(name, _of(results, config)) for name, config in _headline(data)[: len(_SHOWN)]]
    columns = max(len(found) for _, found in rows)
    figure = Figure(figsize=(1.5 * columns, 1.6 * len(rows)), layout="constrained", dpi=110)
    panels = figure.subplots(len(rows), columns, squeeze=False)
    reach = 1.25 * abs(truth.centers).max()
    for row, (name, found) in zip(panels, rows, strict=True):
        for axes, run in zip(row, found, strict=False):
            axes.scatter(*truth.centers.T, s=26, facecolors="none", edgecolors="#b0b5bc", lw=0.6)
            axes.scatter(*zip(*run["points"], strict=True), s=0.8, color="#1f5fbf", linewidths=0)
            axes.set_title(f"{run['modes']} | {100 * run['high_quality']:.1f} %", fontsize=7)
        for axes in row:
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[])
            axes.set_yticks([])
            axes.spines[:].set_color("#d4d8dd")
        row[0].set_ylabel(name, fontsize=9)
    return figure


if __name__ == "__main__":
    command_line.run(main)
