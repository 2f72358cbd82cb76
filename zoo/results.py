"""Writes zoo/README.md, the results, from the reports in zoo/results/.

python -m zoo.results

A report is zoo/results/<config's name>/seed_<training seed>.json, written by zoo.evaluate for the
export of a run. Each data set has one table, of one protocol: that of the most generated images, as
today's version records it. A cell is empty where a report has no such score, or one that does not
compare, by another count of images or an earlier definition.
"""

import pathlib
import statistics
from typing import Any

from tfmix import files
from tfmix.evaluation import comparison, saved_reports, tables
from tfmix.evaluation.protocol import suffix
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags

FLAGS = Flags()  # none
HERE = pathlib.Path(__file__).resolve().parent
# What others reach on the same pixels, by data set: a range to read our bits per dimension in.
_KNOWN_BITS = {
    "mnist": "Real NVP 1.06, Glow 1.05, FFJORD .99 and Residual Flow .97, flows of many times the "
    "size, as collected in zalandoresearch/fashion-mnist#144",
}
# Columns, with digits; the other scores stand in the reports alone.
_COLUMNS = {"fid": 2, "kid": 4, "precision": 3, "recall": 3, "clipped_coverage": 3, "recall_pca": 3}
_COLUMNS |= dict.fromkeys(("quality", "diversity", "within_spread", "copies", "accuracy"), 3)
_HEAD = """# Results

Written by `python -m zoo.results` from the reports in `results/`, which hold the command, config,
seeds, versions, hardware and time of each number. A cell is the mean over training seeds and their
standard deviation; each training seed is itself the mean over sampling seeds.

Scores depend on the extractor and on the count of images: they compare within a table, not between
tables or with other papers' numbers. *Real* is the training split in place of generated images:
what a generator can reach. Precision, recall and clipped coverage are shares of images within reach
of the other set by the extractor's features, recall_pca by principal components of pixels, which
keep what varies within a class. Quality and diversity are two scores in place of one, 1 for real
images in both. Within_spread is the distance between two draws of one component, over that between
two real images; below .3 a model is collapsed. Copies is the share of images that lie nearer to an
image that the model was trained on than 95 % of the test split do, .05 for images that are none of
them, however many those are. Accuracy is the share of images that the extractor takes
for the class that was asked of the model; cluster the share of real images that the model's
components sort into their class, no label seen. An empty cell: the score was not taken, or in a way
that does not compare. Intervals, the other scores and a page of figures stand beside each report of
saved_models/.
"""

Models = dict[str, comparison.Reports]


def main() -> None:
    """Writes the page."""
    with files.atomic_write(HERE / "README.md") as beside:
        beside.write_text(page())
    print(HERE / "README.md")


def page() -> str:
    """The results, in Markdown.

    Raises:
        ValueError: Reports of one model do not compare.
    """
    datasets: dict[str, Models] = {}
    for folder in sorted(path for path in (HERE / "results").iterdir() if path.is_dir()):
        reports = saved_reports.read_folder(folder)
        for report in reports[1:]:
            if differ := comparison.differences(reports[0], report):
                raise ValueError(f"Reports in {folder} differ in {'; '.join(differ)}.")
        datasets.setdefault(reports[0]["protocol"]["dataset"], {})[folder.name] = reports
    return "\n".join([_HEAD, *map(section, datasets.values())])


def section(models: Models) -> str:
    """The table of the models of a data set, and what only some are measured by, in Markdown."""
    every = [report for reports in models.values() for report in reports]
    basis = {metric: max(every, key=lambda each: _rank(each, metric)) for metric in _COLUMNS}
    protocol = max(every, key=lambda each: each["protocol"]["num_fake"])["protocol"]
    head = ["model", "images", "steps", "time, s", *_COLUMNS, "cluster"]
    rows, count = [], suffix(protocol["num_fake"], protocol["extractor"])
    for model, reports in models.items():
        made = [report["model"]["provenance"] for report in reports]
        images, step = made[0]["config"]["train_size"] or "all", made[0]["step"]
        seconds = _spread([each["training_seconds"] for each in made], digits=0)
        link = f"[{model}](configs/{presets.find(model)[0].name})"
        cells = (_cell(reports, metric, count, basis[metric]) for metric in _COLUMNS)
        rows.append([link, images, step, seconds, *cells, _cluster(reports)])
    real = [basis[metric]["reference"].get(metric + count) for metric in _COLUMNS]
    cells = zip(real, _COLUMNS.values(), strict=True)
    cells = (each and _spread([each["value"]], digits) for each, digits in cells)
    rows.append(["*Real*", "", "", "", *(cell or "" for cell in cells), ""])
    filled = [i for i in range(len(head)) if any(row[i] for row in rows)]
    table = tables.markdown([head[i] for i in filled], [[row[i] for i in filled] for row in rows])
    beside = "\n".join(["", *_beside(models, protocol)])
    counts = ", ".join(f"{model} {len(reports)}" for model, reports in models.items())
    hardware = sorted({report["model"]["provenance"]["hardware"] for report in every})
    return f"""## {protocol["dataset"]}

{protocol["num_fake"]:,} generated images against {protocol["num_real"]:,} of the \
{protocol["split"]} split, extractor {protocol["extractor"]} \
(`{protocol["extractor_sha256"][:12]}`).

{table}{beside}

Training seeds: {counts}. Trained on {" or ".join(hardware)}.
"""


def _rank(report: comparison.Report, metric: str) -> tuple[int, bool, bool]:
    """By what the report is found whose definition of a score a table has: the largest."""
    protocol = report["protocol"]
    name = metric + suffix(protocol["num_fake"], protocol["extractor"])
    score = report["scores"].get(name, {})
    return protocol["num_fake"], "hash" in score, bool(score)


def _beside(models: Models, protocol: dict[str, Any]) -> list[str]:
    """What only some models are measured by."""
    lines, first = [], {model: reports[0] for model, reports in models.items()}
    bits = [
        f"{model} {_spread([report['bits_per_dim']['value'] for report in reports])}"
        for model, reports in models.items()
        if "bits_per_dim" in first[model]
    ]
    if bits:
        known = _KNOWN_BITS.get(protocol["dataset"].split()[0])
        beside = f" Beside it: {known}." if known else ""
        split = protocol["split"]
        lines.append(f"\nBits per dimension of the {split} split: {', '.join(bits)}.{beside}")
    for model, report in first.items():
        if "clustering" in report:
            said = ", ".join(
                f"{name} {tables.spread(score['value'], score['interval'], '.3f')}"
                for name, score in report["clustering"].items()
                if score is not None
            )
            lines.append(f"\nClusters of real images by {model}, no label seen: {said}.")
    found = [f"- {model}: {r['curve']['finding']}" for model, r in first.items() if "curve" in r]
    return [*lines, "\nAlong `scale`, from .25 to 1.5:\n", *found] if found else lines


def _cell(reports: comparison.Reports, metric: str, count: str, basis: comparison.Report) -> str:
    """A score over training seeds; empty where it does not compare with that of `basis`."""
    name = metric + count
    for each in reports:
        differ = comparison.differences(basis, each, metric) if name in each["scores"] else [name]
        # 5 % of images that are no copies count as such, of however many training images.
        if any(metric != "copies" or not said.startswith("setting num_train") for said in differ):
            return ""
    return _spread([report["scores"][name]["value"] for report in reports], _COLUMNS[metric])


def _cluster(reports: comparison.Reports) -> str:
    """Accuracy after one-to-one matching, or by majority where there are more components."""
    found = [report.get("clustering") for report in reports]
    if None in found:
        return ""
    name = "majority_accuracy" if found[0]["accuracy"] is None else "accuracy"
    by = " (majority)" if found[0]["accuracy"] is None else ""
    return _spread([each[name]["value"] for each in found], digits=3) + by


def _spread(values: list[float], digits: int = 2) -> str:
    mean = f"{statistics.fmean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


if __name__ == "__main__":
    command_line.run(main)
