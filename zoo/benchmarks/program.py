"""What every benchmark does: it measures, and writes a page, its numbers and its plots."""

import json
import pathlib
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from absl import flags
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfmix import environment
from tfmix.programs import command_line
from zoo.benchmarks import turns

K = TypeVar("K", bound=Hashable)
Record = dict[str, Any]  # what JSON can hold
Page = Callable[[Record], str]
Figures = Callable[[Record], Mapping[str, Figure]]


def run(
    name: str,
    out: str,
    measure: Callable[[], Record],
    page: Page,
    figures: Figures | None = None,
) -> None:
    """Measures, writes <name>.json, <name>.md and a PNG for each figure, and prints the page.

    Args:
        name: Of the benchmark.
        out: The folder to write.
        measure: Gives a record, to which command, versions, hardware and seconds are added.
        page: Gives the page of a record, in Markdown.
        figures: Gives figures by the names of their files. It is called first, and may take out of
            the record what the figures alone show.
    """
    folder = pathlib.Path(out)
    command_line.check_out(folder / f"{name}.md", ".md")
    tfmix = command_line.import_tfmix()
    from tfmix.evaluation.figures import save_figure

    about, started = {**environment.record(), "machine": turns.machine()}, time.perf_counter()
    measured = measure()
    record = {**about, "seconds": time.perf_counter() - started, **measured}
    for figure_name, figure in (figures(record) if figures else {}).items():
        save_figure(figure, folder / f"{figure_name}.png")
    text = page(record)
    for ending, written in (("json", f"{json.dumps(record)}\n"), ("md", text)):
        with tfmix.files.atomic_write(folder / f"{name}.{ending}") as beside:
            beside.write_text(written)
    print(f"\n{text}\nTable, numbers and plots: {folder}/")


def bars(axes: Axes, values: Mapping[str, float], title: str) -> None:
    """Draws bars from the top down, each with its number, tfmix's in another colour."""
    names = [*values]
    colors = ["tab:blue" if name.startswith("tfmix") else "tab:gray" for name in names]
    drawn = axes.barh(names, [*values.values()], color=colors)
    labels = [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values.values()]
    axes.bar_label(drawn, labels, padding=3, fontsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.margins(x=0.1)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)


def ran(record: Record) -> str:
    """How a record came about, as the last line of a page."""
    return f"{record['hardware']}, {record['seconds']:.0f} s: `{record['command']}`\n"


def check_names(flag: flags.FlagHolder, known: Collection[str]) -> None:
    """Raises a ValueError where a list of names, as a flag gives it, has one that is not known."""
    if unknown := set(flag.value) - set(known):
        raise ValueError(
            f"--{flag.name} takes some of {', '.join(known)}. "
            f"Received: {', '.join(sorted(unknown))}."
        )


def grouped(rows: Iterable[Record], key: Callable[[Record], K]) -> dict[K, list[Record]]:
    """Rows by what `key` gives for them, in the order of the first of each group."""
    groups = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
