"""Times the training step of tfmix beside Keras written by hand and PyTorch, on the same networks.

python -m zoo.benchmarks.step --out=runs/benchmarks/speed

Each contender has a process of its own, and they take turns (see `zoo.benchmarks.turns`). The
first turns, in which steps are traced and compiled, do not count. Where PyTorch is not installed,
it is left out. Writes step.md, step.json and step.png.
"""

import functools

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from tfmix.programs import command_line, presets
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.turns import Contender, Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_ROUNDS = FLAGS.integer("rounds", 5, "Turns of each contender.", 1)
_STEPS = FLAGS.integer("steps", 32, "Steps of a turn, a multiple of r1_every to be fair.", 1)
# The recipe before the recommended one: batch normalisation in a discriminator of two convolutions.
OLD = {
    "model": {"r1_penalty": 0.0},
    "discriminator": {
        **{"depth": 2, "kernel_size": 5, "dense_widths": (), "norm": "batch", "patches": True}
    },
    "optimizer": {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999, "schedule": "constant"},
}
_WIDE = {"generator": {"width": 64}, "discriminator": {"width": 64}}
CASES = {  # by name: config, what differs from it, and the shape of an image
    "DCGAN pair, width 64": ("dcgan_mnist", _WIDE, (28, 28, 1)),
    "dcgan_cifar10": ("dcgan_cifar10", {}, (32, 32, 3)),
    "dcgan_mnist": ("dcgan_mnist", {}, (28, 28, 1)),
    "gmgan_mnist": ("gmgan_mnist", {}, (28, 28, 1)),
}
_CASES = FLAGS.list("cases", [*CASES], "Which networks.")
_TENSORFLOW, _PYTORCH = "zoo.benchmarks.contenders.tensorflow", "zoo.benchmarks.contenders.pytorch"
_FAST = {"channels_last": True, "bfloat16": True}
BASE, DEFAULT, FLOAT32 = "PyTorch, eager", "tfmix, default", "tfmix, float32"
CONTENDERS = {
    DEFAULT: (f"{_TENSORFLOW}:step", {}),
    FLOAT32: (f"{_TENSORFLOW}:step", {"precision": "float32"}),
    "tfmix, bfloat16": (f"{_TENSORFLOW}:step", {"precision": "mixed_bfloat16"}),
    "tfmix, old recipe, float32": (f"{_TENSORFLOW}:step", {"precision": "float32"}),
    "keras.io style": (f"{_TENSORFLOW}:keras_io_step", {}),
    BASE: (f"{_PYTORCH}:step", {}),
    "PyTorch, compiled": (f"{_PYTORCH}:step", {"compiled": True}),
    "PyTorch, channels last, bfloat16": (f"{_PYTORCH}:step", _FAST),
    "PyTorch, the same compiled": (f"{_PYTORCH}:step", {**_FAST, "compiled": True}),
}
_NOT_IN = {  # the head of components is no part of keras.io's example, the old recipe is of one
    "gmgan_mnist": ("keras.io style", "tfmix, old recipe, float32"),
    "dcgan_cifar10": ("tfmix, old recipe, float32",),
    "DCGAN pair, width 64": ("tfmix, old recipe, float32",),
}
_CHECK = "zoo.benchmarks.contenders.agreement:check"


def main() -> None:
    """Measures."""
    program.check_names(_CASES, CASES)
    program.run("step", _OUT.value, measure, page, figures)


def measure() -> Record:
    """The turns of each contender in each case, and whether PyTorch's networks are ours."""
    cases = {name: measure_case(name) for name in _CASES.value}
    return {"steps": _STEPS.value, "cases": cases}


def measure_case(name: str) -> Record:
    """Turns in one case: "turns" and "left_out" by contender, "agreement"."""
    config, changes, shape = CASES[name]
    of_case = {"config": presets.based_on(config, **changes).to_dict(), "shape": shape}
    contenders = {
        contender: Contender(make, {**of_case, **options})
        for contender, (make, options) in CONTENDERS.items()
        if contender not in _NOT_IN.get(name, ())
    }
    for contender in contenders.keys() & {"tfmix, old recipe, float32"}:
        old = presets.based_on(config, **OLD).to_dict()
        contenders[contender].arguments["config"] = old
    with turns.Workers({"check": Contender(_CHECK, of_case)}) as checks:
        agreement = checks["check"].run(1) if checks else None
    started = turns.Workers(contenders)
    with started as workers:
        calls = {each: functools.partial(w.run, _STEPS.value) for each, w in workers.items()}
        taken = turns.take(calls, _ROUNDS.value)
    return {"turns": taken, "left_out": started.left_out, "agreement": agreement}


def page(record: Record) -> str:
    """A table for each case, in Markdown."""
    parts = [_HEAD.format(rounds=len(_any(record)), steps=record["steps"])]
    for name, case in record["cases"].items():
        parts += [f"## {name}", _table(case["turns"], record["steps"])]
        parts += tables.left_out(case["left_out"])
        if case["agreement"]:
            parts.append(_agreement(case["agreement"]))
    return "\n\n".join([*parts, program.ran(record)])


_HEAD = """# A training step

Milliseconds of a step of 64 images, medians of {rounds} turns of {steps} steps. Contenders take
turns, each in a process of its own. The ratio to PyTorch is the median over rounds of the ratio to
its eager float32. *Default* is the precision that the config has on this machine. All but two
train by the recipe: R1 every eighth step, Adam, an average of the generator's weights.
*keras.io style* trains the same networks as that site's example does, without penalty and average,
and draws a second batch for the generator; the *old recipe* has another discriminator, smaller and
with batch normalisation. Other programs on the machine slow PyTorch most, whose threads wait for
one another at full load."""


def _table(found: turns.Turns, steps: int) -> str:
    base = BASE if BASE in found else FLOAT32
    rows = [
        (
            name,
            f"{1e3 * turns.median(found, name) / steps:.1f}",
            f"{turns.ratio(found, name, base):.2f}",
            f"{1e3 * turns.median(found, name, 'cpu') / steps:.1f}",
        )
        for name in found
    ]
    return tables.markdown(("contender", "ms", f"ratio to {base}", "CPU ms"), rows)


def _agreement(found: Record) -> str:
    said = [
        f"{name} {found[name]['parameters'][0]:,} and {found[name]['parameters'][1]:,} numbers, "
        f"{found[name]['multiplications'][0] / 1e6:.2f} and "
        f"{found[name]['multiplications'][1] / 1e6:.2f} million multiplications an image, outputs "
        f"of the same weights {found[name]['difference']:.0e} of the largest apart"
        for name in ("generator", "discriminator")
    ]
    return f"Networks of tfmix and PyTorch: {'; '.join(said)}."


def figures(record: Record) -> dict[str, Figure]:
    """Bars of each case, in milliseconds."""
    cases = record["cases"]
    figure = Figure(figsize=(8, 1.2 + 1.9 * len(cases)), layout="constrained", dpi=120)
    panels = figure.subplots(len(cases), squeeze=False)[:, 0]
    for axes, (name, case) in zip(panels, cases.items(), strict=True):
        values = {
            each: 1e3 * turns.median(case["turns"], each) / record["steps"]
            for each in case["turns"]
        }
        program.bars(axes, values, f"{name}: ms a step")
    return {"step": figure}


def _any(record: Record) -> list[Record]:
    return next(iter(next(iter(record["cases"].values()))["turns"].values()))


if __name__ == "__main__":
    command_line.run(main)
