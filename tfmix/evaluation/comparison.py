"""Models side by side, and what difference between them is shown."""

import itertools
import json
import pathlib
import statistics
from typing import Any

from tfmix import shipped

RESULTS = pathlib.Path(__file__).resolve().parents[2] / "zoo" / "results"
_MAY_DIFFER = {"sampling_seeds", "components", "curve"}  # of protocols whose scores still compare
_LEAST_SEEDS = 3  # of a paired bootstrap
_MISSING = "-"

Reports = list[dict[str, Any]]  # of one model, one for each training seed


def stored(name: str) -> Reports | None:
    """The reports that a name stands for, or None where there are none.

    Args:
        name: A report's .json; a folder of reports seed_<n>.json, one for each training seed, or of
            a model with its report.json; or the name of one in saved_models/ or zoo/results/.

    Raises:
        ValueError: A file that holds no report.
    """
    path = pathlib.Path(name)
    if path.suffix == ".json":
        return [_read(path)]
    beside = [shipped.folder("saved_models"), RESULTS]
    folders = [each / name for each in beside] if len(path.parts) == 1 else [path]
    for folder in folders:
        found = sorted(folder.glob("seed_*.json")) or sorted(folder.glob("report.json"))
        if found:
            return [_read(each) for each in found]
    return None


def render(reports: dict[str, Reports]) -> str:
    """The scores of each model with intervals, and the differences of each pair.

    Args:
        reports: By the model's name.

    Raises:
        ValueError: Reports of protocols whose scores do not compare.
    """
    _check(reports)
    every = [report for found in reports.values() for report in found]
    scores = list(dict.fromkeys(name for report in every for name in report["scores"]))
    titles = {name: _title(pathlib.Path(name)) for name in reports}
    lines = [("", *titles.values())]
    for score in scores:
        lines.append((score, *(_cell(found, score) for found in reports.values())))
    pairs = list(itertools.combinations(reports, 2))
    lines += [(), ("difference", *(f"{titles[a]} - {titles[b]}" for a, b in pairs))]
    for score in scores:
        cells = [_difference(reports[a], reports[b], score) for a, b in pairs]
        lines.append((score, *cells))
    notes = sorted({_basis(reports[a], reports[b]) for a, b in pairs})
    return "\n".join([*_aligned(lines), "", *notes])


def _title(path: pathlib.Path) -> str:
    """The name of a model, or of a report that is not just called that."""
    if path.suffix not in (".json", ".npz", ".keras"):
        return path.name
    return path.parent.name if path.stem == "report" and path.parent.name else path.stem


def _check(reports: dict[str, Reports]) -> None:
    protocols = [
        (name, report.get("protocol", {"dataset": report.get("dataset")}))
        for name, found in reports.items()
        for report in found
    ]
    (first, one), *others = protocols
    for name, other in others:
        differ = [
            f"{key} ({one.get(key)} and {other.get(key)})"
            for key in sorted(one.keys() | other.keys())
            if key not in _MAY_DIFFER and one.get(key) != other.get(key)
        ]
        if differ:
            raise ValueError(
                f"{first} and {name} were scored by protocols that differ in {'; '.join(differ)}. "
                "Evaluate both by one, with --num, --extractor and --dataset beside --compare."
            )


def _cell(found: Reports, score: str) -> str:
    """Over training seeds where there are several, else over sampling seeds."""
    from tfmix.evaluation import over_seeds, uncertainty

    scored = [each["scores"][score] for each in found if score in each["scores"]]
    values = [each["value"] for each in scored]
    if not values:
        return _MISSING
    if len(values) > 1:
        return _number(statistics.fmean(values), uncertainty.interval(values))
    return _number(values[0], over_seeds(scored[0]["runs"])["interval"])


def _difference(first: Reports, second: Reports, score: str) -> str:
    from tfmix.evaluation import paired_bootstrap

    values = [_by_seed(found, score, _training_seeds(first, second)) for found in (first, second)]
    if not all(values) or len(values[0].keys() & values[1].keys()) < _LEAST_SEEDS:
        return _MISSING
    found = paired_bootstrap(*values)
    return _number(found["difference"], found["interval"]) if found["shown"] else "none shown"


def _basis(first: Reports, second: Reports) -> str:
    if _training_seeds(first, second):
        return (
            "Intervals are of 95 %. Differences: paired bootstrap over the training seeds that "
            "both models share."
        )
    return (
        "Intervals are of 95 %. Differences: paired bootstrap over the sampling seeds that both "
        f"share, at least {_LEAST_SEEDS}; '{_MISSING}': fewer. They are of these trained models, "
        "each from one training seed: what another training would give is not measured."
    )


def _training_seeds(first: Reports, second: Reports) -> bool:
    """Whether enough training seeds are shared to rest a difference on."""
    seeds = [{_training_seed(each) for each in found} for found in (first, second)]
    return len(set.intersection(*seeds) - {None}) >= _LEAST_SEEDS


def _training_seed(report: dict[str, Any]) -> int | None:
    return report.get("model", {}).get("provenance", {}).get("config", {}).get("seed")


def _by_seed(found: Reports, score: str, training: bool) -> dict[int, float]:
    if training:
        return {
            _training_seed(each): each["scores"][score]["value"]
            for each in found
            if score in each["scores"]
        }
    report = found[0]
    seeds = report.get("protocol", report).get("sampling_seeds", [])
    runs = report["scores"].get(score, {"runs": []})["runs"]
    return {seed: run["value"] for seed, run in zip(seeds, runs, strict=False)}


def _number(value: float, interval: list[float] | None) -> str:
    between = "" if interval is None else f" ({interval[0]:.4g} to {interval[1]:.4g})"
    return f"{value:.4g}{between}"


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    widths = [
        max(len(line[i]) for line in lines if len(line) > i) for i in range(max(map(len, lines)))
    ]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=False)).rstrip()
        for line in lines
    ]


def _read(path: pathlib.Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"There is no report at {path}.")
    try:
        report = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} holds no report: {error}.") from error
    if not isinstance(report, dict) or "scores" not in report:
        raise ValueError(f"{path} holds no report of zoo.evaluate.")
    return report
