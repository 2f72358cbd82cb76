"""Writes zoo/README.md, the results, from the reports in zoo/results/.

python -m zoo.results

A report is zoo/results/<config's name>/seed_<training seed>.json, written by zoo.evaluate for the
export of a run. Models that were scored against the same images, by the same extractor and of as
many samples stand in one table.
"""

import pathlib
import statistics
from typing import Any

from tfmix import files
from tfmix.evaluation import comparison, saved_reports, tables
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags

FLAGS = Flags()  # none
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
standard deviation; each training seed is itself the mean over sampling seeds.

Scores depend on the extractor that their name ends in and on their count of images: they compare
within a table, not between tables or with other papers' numbers. *Real* is the training split in
place of generated images: what a generator can reach. m-IS measures how much the classifier's
predictions differ within a class; blends of two classes raise it too, so it is read beside *Real*
and FID, and ranks nothing by itself. Accuracy is the share of images that the extractor takes for
the class that was asked of the model. Quality and diversity are two scores in place of one, 1 for
real images in both. Copies is the share of images that lie nearer to a training image than 95 % of
the test split. Intervals, the other scores and a page of figures stand beside each report of
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
    groups: list[Models] = []
    for folder in sorted(path for path in (HERE / "results").iterdir() if path.is_dir()):
        reports = saved_reports.read_folder(folder)
        for report in reports[1:]:
            if differ := comparison.differences(reports[0], report):
                raise ValueError(f"Reports in {folder} differ in {'; '.join(differ)}.")
        for group in groups:
            if not comparison.differences(next(iter(group.values()))[0], reports[0]):
                group[folder.name] = reports
                break
        else:
            groups.append({folder.name: reports})
    return "\n".join([_HEAD, *map(section, groups)])


def section(models: Models) -> str:
    """The table of models whose scores compare, and what only some are measured by, in Markdown."""
    every = [report for reports in models.values() for report in reports]
    protocol = every[0]["protocol"]
    shown, left_out = comparison.comparable(models)
    names = [name for name in shown if not name.startswith(_ELSEWHERE)]
    rows = []
    for model, reports in models.items():
        made = [report["model"]["provenance"] for report in reports]
        images, step = made[0]["config"]["train_size"] or "all", made[0]["step"]
        seconds = _spread([each["training_seconds"] for each in made], digits=0)
        link = f"[{model}](configs/{presets.find(model)[0].name})"
        rows.append((link, images, step, seconds, *(_cell(reports, name) for name in names)))
    real = {name: found for report in every for name, found in report["reference"].items()}
    of_real = [f"{real[name]['value']:.2f}" if name in real else "" for name in names]
    rows.append(("*Real*", "", "", "", *of_real))
    table = tables.markdown(("model", "images", "steps", "time, s", *names), rows)
    beside = "\n".join(["", *(f"\n{each}" for each in tables.left_out(left_out))])
    beside += "\n".join(["", *_beside(models, protocol)])
    counts = ", ".join(f"{model} {len(reports)}" for model, reports in models.items())
    return f"""## {protocol["dataset"]}

{protocol["num_fake"]:,} generated images against {protocol["num_real"]:,} of the \
{protocol["split"]} split, extractor {protocol["extractor"]} \
(`{protocol["extractor_sha256"][:12]}`).

{table}{beside}

Training seeds: {counts}. Trained on {every[0]["model"]["provenance"]["hardware"]}.
"""


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


def _cell(reports: comparison.Reports, name: str) -> str:
    values = [report["scores"][name]["value"] for report in reports if name in report["scores"]]
    return _spread(values, digits=3 if name.startswith(_SHARES) else 2) if values else ""


def _spread(values: list[float], digits: int = 2) -> str:
    mean = f"{statistics.fmean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


if __name__ == "__main__":
    command_line.run(main)
