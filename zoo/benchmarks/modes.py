"""Counts the modes that GANs find on the 25-mode grid and the 8-mode ring, by the same recipe.

python -m zoo.benchmarks.modes --out=runs/benchmarks/modes

Data, counts and scores are those of PacGAN (NeurIPS 2018, section 4.1): 2,500 samples; a mode is
found where a sample lies within 3 standard deviations of its centre; the share of samples that do
is of high quality; the reverse KL is that of their histogram over modes to the true one. What
differs between rows of a table is the prior, and what its name says. Runs are resumed from --runs.
Writes modes.md, modes.json and plots of all seeds.
"""

import math
import statistics
from collections.abc import Sequence

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from zoo.benchmarks import runs
from zoo.benchmarks.program import Record
from zoo.benchmarks.runs import Run, Trained

NUM_SAMPLES = 2_500
FLAGS = runs.make_flags("modes")
_GRID = FLAGS.integer("grid_seeds", 10, "Seeds of each model on the grid.", 1)
_RING = FLAGS.integer("ring_seeds", 5, "Seeds of each model on the ring.", 1)
_CONTROL = FLAGS.integer("control_seeds", 1, "Seeds of each control.", 0)
_SWEEP = FLAGS.integer("sweep_seeds", 1, "Seeds of each K and width of z.", 0)
_STEPS = FLAGS.integer("steps", 0, "Steps of a run; 0: the config's.", 0)

_MODELS = {"GAN": "gan", "DeLiGAN": "deligan", "GM-GAN": "gmgan"}
_CONTROLS = {"MoE-GAN (one-hot)": "gan_grid_moe", "PacGAN4": "gan_grid_packed"}
_ON_GRID = {name: f"{model}_grid" for name, model in _MODELS.items()}
_UNEQUAL = {"dataset": "grid_unequal"}
_GRID_TABLE, _RING_TABLE = "Grid, 25 modes", "Ring, 8 modes"
_TABLES = {  # title: rows by their names, each a config, its changes and the flag of its seeds
    _GRID_TABLE: {name: (config, {}, _GRID) for name, config in _ON_GRID.items()}
    | {name: (config, {}, _CONTROL) for name, config in _CONTROLS.items()},
    _RING_TABLE: {name: (f"{model}_ring", {}, _RING) for name, model in _MODELS.items()},
    "Grid with unequal weights, 1 to 10": {
        name: (config, _UNEQUAL, _CONTROL) for name, config in (_ON_GRID | _CONTROLS).items()
    },
    "Grid, by K and the width of z": {
        f"{name}, K = {count}, z of {width}": (
            _ON_GRID[name],
            {"prior.num_components": count, "prior.latent_dim": width},
            _SWEEP,
        )
        for name in ("DeLiGAN", "GM-GAN")
        for width in (2, 8)
        for count in (5, 10, 25, 50, 100)
    }
    | {"GAN, z of 2": ("gan_grid", {"prior.latent_dim": 2}, _SWEEP)},
}
_PACGAN = {  # table 1, ten trials: modes, high quality, reverse KL
    _GRID_TABLE: {"GAN": ("17.3", "94.8 %", ".70"), "PacGAN4": ("24.8", "93.6 %", ".04")},
    _RING_TABLE: {"GAN": ("6.3", "98.2 %", ".45"), "PacGAN2": ("7.9", "95.6 %", ".07")},
}


def main() -> None:
    """Trains what is not there yet, and writes what came of it."""
    runs.compare("modes", FLAGS, plan(), measure, page, figures)


def plan() -> list[Run]:
    """The runs of every row of the tables."""
    steps = {"num_steps": _STEPS.value} if _STEPS.value else {}
    return [
        Run(config, seed, {**changes, **steps})
        for rows in _TABLES.values()
        for config, changes, seeds in rows.values()
        for seed in range(seeds.value)
    ]


def measure(trained: Trained) -> Record:
    """The scores of 2,500 samples, and the samples for the plot.

    Returns:
        "modes", "high_quality", "reverse_kl" (None where no sample is of high quality) and
        "points".
    """
    import tfmix

    dataset, seed = trained.config["dataset"], trained.config["seed"]
    truth = tfmix.data.load(dataset, "test")
    points = trained.model.sample(NUM_SAMPLES, seed=seed)
    found = tfmix.metrics.mode_coverage(points, truth.centers, truth.std, weights=truth.weights)
    return {
        "data": dataset,
        "modes": found.modes,
        "high_quality": found.high_quality,
        "reverse_kl": found.reverse_kl if math.isfinite(found.reverse_kl) else None,
        "points": points.round(3).tolist(),
    }


def page(record: Record) -> str:
    """The tables, in Markdown."""
    head = ("model", "seeds", "modes", "high quality", "reverse KL", "all modes", "seconds")
    parts = [_HEAD]
    for title, rows in _TABLES.items():
        found = [(name, _of(record, *each[:2])) for name, each in rows.items()]
        cells = [_row(name, runs_) for name, runs_ in found if runs_]
        for name, scores in _PACGAN.get(title, {}).items():
            cells.append((f"*{name}, PacGAN's table 1*", "*10*", *scores, "", ""))
        if cells:
            parts.append(f"## {title}\n\n{tables.markdown(head, cells)}\n")
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


def _of(record: Record, config: str, changes: Record) -> list[Record]:
    """The runs of a config with these changes, of any number of steps."""
    return [
        run
        for run in record["runs"]
        if run["config"] == config
        and {k: v for k, v in run["changes"].items() if k != "num_steps"} == changes
    ]


def _row(name: str, found: Sequence[Record]) -> tuple[str, ...]:
    total = 8 if found[0]["data"] == "ring" else 25
    divergences = [run["reverse_kl"] for run in found]
    return (
        name,
        str(len(found)),
        _range([run["modes"] for run in found], "{:.1f}", "{:.0f}"),
        _range([100 * run["high_quality"] for run in found], "{:.1f} %", "{:.1f}"),
        "none of high quality" if None in divergences else _range(divergences, "{:.3f}", "{:.3f}"),
        f"{sum(run['modes'] == total for run in found)} of {len(found)}",
        f"{statistics.median(run['seconds'] for run in found):.0f}",
    )


def _range(values: Sequence[float], mean: str, end: str) -> str:
    text = mean.format(statistics.fmean(values))
    if len(values) == 1:
        return text
    return f"{text} ({end.format(min(values))}-{end.format(max(values))})"


def figures(record: Record) -> dict[str, Figure]:
    """Plots of every seed's samples, which are taken out of the record: 5,000 numbers a run."""
    plots = {f"modes_{data}": plot(record, data) for data in ("grid", "ring")}
    for run in record["runs"]:
        del run["points"]
    return plots


def plot(record: Record, data: str) -> Figure:
    """Samples of every seed, one row per model."""
    import tfmix

    centers = tfmix.data.load(data, "test").centers
    rows = {name: _of(record, f"{model}_{data}", {}) for name, model in _MODELS.items()}
    columns = max(map(len, rows.values()))
    figure = Figure(figsize=(1.5 * columns, 1.6 * len(rows)), layout="constrained", dpi=110)
    panels = figure.subplots(len(rows), columns, squeeze=False)
    reach = 1.25 * abs(centers).max()
    for row, (name, found) in zip(panels, rows.items(), strict=True):
        for axes, run in zip(row, found, strict=False):
            axes.scatter(*centers.T, s=26, facecolors="none", edgecolors="#b0b5bc", lw=0.6)
            axes.scatter(*zip(*run["points"], strict=True), s=0.8, color="#1f5fbf", linewidths=0)
            axes.set_title(f"{run['modes']} | {100 * run['high_quality']:.1f} %", fontsize=7)
        for axes in row:
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_color("#d4d8dd")
        row[0].set_ylabel(name, fontsize=9)
    return figure


if __name__ == "__main__":
    command_line.run(main)
