"""Reads reports from files, those of earlier versions too."""

import json
import pathlib
from typing import Any

from tfmix.evaluation.intervals import over_seeds
from tfmix.evaluation.protocol import suffix

Report = dict[str, Any]

# The settings of each score in reports that keep them in the protocol, by their names there.
_EARLIER_SETTINGS = {
    "is": {"splits": "inception_splits", "seed": "seed"},
    "kid": {"seed": "seed"},
    "precision": {"k": "precision_recall_k"},
    "recall": {"k": "precision_recall_k"},
    "density": {"k": "density_coverage_k"},
    "coverage": {"k": "density_coverage_k"},
    "quality": {"seed": "seed"},
    "diversity": {"seed": "seed"},
    "vendi": {"images": "vendi_images", "seed": "seed"},
    "ms_ssim": {"pairs": "ms_ssim_pairs", "seed": "seed"},
}
# What the first reports, which do not say it, were made by.
_FIRST_SETTINGS = {"inception_splits": 10, "seed": 0}


def read(path: pathlib.Path) -> Report:
    """Reads a .json file as a report that `tfmix.evaluation.evaluate` makes today.

    Raises:
        ValueError: There is no such file, or it holds no report.
    """
    if not path.is_file():
        raise ValueError(f"There is no report at {path}.")
    try:
        report = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path} holds no report: {error}.") from error
    if not isinstance(report, dict) or "scores" not in report:
        raise ValueError(f"{path} holds no report of tfmix.evaluation.")
    return upgraded(report)


def read_folder(folder: pathlib.Path) -> list[Report]:
    """Reads the reports of one model, from each seed_<n>.json or else from report.json.

    Raises:
        ValueError: A file holds no report.
    """
    found = sorted(folder.glob("seed_*.json")) or sorted(folder.glob("report.json"))
    return [read(path) for path in found]


def upgraded(report: Report) -> Report:
    """A report of any version in today's form; the one given is not changed.

    Earlier versions call the reference "floor", and keep the settings of all scores in the protocol
    where today each score holds its own.
    """
    report = dict(report)
    if "floor" in report:
        report["reference"] = report.pop("floor")
    if "protocol" not in report:
        return report
    protocol = dict(report["protocol"])
    if "num_floor" in protocol:
        protocol["num_reference"] = protocol.pop("num_floor")
    earlier = protocol.pop("settings", _FIRST_SETTINGS)
    end = suffix(protocol["num_fake"], protocol["extractor"])
    scores = {}
    for name, score in report["scores"].items():
        if "settings" not in score:
            metric = name.removesuffix(end)
            known = _EARLIER_SETTINGS.get(metric, {})
            settings = {key: earlier.get(old) for key, old in known.items()}
            if metric == "copies":
                settings["num_train"] = protocol.get("num_train")
            score = {**over_seeds(score["runs"]), **score, "settings": settings}
        scores[name] = score
    return {**report, "protocol": protocol, "scores": scores}
