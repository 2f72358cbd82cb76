"""Counts the images a second of tfmix's input pipeline, beside tf.data by hand and PyTorch's.

python -m zoo.benchmarks.input --out=runs/benchmarks/speed

Batches of 64 from arrays of MNIST's size, beside a training step of dcgan_mnist, and the decoding
of a folder of JPEG pictures. Contenders take turns, each in a process of its own. Writes input.md,
input.json and input.png.
"""

import functools
import pathlib
import tempfile

import numpy as np
from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.turns import Contender, Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_ROUNDS = FLAGS.integer("rounds", 5, "Turns of each contender.", 1)
_ROWS = FLAGS.integer("rows", 60_000, "Images in memory, 28 x 28 and grey.", 64)
_BATCHES = FLAGS.integer("batches", 2_000, "Batches of a turn.", 1)
_PICTURES = FLAGS.integer("pictures", 2_000, "JPEG pictures of the folder, 96 x 96.", 100)
_STEPS = FLAGS.integer("steps", 32, "Training steps of a turn.", 1)
_BATCH, _SIDE = 64, 64
_FOLDER = "zoo.benchmarks.contenders"
TFMIX, STEP = "tfmix.data.batches", "a training step of dcgan_mnist"
FROM_FOLDER = "tfmix, decoded for the first time"


def main() -> None:
    """Measures."""
    program.run("input", _OUT.value, measure, page, figures)


def measure() -> Record:
    """Turns from arrays, with those of a training step, and from a folder."""
    arrays = {"rows": _ROWS.value, "batch": _BATCH}
    config = {"config": presets.get("dcgan_mnist").to_dict(), "shape": (28, 28, 1)}
    tensorflow, pytorch = f"{_FOLDER}.tensorflow_input", f"{_FOLDER}.pytorch_input"
    from_arrays = turns.Workers(
        {
            TFMIX: Contender(f"{tensorflow}:batches", arrays),
            "tf.data by hand": Contender(f"{tensorflow}:plain_batches", arrays),
            "PyTorch's DataLoader": Contender(f"{pytorch}:batches", arrays),
            "PyTorch's DataLoader, 2 workers": Contender(
                f"{pytorch}:batches", {**arrays, "workers": 2}
            ),
            STEP: Contender(f"{_FOLDER}.tensorflow:step", config),
        }
    )
    with from_arrays as workers:
        counts = {name: _STEPS.value if name == STEP else _BATCHES.value for name in workers}
        calls = {name: functools.partial(w.run, counts[name]) for name, w in workers.items()}
        of_arrays = turns.take(calls, _ROUNDS.value)
    with tempfile.TemporaryDirectory() as folder:
        _write_pictures(pathlib.Path(folder))
        pictures = {"folder": folder, "side": _SIDE}
        from_folder = turns.Workers(
            {
                FROM_FOLDER: Contender(f"{tensorflow}:folder", {**pictures, "cached": False}),
                "tfmix, from its cache": Contender(f"{tensorflow}:folder", pictures),
                "tf.data by hand": Contender(f"{tensorflow}:plain_folder", pictures),
                "PyTorch's DataLoader": Contender(f"{pytorch}:folder", pictures),
                "PyTorch's DataLoader, 2 workers": Contender(
                    f"{pytorch}:folder", {**pictures, "workers": 2}
                ),
            }
        )
        with from_folder as workers:
            calls = {name: functools.partial(w.run, 1) for name, w in workers.items()}
            of_folder = turns.take(calls, _ROUNDS.value)
    return {
        **{"rows": _ROWS.value, "pictures": _PICTURES.value, "steps": _STEPS.value},
        **{"batches": _BATCHES.value, "arrays": of_arrays, "folder": of_folder},
        "left_out": {**from_arrays.left_out, **from_folder.left_out},
    }


def _write_pictures(folder: pathlib.Path) -> None:
    """Writes JPEG pictures of smooth random colours."""
    import PIL.Image

    rng = np.random.default_rng(0)
    for number in range(_PICTURES.value):
        small = PIL.Image.fromarray(rng.integers(0, 256, [8, 8, 3], np.uint8))
        small.resize((96, 96), PIL.Image.BICUBIC).save(folder / f"{number}.jpg", quality=90)


def rates(record: Record) -> dict[str, dict[str, float]]:
    """Images a second of each contender, from "arrays" and from a "folder", in the median."""
    arrays, folder = record["arrays"], record["folder"]
    counts = dict.fromkeys(arrays, record["batches"] * _BATCH)
    counts[STEP] = record["steps"] * _BATCH
    return {
        "arrays": {name: counts[name] / turns.median(arrays, name) for name in arrays},
        "folder": {name: record["pictures"] / turns.median(folder, name) for name in folder},
    }


def page(record: Record) -> str:
    """The tables, in Markdown."""
    found = rates(record)
    step = found["arrays"][STEP]
    arrays = [
        (name, f"{rate:,.0f}", f"{1e3 * _BATCH / rate:.3f}", f"{step / rate:.4f}")
        for name, rate in found["arrays"].items()
    ]
    folder = [
        (name, f"{rate:,.0f}", f"{rate / found['folder'][FROM_FOLDER]:.1f}")
        for name, rate in found["folder"].items()
    ]
    head = ("contender", "images a second", "ms a batch", "share of a step's time")
    return "\n\n".join(
        [
            f"""# Input

Medians of {len(record["arrays"][TFMIX])} turns, batches of {_BATCH}, each epoch in another order.

## {record["rows"]:,} images of 28 x 28 in memory""",
            tables.markdown(head, arrays),
            f"## A folder of {record['pictures']:,} JPEG pictures",
            f"Of 96 x 96, in colour, read and resized to {_SIDE} x {_SIDE} once. tfmix decodes a "
            "folder before training and keeps it in memory and in a cache; the others decode it in "
            "each epoch.",
            tables.markdown(("contender", "pictures a second", "times tfmix's first"), folder),
            *tables.left_out(record["left_out"]),
            program.ran(record),
        ]
    )


def figures(record: Record) -> dict[str, Figure]:
    """Bars of images a second."""
    figure = Figure(figsize=(8, 4), layout="constrained", dpi=120)
    found = rates(record)
    for axes, name in zip(figure.subplots(2), found, strict=True):
        program.bars(axes, found[name], f"images a second, {name}")
        axes.set_xscale("log")
    return {"input": figure}


if __name__ == "__main__":
    command_line.run(main)
