"""Compares four gradients of a mixture prior, in time and in error.

python -m zoo.benchmarks.priors

They are those of `LocationScaleMixture`, "pathwise", "marginal" and "implicit", and TFP's own,
`MixtureSameFamily(reparameterize=True)`. Beside them: the implicit gradient against TFP's alone,
the memory it takes, and what a mixture adds to a training step. Writes priors.md, priors.json and
priors.png to --out. Takes about ten minutes on two cores.
"""

import dataclasses
import sys

from matplotlib.figure import Figure

from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program
from zoo.benchmarks.priors import memory, settings
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/priors", "The folder to write to.")
_QUICK = FLAGS.boolean("quick", False, "Measures next to nothing, to see that it works.")


def main() -> None:
    """Measures, prints the tables and writes the files."""
    program.run("priors", _OUT.value, measure, _page, _figures)


def measure() -> Record:
    """Runs all four parts of the plan, and gives all numbers."""
    import keras

    from zoo.benchmarks.priors import gradients, training

    plan = settings.QUICK if _QUICK.value else settings.FULL
    bar = keras.utils.Progbar(
        len(plan.gradients) + len(plan.implicit) + 2,
        unit_name="measurement",
        interval=0.1 if sys.stdout.isatty() else 15.0,
    )

    def done(result: Record) -> Record:
        bar.add(1)
        return result

    return {
        "seed": gradients.SEED,
        "plan": dataclasses.asdict(plan),
        "memory": done(memory.measure(plan.memory)),
        "gradients": [
            done({**each.described(), "ways": gradients.compare(each, plan)})
            for each in plan.gradients
        ],
        "implicit": [
            done({**each.described(), **gradients.compare_implicit(each, plan)})
            for each in plan.implicit
        ],
        "training_step": done(training.compare(plan)),
    }


def _page(record: Record) -> str:
    from zoo.benchmarks.priors import report

    return report.page(record)


def _figures(record: Record) -> dict[str, Figure]:
    from zoo.benchmarks.priors import report

    return {"priors": report.plot(record["gradients"])}


if __name__ == "__main__":
    command_line.run(main)
