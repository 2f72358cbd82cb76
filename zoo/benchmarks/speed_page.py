"""Writes docs/speed.md, the page of all benchmarks of speed, from what they have written.

python -m zoo.benchmarks.speed_page

Takes the pages and figures of those benchmarks that are in --records, puts what they come to above
and the text of tried.md, which is written by hand, below.
"""

import json
import os
import pathlib
from collections.abc import Iterator

from tfmix import files
from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import evaluation, sampling, startup, step, turns
from zoo.benchmarks.turns import Record

_ROOT = pathlib.Path(__file__).parents[2]
FLAGS = Flags()
_RECORDS = FLAGS.string(
    "records", str(_ROOT / "zoo" / "benchmarks" / "results" / "speed"), "What was measured."
)
_OUT = FLAGS.string("out", str(_ROOT / "docs" / "speed.md"), "The page to write.")
NAMES = ("step", "sampling", "shards", "evaluation", "startup", "input", "time_to_quality")


def main() -> None:
    """Writes the page."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out, ".md")
    text = page(pathlib.Path(_RECORDS.value), out.resolve().parent)
    with files.atomic_write(out) as beside:
        beside.write_text(text)
    print(out)


def page(records: pathlib.Path, beside: pathlib.Path) -> str:
    """The page, in Markdown.

    Args:
        records: The folder of records.
        beside: The folder of the page, from which figures are linked.

    Raises:
        ValueError: There is no record.
    """
    paths = {name: records / f"{name}.json" for name in NAMES}
    found = {n: json.loads(path.read_text()) for n, path in paths.items() if path.exists()}
    if not found:
        raise ValueError(f"`make bench BENCH={records}` makes records. Received: none.")
    parts = [_HEAD.format(machines=_machines(found)), _summary(found)]
    for name in found:
        text = (records / f"{name}.md").read_text().replace("\n## ", "\n### ")
        picture = os.path.relpath(records / f"{name}.png", beside)
        title, _, rest = text.partition("\n")
        parts.append(f"#{title}\n\n![{title[2:]}: bars and lines]({picture})\n{rest.rstrip()}")
    tried = records / "tried.md"
    parts += [tried.read_text().rstrip()] if tried.exists() else []
    return "\n\n".join(parts) + "\n"


_HEAD = """# Speed

Written by `python -m zoo.benchmarks.speed_page` from the records of `make bench`, which names each
command below. Contenders are measured by turns in one run, each in a process of its own; numbers
are medians, and ratios medians over rounds. PyTorch takes part where it is installed: it is no part
of this project's environment.

{machines}"""


def _machines(found: dict[str, Record]) -> str:
    lines = {}
    for name, record in found.items():
        about, versions = record["machine"], record["versions"]
        of = [f"{each} {versions[each]}" for each in ("tensorflow", "keras", "numpy")]
        of += [f"torch {about['torch']}"] * bool(about["torch"])
        cores = f"{about['cores']} cores of {about['processor']} ({', '.join(about['has'])})"
        lines.setdefault(f"{cores}, {', '.join(of)}", []).append(name)
    said = [f"Measured on {line}: {', '.join(names)}." for line, names in lines.items()]
    loads = ", ".join(f"{name} {record['machine']['load']}" for name, record in found.items())
    return "\n\n".join([*said, f"Load of the machine before each began: {loads}."])


def _summary(found: dict[str, Record]) -> str:
    """What was to be shown, and what is."""
    head = ("what", "goal", "measured")
    return "\n\n".join(["## What it comes to", tables.markdown(head, goals(found))])


def goals(found: dict[str, Record]) -> Iterator[tuple[str, str, str]]:
    """Rows of the summary, of the records that are there."""
    for name, case in found.get("step", {"cases": {}})["cases"].items():
        taken = case["turns"]
        if step.BASE in taken:
            of = f"step of {name}, ratio to PyTorch eager"
            yield f"{of}, default", "0.5", f"{turns.ratio(taken, step.DEFAULT, step.BASE):.2f}"
            yield f"{of}, float32", "0.8", f"{turns.ratio(taken, step.FLOAT32, step.BASE):.2f}"
    if "sampling" in found:
        many = found["sampling"]["many"]
        bare, torch = (sampling.best(many, kind) for kind in (sampling.BARE, sampling.PYTORCH))
        of = f"{found['sampling']['num']:,} images, ratio to the bare generator in its best batch"
        yield f"`sample` of {of}", "1.15", f"{turns.ratio(many, sampling.SAMPLE, bare):.2f}"
        yield f"SavedModel, {of}", "1.25", f"{turns.ratio(many, sampling.SAVED, bare):.2f}"
        if torch:
            ratio = turns.ratio(many, torch, sampling.SAMPLE)
            yield "PyTorch eager, ratio to `sample`", "at least 1.5", f"{ratio:.2f}"
    if "evaluation" in found:
        taken = found["evaluation"]["turns"]
        spent, peak = (turns.median(taken, evaluation.CACHED, q) for q in ("seconds", "peak"))
        yield "evaluation, real features cached, s", "60", f"{spent:.0f}"
        yield "its most memory, GB", "2.5", f"{peak / 1e9:.2f}"
    if "startup" in found:
        taken = found["startup"]["turns"]
        spent = startup.beyond(taken, startup.TFMIX, startup.ALL, "cpu")
        yield "`import tfmix` beyond TensorFlow, Keras and TFP, CPU s", "0.29", f"{spent:.2f}"
        spent = startup.beyond(taken, startup.SAMPLE, startup.TENSORFLOW)
        yield "`zoo.sample` of 64 images beyond TensorFlow's import, s", "3", f"{spent:.2f}"


if __name__ == "__main__":
    command_line.run(main)
