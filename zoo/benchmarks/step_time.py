"""What a training step of the recommended recipe costs, beside one of the old recipe.

python -m zoo.benchmarks.step_time --out=runs/benchmarks/step_time

Models of the same widths on batches of MNIST's size take turns in one process, some steps each, so
that what else the machine does falls on all alike. The old recipe is that in which tfmix's models
were trained before: batch normalisation in a discriminator of two convolutions, no penalty. Writes
step_time.md and step_time.json.
"""

import statistics
import time

import numpy as np

from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import program
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/step_time", "The folder to write.")
_ROUNDS = FLAGS.integer("rounds", 15, "Turns that each model takes.", 2)
_STEPS = FLAGS.integer("steps", 16, "Steps of a turn, a multiple of r1_every to be fair.", 1)
OLD = {
    "model": {"r1_penalty": 0.0},
    "discriminator": {
        **{"depth": 2, "kernel_size": 5, "dense_widths": (), "norm": "batch", "patches": True}
    },
}
CASES = {  # by name: config and what differs from it
    "one normal, old recipe": ("dcgan_mnist", OLD),
    "one normal": ("dcgan_mnist", {}),
    "mixture with a component head": ("gmgan_mnist", {"model": {"invariance_weight": 0.0}}),
    "gmgan_mnist": ("gmgan_mnist", {}),
    "one normal, bfloat16": ("dcgan_mnist", {"precision": "mixed_bfloat16"}),
}
BASE = next(iter(CASES))


def main() -> None:
    """Measures."""
    program.run("step_time", _OUT.value, lambda: measure(_ROUNDS.value, _STEPS.value), page)


def measure(rounds: int, steps: int) -> Record:
    """Seconds of a step in each turn of each model.

    Args:
        rounds: Turns that each model takes.
        steps: Steps of a turn.
    """
    import tensorflow as tf

    from tfmix.training import build, config

    images = np.random.default_rng(0).uniform(-1, 1, [64, 28, 28, 1]).astype(np.float32)
    batches = tf.data.Dataset.from_tensors(images).repeat()
    models = {
        name: build.build(
            config.checked(presets.based_on(base, **changes)), (28, 28, 1), [0.1] * 10
        )
        for name, (base, changes) in CASES.items()
    }
    seconds = {name: [] for name in CASES}
    for turn in range(rounds + 1):
        for name, model in models.items():
            begun = time.perf_counter()
            model.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
            if turn:  # the first turn traces the step
                seconds[name].append((time.perf_counter() - begun) / steps)
    return {"turns": seconds, "steps": steps}


def page(record: Record) -> str:
    """The table, in Markdown: medians, and the ratio to the old recipe turn by turn."""
    turns = record["turns"]
    rows = []
    for name, seconds in turns.items():
        ratio = statistics.median(np.divide(seconds, turns[BASE]).tolist())
        rows.append((name, f"{1e3 * statistics.median(seconds):.0f}", f"{ratio:.2f}"))
    table = tables.markdown(("step of 64 images, width 32", "ms", "ratio"), rows)
    return f"""# A training step

Medians over {len(turns[BASE])} turns of {record["steps"]} steps, which the models took by turns in
one process; ratios are medians of the ratio to the old recipe in the same round.

{table}

{record["hardware"]}: `{record["command"]}`
"""


if __name__ == "__main__":
    command_line.run(main)
