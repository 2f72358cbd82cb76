"""What the implicit gradient of a mixture costs, beside TensorFlow Probability's.

python -m zoo.benchmarks.implicit_gradient --out=runs/benchmarks/implicit_gradient

Each call draws a batch and takes the gradient of a loss by logits, locations, scales and degrees
of freedom, which are variables, in a tf.function. The calls take turns in one process, so that what
else the machine does falls on all alike. Writes implicit_gradient.md and implicit_gradient.json.
"""

import time
from collections.abc import Callable

import numpy as np

from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.program import Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/implicit_gradient", "The folder to write.")
_ROUNDS = FLAGS.integer("rounds", 5, "Turns of each call.", 1)
_CALLS = FLAGS.integer("calls", 10, "Calls of ours in a turn; TFP has one.", 1)
K, D, BATCH = 50, 100, 64
COMPONENTS = 1, 10, 100, 1000  # numbers of them that show how the cost grows
DF = {"Normal": None, "Student-t, one df": (), "Student-t, K D df": (K, D)}  # name: shape of df
TFP = "TFP"
FORMS = (TFP, "implicit_sample", "TFP's draw, our gradient", "given samples")


def main() -> None:
    """Measures."""
    program.run("implicit_gradient", _OUT.value, lambda: measure(_ROUNDS.value, _CALLS.value), page)


def measure(rounds: int, calls: int) -> Record:
    """Wall and CPU seconds of a call in each turn.

    Args:
        rounds: Turns.
        calls: Calls of ours in a turn, of which the mean counts.
    """

    def take(steps: dict[str, Callable[[int], object]]) -> Record:
        timed = {name: _timed(step, 1 if name == TFP else calls) for name, step in steps.items()}
        return turns.take(timed, rounds)

    families = {
        family: take({form: _step(K, shape, form) for form in FORMS})
        for family, shape in DF.items()
    }
    growth = take({str(k): _step(k, None, "implicit_sample") for k in COMPONENTS})
    return {"families": families, "growth": growth}


def page(record: Record) -> str:
    """The tables, in Markdown: medians, and ratios turn by turn."""
    rows = [
        (family, form, *_milliseconds(forms, form), f"{turns.ratio(forms, TFP, form):.0f}")
        for family, forms in record["families"].items()
        for form in forms
    ]
    header = ("components", "form", "ms, median", "ms, least", "CPU ms, least", "TFP / form")
    growth = record["growth"]
    last = [*growth][-1]
    grown = [
        (k, *_milliseconds(growth, k), f"{turns.ratio(growth, k, last, 'cpu'):.3f}") for k in growth
    ]
    names = ("K", *header[2:5], f"CPU time / that of {last}")
    return f"""# The implicit gradient

Draw and gradient at K = {K}, D = {D}, batch {BATCH}, over {len(growth[last])} turns in one process;
ratios are medians of the ratio to TFP's `MixtureSameFamily(reparameterize=True)` in the same turn.

{tables.markdown(header, rows)}

`implicit_sample` of Normal components, by their number K:

{tables.markdown(names, grown)}

{record["hardware"]}: `{record["command"]}`
"""


def _milliseconds(taken: turns.Turns, name: str) -> list[str]:
    least = (min(each[clock] for each in taken[name]) for clock in ("seconds", "cpu"))
    return [f"{1e3 * each:.2f}" for each in (turns.median(taken, name), *least)]


def _timed(step: Callable[[int], object], calls: int) -> Callable[[], Record]:
    def call() -> Record:
        begun, cpu = time.perf_counter(), time.process_time()
        for number in range(calls):
            step(number)
        ended, used = time.perf_counter(), time.process_time()
        return {"seconds": (ended - begun) / calls, "cpu": (used - cpu) / calls}

    return call


def _step(num_components: int, df_shape: tuple[int, ...] | None, form: str) -> Callable:
    import tensorflow as tf
    import tensorflow_probability as tfp

    from tfmix import priors

    tfd = tfp.distributions
    rng = np.random.default_rng(0)
    parameters = {
        "logits": np.log(rng.dirichlet(np.full(num_components, 2.0))),
        "loc": rng.uniform(-1, 1, [num_components, D]),
        "scale": np.full([num_components, D], 0.5),
    }
    if df_shape is not None:
        parameters["df"] = rng.uniform(2.5, 9, df_shape)
    variables = {name: tf.Variable(each, dtype=tf.float32) for name, each in parameters.items()}

    def mixture(**options) -> tfd.MixtureSameFamily:
        base = tfd.Normal if df_shape is None else tfd.StudentT
        components = base(**{name: each for name, each in variables.items() if name != "logits"})
        weights = tfd.Categorical(logits=variables["logits"])
        return tfd.MixtureSameFamily(weights, tfd.Independent(components, 1), **options)

    given = mixture().sample(BATCH, seed=[0, 0])

    def draw(seed: tf.Tensor) -> tf.Tensor:
        if form == TFP:
            return mixture(reparameterize=True).sample(BATCH, seed=seed)
        if form == "implicit_sample":
            return priors.implicit_sample(mixture(), BATCH, seed)
        samples = given if form == "given samples" else mixture().sample(BATCH, seed=seed)
        return priors.implicit_reparameterization(mixture(), samples)

    @tf.function
    def gradients(seed: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.reduce_sum(draw(seed) ** 2, axis=-1))
        return tape.gradient(loss, list(variables.values()))

    return lambda number: [each.numpy() for each in gradients(tf.constant([0, number]))]


if __name__ == "__main__":
    command_line.run(main)
