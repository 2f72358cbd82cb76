"""Times the start of whole processes: TensorFlow's import, tfmix's, and a program's.

python -m zoo.benchmarks.startup --out=runs/benchmarks/speed

Processes take turns. Writes startup.md, startup.json and startup.png.
"""

import functools
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
TENSORFLOW, TFMIX = "import tensorflow", "import tfmix"
ALL = "import tensorflow, keras, tensorflow_probability"
SAMPLE = "zoo.sample, 64 images"


def main() -> None:
    """Measures."""
    program.run("startup", _OUT.value, measure, page, figures)


def measure() -> Record:
    """Turns of each process."""
    with tempfile.TemporaryDirectory() as folder:
        draws = ["-m", "zoo.sample", f"--model={_MODEL.value}", "--num=64"]
        commands = {name: ["-c", name] for name in (TENSORFLOW, ALL, TFMIX)}
        commands[SAMPLE] = [*draws, f"--out={folder}/samples.png"]
        calls = {name: functools.partial(turns.process, each) for name, each in commands.items()}
        taken = turns.take(calls, _ROUNDS.value)
    return {"model": _MODEL.value, "turns": taken}


def beyond(found: turns.Turns, name: str, base: str, quantity: str = "seconds") -> float:
    """By how much a process takes longer than another, both in the median."""
    return turns.median(found, name, quantity) - turns.median(found, base, quantity)


def page(record: Record) -> str:
    """The table, in Markdown."""
    found = record["turns"]
    rows = [
        (
            f"`{name}`",
            f"{turns.median(found, name):.2f}",
            f"{turns.median(found, name, 'cpu'):.2f}",
            f"{beyond(found, name, TENSORFLOW):.2f}",
            f"{beyond(found, name, TENSORFLOW, 'cpu'):.2f}",
            f"{turns.median(found, name, 'peak') / 1e6:,.0f}",
        )
        for name in found
    ]
    head = ("process", "s", "CPU s", "s beyond TensorFlow", "CPU s beyond it", "most memory, MB")
    return f"""# Start-up

Whole processes, medians of {len(found[TENSORFLOW])} turns; the model is `{record["model"]}`.

{tables.markdown(head, rows)}

{program.ran(record)}"""


def figures(record: Record) -> dict[str, Figure]:
    """Bars of the processes."""
    figure = Figure(figsize=(8, 2.2), layout="constrained", dpi=120)
    found = record["turns"]
    values = {name: turns.median(found, name) for name in found}
    program.bars(figure.subplots(), values, "s of a whole process")
    return {"startup": figure}


if __name__ == "__main__":
    command_line.run(main)
