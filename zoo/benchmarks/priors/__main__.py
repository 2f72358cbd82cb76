"""Compares four gradients of a mixture prior, in time and in error.

python -m zoo.benchmarks.priors

They are those of `LocationScaleMixture`, "pathwise", "marginal" and "implicit", and TFP's own,
`MixtureSameFamily(reparameterize=True)`. Beside them: the implicit gradient against TFP's alone,
the memory it takes, and what a mixture adds to a training step. Writes priors.md, priors.json and
priors.png to --out. Takes about ten minutes on two cores.
"""

import dataclasses
import json
import pathlib
import sys
import time

from tfmix import environment
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks.priors import memory, settings

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/priors", "The folder to write to.")
_QUICK = FLAGS.boolean("quick", False, "Measures next to nothing, to see that it works.")


def main() -> None:
    """Measures, prints the tables and writes the files."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out / "priors.md", ".md")
    tfmix = command_line.import_tfmix()
    from zoo.benchmarks.priors import report

    measured = measure(settings.QUICK if _QUICK.value else settings.FULL)
    page = report.page(measured)
    with tfmix.files.atomic_write(out / "priors.json") as beside:
        beside.write_text(json.dumps(measured, indent=2) + "\n")
    with tfmix.files.atomic_write(out / "priors.png") as beside:
        report.plot(measured["gradients"]).savefig(beside)
    with tfmix.files.atomic_write(out / "priors.md") as beside:
        beside.write_text(page)
    print(f"{page}\nFiles: {out}")


def measure(plan: settings.Plan) -> dict[str, object]:
    """Runs all four parts.

    Args:
        plan: What to measure.

    Returns:
        All numbers, as JSON can hold them.
    """
    import keras

    from zoo.benchmarks.priors import gradients, training

    started = time.perf_counter()
    bar = keras.utils.Progbar(
        len(plan.gradients) + len(plan.implicit) + 2,
        unit_name="measurement",
        interval=0.1 if sys.stdout.isatty() else 15.0,
    )

    def done(result: dict[str, object]) -> dict[str, object]:
        bar.add(1)
        return result

    return {
        **environment.record(),
        "seed": gradients.SEED,
        "plan": dataclasses.asdict(plan),
        "memory": done(memory.measure(plan.memory)),
        "gradients": [
            done(_described(setting) | {"ways": gradients.compare(setting, plan)})
            for setting in plan.gradients
        ],
        "implicit": [
            done(_described(setting) | gradients.compare_implicit(setting, plan))
            for setting in plan.implicit
        ],
        "training_step": done(training.compare(plan)),
        "wall_seconds": round(time.perf_counter() - started, 1),
    }


def _described(setting: settings.Setting) -> dict[str, object]:
    return {
        **dataclasses.asdict(setting),
        "family": setting.family,
        "geometry": setting.geometry,
    }


if __name__ == "__main__":
    command_line.run(main)
