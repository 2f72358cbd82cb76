"""A report as people read it: a table on the screen, a page in Markdown."""

import math
import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfmix.evaluation import collapse, tables

_HEAD = ("score", "generated", "95 % interval", "real images")
_BESIDE = {"extrapolated": "at 1/N = 0", "std_error": "standard error"}


def console(report: Mapping[str, Any]) -> str:
    """The scores in aligned columns, and what was left out; before them, whether it collapsed."""
    table = tables.aligned([_HEAD, *_rows(report)], right=(1, 2, 3))
    collapsed = collapse.of_report(report)
    return "\n".join([*([f"{collapsed}\n"] if collapsed else []), table, *_notes(report)])


def page(report: Mapping[str, Any], picture: str | None) -> str:
    """The page beside a report in Markdown; `picture` is the file of figures beside it, or None."""
    notes = "\n".join(f"- {note}" for note in _notes(report))
    shown = f"\n![Figures]({picture})\n" if picture else ""
    collapsed = collapse.of_report(report)
    warning = f"**{collapsed}**\n\n" if collapsed else ""
    return f"""# Report

{warning}{_what(report)}

{tables.markdown(_HEAD, _rows(report))}

The interval is of the mean over sampling seeds, by Student's t. *Real images* are training images
that are scored in place of generated ones: what a generator can reach.

{notes}
{shown}
`{report["command"]}`, {report.get("seconds", "-")} s on {report["hardware"]}.
"""


def _what(report: Mapping[str, Any]) -> str:
    protocol = report.get("protocol")
    if protocol is None:
        return f"{report['num_samples']:,} points of each seed against {report['dataset']['name']}."
    seeds = protocol["sampling_seeds"]
    from_seeds = f", of each of the seeds {', '.join(map(str, seeds))}" if seeds else ""
    return (
        f"{protocol['num_fake']:,} generated images{from_seeds}, against "
        f"{protocol['num_real']:,} of {protocol['dataset'].removesuffix(' None')}, "
        f"{protocol['split']}. Extractor {protocol['extractor']} "
        f"(`{protocol['extractor_sha256'][:12]}`), protocol `{report['hash']}`."
    )


def _rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    rows = []
    for name, score in report["scores"].items():
        real = report["reference"].get(name, {})
        of_real = f"{real['value']:.4f}" if real else ""
        rows.append((name, f"{score['value']:.4f}", _between(score["interval"]), of_real))
        # FID never stands without its value at infinitely many images, nor KID without its error.
        for key, title in _BESIDE.items():
            if key in score["runs"][0]:
                mean = statistics.fmean(run[key] for run in score["runs"])
                of_real = f"{real[key]:.4f}" if key in real else ""
                rows.append((f"{name} {title}", f"{mean:.4f}", "", of_real))
    for name, score in report.get("clustering", {}).items():
        if score is not None:
            between = _between(score["interval"])
            rows.append((f"clusters: {name}", f"{score['value']:.4f}", between, ""))
    for name, value in report.get("cluster_agreement", {}).items():
        rows.append((f"clusters without labels: {name}", f"{value:.4f}", "", ""))
    if "bits_per_dim" in report:
        rows.append(("bits per dim", f"{report['bits_per_dim']['value']:.4f}", "", ""))
    return rows


def _majority(components: list[list[int]]) -> str:
    """Which class, by its number, most images of each component are of."""
    table = np.array(components)
    drawn, of = np.flatnonzero(table.any(axis=1)), table.argmax(axis=1)
    named = (
        f"{each}: {', '.join(map(str, drawn[of[drawn] == each]))}" for each in np.unique(of[drawn])
    )
    share = table.max(axis=1).sum() / table.sum()
    return (
        f"Components by the class of most of their images, which holds for {share:.1%} of images; "
        f"class: components. {'; '.join(named)}."
    )


def _between(interval: list[float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"


def _notes(report: Mapping[str, Any]) -> list[str]:
    notes = []
    if "curve" in report:
        scales = report["curve"]["scales"]
        notes.append(f"Scale {scales[0]:g} to {scales[-1]:g}: {report['curve']['finding']}")
    if "components" in report:
        notes.append(_majority(report["components"]))
    if report.get("protocol", {}).get("split") == "half of train":
        notes.append(
            "There is no test split: a model that was trained on these data has seen both halves, "
            "and copies of either score as real images do."
        )
    elif report.get("trained_on", 0) is None:
        notes.append(
            "It is not known which images the model was trained on: copies, the nearest images and "
            "fld_gap are of the whole training split."
        )
    elif report.get("trained_on", math.inf) < report.get("protocol", {}).get("num_train", 0):
        notes.append(
            "Copies, the nearest images and fld_gap are of the "
            f"{report['trained_on']:,} images that the model was trained on."
        )
    return notes + tables.left_out(report.get("skipped", {}))
