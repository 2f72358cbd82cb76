"""The tables, findings and plots of `zoo.benchmarks.small_data`."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from zoo.benchmarks import score_cells

_COLORS = ("tab:gray", "tab:blue", "tab:orange", "tab:red")
_HATCHES = ("", "//")
_HEAD = """# Few images: priors and augmentation

Written by `python -m zoo.benchmarks.small_data`; see there for the grid. In each table networks,
learning rate, batches and steps are alike: those of the config that is named but for what stands
beside it. 2,000 samples against the test split, in the features of the data set's own
extractor; KID is in their units and compares within a table. Copies: the share of samples nearer to
a training image than 95 % of test images are, so that .05 is none. Means over training seeds, which
also draw the subset, with 95 % intervals by Student's t in brackets. A difference counts as shown
where a paired bootstrap over seeds and Student's interval are both off 0.
small_data.json holds each run.
"""


def page(record: dict[str, Any]) -> str:
    """The whole page, in Markdown.

    Args:
        record: "runs" of `runs.run_all`, with the command and the hardware.
    """
    cells = by_cell(record["runs"])
    parts = [_HEAD]
    for dataset, size in dict.fromkeys(key[:2] for key in cells):
        here = {key[2:]: found for key, found in cells.items() if key[:2] == (dataset, size)}
        first = next(iter(here.values()))[0]
        settings = ", ".join(
            f"`{key}={value}`"
            for key, value in first["changes"].items()
            if key not in ("prior", "model", "train_size", "data_dir")
        )
        rows = [score_cells.row(f"{a}, {b}", found) for (a, b), found in here.items()]
        parts.append(f"## {dataset}, {int(size):,} images\n")
        parts.append(f"`{first['config']}` with {settings}.\n")
        parts.append(score_cells.table(rows, "prior, augmentation"))
        parts.append("\n".join([*_findings(here), ""]))
    parts.append(f"Seconds of training on {record['hardware']}: `{record['command']}`\n")
    return "\n".join(parts)


def by_cell(results: list[dict[str, Any]]) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """Results by (data set, size, prior, augmentation), one a seed."""
    cells: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for run in results:
        cells.setdefault(tuple(run["title"].split(", ")[:4]), []).append(run)
    return cells


def _findings(here: dict[tuple[str, ...], list[dict[str, Any]]]) -> list[str]:
    lines = []
    for prior, augment in here:
        if augment != "none" and (prior, "none") in here:
            pair = here[prior, augment], here[prior, "none"]
            lines.append(score_cells.verdict(f"{augment} against none, {prior}", *pair))
    for prior, augment in here:
        if prior != "StandardNormal" and ("StandardNormal", augment) in here:
            pair = here[prior, augment], here["StandardNormal", augment]
            name = f"{prior} against StandardNormal, augmentation: {augment}"
            lines.append(score_cells.verdict(name, *pair))
    return lines


def plot(results: list[dict[str, Any]], dataset: str) -> Figure:
    """Each score of a data set, a group of bars a size; dots are the seeds."""
    cells = {key[1:]: found for key, found in by_cell(results).items() if key[0] == dataset}
    sizes, priors, augments = (list(dict.fromkeys(each)) for each in zip(*cells, strict=True))
    count = len(score_cells.SHOWN)
    figure = Figure(figsize=(3.2 * count, 3.4), layout="constrained", dpi=110)
    bars = [(prior, augment) for prior in priors for augment in augments]
    width = 0.8 / len(bars)
    for axes, (score, title) in zip(
        figure.subplots(1, count), score_cells.SHOWN.items(), strict=True
    ):
        for i, (prior, augment) in enumerate(bars):
            for j, size in enumerate(sizes):
                values = [run["scores"][score] for run in cells.get((size, prior, augment), [])]
                if not values:
                    continue
                at = j + (i - (len(bars) - 1) / 2) * width
                axes.bar(
                    at,
                    np.mean(values),
                    0.9 * width,
                    color=_COLORS[priors.index(prior)],
                    hatch=_HATCHES[augments.index(augment)],
                    alpha=0.6,
                    label=f"{prior}, {augment}" if j == 0 else None,
                )
                axes.scatter([at] * len(values), values, s=9, color="black", zorder=3)
        axes.set_title(title)
        axes.set_xticks(range(len(sizes)), [f"n = {int(size):,}" for size in sizes])
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure
