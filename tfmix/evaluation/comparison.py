"""Models side by side: which scores compare, and what differences are shown."""

import itertools
import pathlib
import statistics
from collections.abc import Mapping
from typing import Any

from tfmix.evaluation import intervals, tables
from tfmix.evaluation.protocol import COMMON, suffix

_OF = {"real_sha256": "dataset", "extractor_sha256": "extractor"}  # what the hashes are of
_LEAST_SEEDS = 3  # of a paired bootstrap
_MISSING = "-"

Report = dict[str, Any]
Reports = list[Report]  # of one model, one for each training seed


def render(reports: Mapping[str, Reports]) -> str:
    """The scores of each model with intervals, and the differences of each pair.

    A score is shown where all that have it compare; the others are named with the reason. Reports
    are by the model's name, as `tfmix.evaluation.saved_reports` reads them.

    Raises:
        ValueError: No two models have a score that compares.
    """
    shown, left_out = comparable(reports)
    if not any(_shared(reports, name) for name in shown):
        reasons = dict.fromkeys(each for found in left_out.values() for each in found.split("; "))
        raise ValueError(
            f"No score of {', '.join(reports)} compares: "
            f"{'; '.join(reasons)}. Evaluate all alike, with --num, "
            "--extractor and --dataset beside --compare."
        )
    pairs = list(itertools.combinations(reports.items(), 2))
    lines = [("", *reports)]
    lines += [(name, *(_cell(_scored(each, name)) for each in reports.values())) for name in shown]
    lines += [(), ("difference", *(f"{first} - {second}" for (first, _), (second, _) in pairs))]
    lines += [
        (name, *(_difference(first, second, name) for (_, first), (_, second) in pairs))
        for name in shown
    ]
    notes = sorted({_by(first, second) for (_, first), (_, second) in pairs})
    notes += tables.left_out(left_out)
    return "\n".join([tables.aligned(lines), "", *notes])


def titles(names: list[str]) -> list[str]:
    """What to call models: the last part of a path that says which one it is, if all differ."""
    short = []
    for path in map(pathlib.Path, names):
        if path.suffix not in (".json", ".npz", ".keras"):
            short.append(path.name)
        else:
            unnamed = path.stem == "report" and path.parent.name
            short.append(path.parent.name if unnamed else path.stem)
    return short if len(set(short)) == len(short) else names


def comparable(reports: Mapping[str, Reports]) -> tuple[list[str], dict[str, str]]:
    """Which scores compare.

    Returns:
        Names of the scores that all reports which have them made alike, in the order of the
        reports; and of the others, without count and extractor, the reasons.
    """
    having: dict[str, list[tuple[str, Report]]] = {}
    for model, found in reports.items():
        for report in found:
            for score in report["scores"]:
                metric = score.removesuffix(_suffix(report))
                having.setdefault(metric, []).append((model, report))
    shown, left_out = [], {}
    for metric, ((first, one), *others) in having.items():
        differ = {
            f"{first} and {model} differ in {each}": None
            for model, other in others
            for each in differences(one, other, metric)
        }
        if differ:
            left_out[metric] = "; ".join(differ)
        else:
            shown.append(_full(one, metric))
    return shown, left_out


def differences(one: Report, other: Report, metric: str | None = None) -> list[str]:
    """What keeps the scores of two reports from being compared: `num_fake (1000 and 500)`.

    With a metric, a score's name without count and extractor, its settings count too. What an
    earlier report does not say counts as equal.
    """
    scores = (
        [] if metric is None else [each["scores"][_full(each, metric)] for each in (one, other)]
    )
    hashes = {each.get("hash") for each in scores}
    if len(hashes) == 1 and None not in hashes:
        return []
    commons, pairs = (_common(one), _common(other)), []
    for key in COMMON:
        values = [each.get(key) for each in commons]
        if key not in _OF:
            pairs.append((key, *values))
        elif None not in values and commons[0].get(_OF[key]) == commons[1].get(_OF[key]):
            pairs.append((key, *(each[:12] for each in values)))
    settings = [each.get("settings", {}) for each in scores]
    pairs += [
        (f"setting {key}", *(each.get(key, "not set") for each in settings))
        for key in sorted(set().union(*settings))
    ]
    return [
        f"{key} ({mine} and {theirs})"
        for key, mine, theirs in pairs
        if None not in (mine, theirs) and mine != theirs
    ]


def _common(report: Report) -> dict[str, Any]:
    """What all scores of a report have in common; a report of points has no protocol."""
    points = {"dataset": report.get("dataset"), "num_fake": report.get("num_samples")}
    return report.get("protocol", points)


def _suffix(report: Report) -> str:
    common = _common(report)
    if "extractor" in common:
        return suffix(common["num_fake"], common["extractor"])
    return str(common["num_fake"])


def _full(report: Report, metric: str) -> str:
    return metric + _suffix(report)


def _scored(found: Reports, name: str) -> list[dict[str, Any]]:
    return [each["scores"][name] for each in found if name in each["scores"]]


def _shared(reports: Mapping[str, Reports], name: str) -> bool:
    """Whether two models or more have a score."""
    return sum(bool(_scored(found, name)) for found in reports.values()) > 1


def _cell(scored: list[dict[str, Any]]) -> str:
    """Over training seeds where there are several, else over sampling seeds."""
    values = [each["value"] for each in scored]
    if not values:
        return _MISSING
    if len(values) > 1:
        return tables.spread(statistics.fmean(values), intervals.interval(values))
    return tables.spread(values[0], intervals.over_seeds(scored[0]["runs"])["interval"])


def _difference(first: Reports, second: Reports, score: str) -> str:
    training = _share_training_seeds(first, second)
    values = [_by_seed(found, score, training) for found in (first, second)]
    if not all(values) or len(values[0].keys() & values[1].keys()) < _LEAST_SEEDS:
        return _MISSING
    found = intervals.paired_bootstrap(*values)
    return tables.spread(found["difference"], found["interval"]) if found["shown"] else "none shown"


def _by(first: Reports, second: Reports) -> str:
    if _share_training_seeds(first, second):
        return (
            "Intervals are of 95 %. Differences: paired bootstrap over the training seeds that "
            "both models share."
        )
    return (
        "Intervals are of 95 %. Differences: paired bootstrap over the sampling seeds that both "
        f"share, at least {_LEAST_SEEDS}; '{_MISSING}': fewer. They are of these trained models, "
        "each from one training seed: what another training would give is not measured."
    )


def _share_training_seeds(first: Reports, second: Reports) -> bool:
    seeds = [{_training_seed(each) for each in found} for found in (first, second)]
    return len(set.intersection(*seeds) - {None}) >= _LEAST_SEEDS


def _training_seed(report: Report) -> int | None:
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
