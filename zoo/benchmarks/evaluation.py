"""Times the evaluation of a shipped model as a whole process, and torch-fidelity's FID beside it.

python -m zoo.benchmarks.evaluation --out=runs/benchmarks/speed

`zoo.evaluate` runs with an empty cache and with one that has the features of real images; processes
take turns. torch-fidelity takes part where it is installed and its weights are at hand, with as
many images on each side; it computes FID alone. Writes evaluation.md, evaluation.json and
evaluation.png.
"""

import functools
import importlib.util
import os
import pathlib
import tempfile

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.turns import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_ROUNDS = FLAGS.integer("rounds", 5, "Times that each process is started.", 1)
_MODEL = FLAGS.string("model", "gmgan_mnist", "A shipped model.")
_NUM = FLAGS.integer("num", 10_000, "Generated images for each seed.", 10)
_SEEDS = FLAGS.list("seeds", ["0", "1", "2", "3", "4"], "Sampling seeds.")
_WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
CACHED, UNCACHED = "tfmix, real features cached", "tfmix, nothing cached"
FIDELITY = "torch-fidelity, FID alone"


def main() -> None:
    """Measures."""
    program.run("evaluation", _OUT.value, measure, page, figures)


def measure() -> Record:
    """Turns of each process."""
    left_out = _without_fidelity()
    with tempfile.TemporaryDirectory() as folder:
        kept = pathlib.Path(folder) / "kept"
        calls = {
            CACHED: functools.partial(_evaluate, folder, kept),
            UNCACHED: functools.partial(_evaluate, folder, None),
        }
        if left_out is None:
            sides = _written(pathlib.Path(folder))
            command = ["-m", "torch_fidelity.fidelity", "--fid", "--cpu"]
            command += [f"--input{i}={side}" for i, side in enumerate(sides, 1)]
            calls[FIDELITY] = functools.partial(turns.process, command)
        calls[CACHED]()  # fills the cache
        taken = turns.take(calls, _ROUNDS.value, warm=0)
    return {
        **{"model": _MODEL.value, "num": _NUM.value, "seeds": len(_SEEDS.value)},
        "turns": taken,
        "left_out": {FIDELITY: left_out} if left_out else {},
    }


def _evaluate(folder: str, kept: pathlib.Path | None) -> Record:
    with tempfile.TemporaryDirectory(dir=folder) as empty:
        command = ["-m", "zoo.evaluate", f"--model={_MODEL.value}", f"--cache={kept or empty}"]
        command += [f"--num={_NUM.value}", f"--seeds={','.join(_SEEDS.value)}"]
        return turns.process([*command, f"--out={empty}/report.json"])


def _without_fidelity() -> str | None:
    """Why torch-fidelity takes no part; None where it does."""
    if importlib.util.find_spec("torch_fidelity") is None:
        return "torch-fidelity is not installed"
    home = os.environ.get("TORCH_HOME", "~/.cache/torch")
    weights = pathlib.Path(home).expanduser() / "hub" / "checkpoints" / _WEIGHTS
    return None if weights.exists() else f"there are no weights of its Inception, {weights}"


def _written(folder: pathlib.Path) -> list[pathlib.Path]:
    """Folders of PNGs: generated images, and as many of the test split."""
    import PIL.Image

    import tfmix

    sampler = tfmix.load(_MODEL.value)
    real = tfmix.data.load(sampler.provenance["config"]["dataset"], "test").images
    sides = {"generated": sampler.images(_NUM.value, seed=0), "real": real[: _NUM.value]}
    for name, images in sides.items():
        (folder / name).mkdir()
        for number, image in enumerate(images):
            picture = PIL.Image.fromarray(image.squeeze()).convert("RGB")
            picture.save(folder / name / f"{number}.png")
    return [folder / name for name in sides]


def page(record: Record) -> str:
    """The table, in Markdown."""
    found = record["turns"]
    rows = [
        (
            name,
            f"{turns.median(found, name):.0f}",
            f"{turns.median(found, name, 'cpu'):.0f}",
            f"{turns.median(found, name, 'peak') / 1e9:.2f}",
        )
        for name in found
    ]
    return "\n\n".join(
        [
            f"""# Evaluation

Whole processes, medians of {len(found[CACHED])} turns: every score of `{record["model"]}`, \
{record["seeds"]} times {record["num"]:,} generated images, with the page of figures.""",
            tables.markdown(("process", "s", "CPU s", "most memory, GB"), rows),
            *tables.left_out(record["left_out"]),
            program.ran(record),
        ]
    )


def figures(record: Record) -> dict[str, Figure]:
    """Bars of the processes."""
    figure = Figure(figsize=(8, 1.8), layout="constrained", dpi=120)
    found = record["turns"]
    values = {name: turns.median(found, name) for name in found}
    program.bars(figure.subplots(), values, "s of a whole evaluation")
    return {"evaluation": figure}


if __name__ == "__main__":
    command_line.run(main)
