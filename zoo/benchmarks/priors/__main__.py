"""Compares four gradients of a mixture prior, in time and in error.

python -m zoo.benchmarks.priors

They are those of `LocationScaleMixture`, "pathwise", "marginal" and "implicit", and TFP's own,
`MixtureSameFamily(reparameterize=True)`. Beside them: the implicit gradient against TFP's alone,
the memory it takes, and what a mixture adds to a training step. Writes priors.md, priors.json and
priors.png to --out. Takes about ten minutes on two cores.
"""

import dataclasses

from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program
from zoo.benchmarks.priors import memory, report, settings
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/priors", "The folder to write to.")
_QUICK = FLAGS.boolean("quick", False, "Measures next to nothing, to see that it works.")


def main() -> None:
    """Measures, prints the tables and writes the files."""
    program.run("priors", _OUT.value, measure, report.page, report.figures)


def measure() -> Record:
    """Runs all four parts of the plan, and gives all numbers."""
    from tfmix.progress import progress_bar
    from zoo.benchmarks.priors import gradients, training

    plan = settings.QUICK if _QUICK.value else settings.FULL
    bar, number = progress_bar("measurement"), len(plan.gradients + plan.implicit)
    rows, implicit = [], []
    for each in plan.gradients:
        rows.append({**each.described(), "ways": gradients.compare(each, plan)})
        bar(len(rows), number)
    for each in plan.implicit:
        implicit.append({**each.described(), **gradients.compare_implicit(each, plan)})
        bar(len(rows + implicit), number)
    return {
        "seed": settings.SEED,
        "plan": dataclasses.asdict(plan),
        "gradients": rows,
        "implicit": implicit,
        "memory": memory.measure(plan.memory),
        "training_step": training.compare(plan),
    }


if __name__ == "__main__":
    command_line.run(main)
