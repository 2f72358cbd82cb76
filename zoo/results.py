"""Writes zoo/README.md, the results, from the reports in zoo/results/.

python -m zoo.results

A report is zoo/results/<config's name>/seed_<training seed>.json, written by zoo.evaluate for the
export of a run. Scores of one data set, protocol and extractor stand in one table.
"""

import collections
import json
import pathlib
import statistics
from typing import Any

from tfmix.programs import command_line, presets

HERE = pathlib.Path(__file__).resolve().parent
# What others reach on the same pixels, by data set: a range to read our bits per dimension in.
_KNOWN_BITS = {
    "mnist": "Real NVP 1.06, Glow 1.05, FFJORD .99 and Residual Flow .97, flows of many times the "
    "size, as collected in zalandoresearch/fashion-mnist#144",
}
_ELSEWHERE = ("density", "vendi", "ms_ssim")  # scores that stand in the reports alone
_SHARES = ("accuracy", "precision", "recall", "coverage", "quality", "diversity", "copies")
_HEAD = """# Results

Written by `python -m zoo.results` from the reports in `results/`, which hold the command, config,
seeds, versions, hardware and time of each number. A cell is the mean over training seeds and their
standard deviation; each training seed is itself the mean over the sampling seeds of the protocol.

Scores rest on the extractor that their name ends in and on their count of images: they compare
within a table, not between tables or with other papers' numbers. *Real* is the training split
against the test split: the floor that a generator can reach. m-IS measures how much the images of
one class differ in the classifier's eyes; blends of two classes raise it too, so it is read beside
*Real* and FID, and ranks nothing by itself. Accuracy is the share of images that the extractor
takes for the class that was asked of the model. Quality and diversity are two scores in place of
one, 1 for real images in both. Copies is the share of images that lie nearer to a training image
than 95 % of the test split. Intervals, the other scores and a page of figures stand beside each
report of saved_models/.
"""


def main() -> None:
    """Writes the page."""
    tables = collections.defaultdict(dict)
    for folder in sorted(path for path in (HERE / "results").iterdir() if path.is_dir()):
        reports = [json.loads(path.read_text()) for path in sorted(folder.glob("seed_*.json"))]
        hashes = {report["hash"] for report in reports}
        if len(hashes) != 1:
            raise ValueError(f"{folder} mixes protocols {', '.join(sorted(hashes))}.")
        tables[hashes.pop()][folder.name] = reports
    tfmix = command_line.import_tfmix()
    page = "\n".join([_HEAD, *(_table(models) for models in tables.values())])
    with tfmix.files.atomic_write(HERE / "README.md") as beside:
        beside.write_text(page)
    print(HERE / "README.md")


def _table(models: dict[str, list[dict[str, Any]]]) -> str:
    first = next(iter(models.values()))[0]
    reports = [report for each in models.values() for report in each]
    protocol = first["protocol"]
    names = list(dict.fromkeys(name for report in reports for name in report["scores"]))
    names = [name for name in names if not name.startswith(_ELSEWHERE)]
    seeds = ", ".join(map(str, protocol["sampling_seeds"]))
    lines = [
        f"## {protocol['dataset']}",
        "",
        f"{protocol['num_fake']:,} generated images against {protocol['num_real']:,} of the "
        f"{protocol['split']} split, sampling seeds {seeds}, extractor {protocol['extractor']} "
        f"(`{protocol['extractor_sha256'][:12]}`), protocol `{first['hash']}`.",
        "",
        f"| model | images | steps | time, s | {' | '.join(names)} |",
        "|---" * (4 + len(names)) + "|",
    ]
    for model, reports in models.items():
        provenance = [report["model"]["provenance"] for report in reports]
        config = provenance[0]["config"]
        cells = [
            f"[{model}](configs/{presets.find(model)[0].name})",
            f"{config['train_size'] or 'all'}",
            f"{provenance[0]['step']}",
            _spread([each["training_seconds"] for each in provenance], digits=0),
            *(_cell(reports, name) for name in names),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    floor = [f"{first['floor'][n]['value']:.2f}" if n in first["floor"] else "" for n in names]
    lines.append(f"| *Real* | | | | {' | '.join(floor)} |")
    counts = ", ".join(f"{model} {len(reports)}" for model, reports in models.items())
    hardware = first["model"]["provenance"]["hardware"]
    lines += _beside(models, protocol)
    lines += [
        "",
        f"Training seeds: {counts}. Trained on {hardware}.",
        "",
    ]
    return "\n".join(lines)


def _beside(models: dict[str, list[dict[str, Any]]], protocol: dict[str, Any]) -> list[str]:
    """What only some models are measured by."""
    lines, first = [], {model: found[0] for model, found in models.items()}
    bits = [
        f"{model} {_spread([report['bits_per_dim']['value'] for report in found])}"
        for model, found in models.items()
        if "bits_per_dim" in first[model]
    ]
    if bits:
        known = _KNOWN_BITS.get(protocol["dataset"].split()[0])
        beside = f" Beside it: {known}." if known else ""
        split = protocol["split"]
        lines.append(f"\nBits per dimension of the {split} split: {', '.join(bits)}.{beside}")
    for model, report in first.items():
        if "clustering" in report:
            scores = {k: v for k, v in report["clustering"].items() if v is not None}
            said = ", ".join(
                f"{name} {score['value']:.3f} ({score['interval'][0]:.3f} to "
                f"{score['interval'][1]:.3f})"
                for name, score in scores.items()
            )
            lines.append(f"\nClusters of real images by {model}, no label seen: {said}.")
    found = [f"- {model}: {r['curve']['finding']}" for model, r in first.items() if "curve" in r]
    if found:
        lines += ["\nAlong `scale`, from .25 to 1.5:\n", *found]
    if "settings" not in protocol:
        lines.append("\nScored by an earlier evaluator, which took these scores alone.")
    return lines


def _cell(reports: list[dict[str, Any]], name: str) -> str:
    values = [report["scores"][name]["value"] for report in reports if name in report["scores"]]
    return _spread(values, digits=3 if name.startswith(_SHARES) else 2) if values else ""


def _spread(values: list[float], digits: int = 2) -> str:
    mean = f"{statistics.fmean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


if __name__ == "__main__":
    command_line.run(main)
