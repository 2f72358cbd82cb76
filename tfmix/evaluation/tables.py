"""A report as people read it: a table on the screen, a page in Markdown."""

import collections
import statistics
from typing import Any

Row = tuple[str, str, str, str]


def console(report: dict[str, Any]) -> str:
    """The scores as a table of aligned columns, and what was left out."""
    rows = [("", "generated", "95 % interval", "real (floor)"), *_rows(report)]
    lines = [f"{name:24}{value:>12}{sure:>22}{floor:>14}" for name, value, sure, floor in rows]
    return "\n".join([*lines, *_notes(report)])


def markdown(report: dict[str, Any], picture: str | None) -> str:
    """The page beside a report: what was measured, the scores, what was left out and why.

    Args:
        report: From `zoo.evaluate`.
        picture: Name of the file of figures beside it; None: there is none.
    """
    lines = ["| score | generated | 95 % interval | real (floor) |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(report)]
    notes = "\n".join(f"- {note}" for note in _notes(report))
    shown = f"\n![Figures]({picture})\n" if picture else ""
    return f"""# Report

{_what(report)}

{chr(10).join(lines)}

The interval is of the mean over sampling seeds, by Student's t. *Real* are training images in place
of generated ones: the floor that a generator can reach.

{notes}
{shown}
`{report["command"]}`, {report.get("seconds", "-")} s on {report["hardware"]}.
"""


def _what(report: dict[str, Any]) -> str:
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


def _rows(report: dict[str, Any]) -> list[Row]:
    rows = []
    for name, score in report["scores"].items():
        floor = report["floor"].get(name)
        floor = "" if floor is None else f"{floor['value']:.4f}"
        rows.append((name, f"{score['value']:.4f}", _between(score["interval"]), floor))
        rows += _beside(name, score["runs"], report["floor"].get(name, {}))
    for name, score in report.get("clustering", {}).items():
        if score is not None:
            rows.append(
                (f"clusters: {name}", f"{score['value']:.4f}", _between(score["interval"]), "")
            )
    if "bits_per_dim" in report:
        rows.append(("bits per dim", f"{report['bits_per_dim']['value']:.4f}", "", ""))
    return rows


def _beside(name: str, runs: list[dict[str, Any]], floor: dict[str, Any]) -> list[Row]:
    """What a score never stands without: FID's value at infinitely many images, KID's error."""
    return [
        (
            f"{name} {title}",
            f"{statistics.fmean(run[key] for run in runs):.4f}",
            "",
            f"{floor[key]:.4f}" if key in floor else "",
        )
        for key, title in (("extrapolated", "at 1/N = 0"), ("std_error", "standard error"))
        if key in runs[0]
    ]


def _between(interval: list[float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.4f} to {interval[1]:.4f}"


def _notes(report: dict[str, Any]) -> list[str]:
    notes = []
    if "curve" in report:
        scales = report["curve"]["scales"]
        notes.append(f"Scale {scales[0]:g} to {scales[-1]:g}: {report['curve']['finding']}")
    if report.get("protocol", {}).get("split") == "half of train":
        notes.append(
            "There is no test split: a model that was trained on these data has seen both halves, "
            "and copies of either score as real images do."
        )
    by_reason = collections.defaultdict(list)
    for name, reason in report.get("skipped", {}).items():
        by_reason[reason].append(name)
    notes += [f"Left out: {', '.join(names)}: {why}." for why, names in by_reason.items()]
    return notes
