"""Times sampling beside the bare generator and PyTorch, and shows what it costs by count and K.

python -m zoo.benchmarks.sampling --out=runs/benchmarks/speed

`sample` and the SavedModel draw latents and give an image the same bits in any batch; the bare
generator has its latents at hand, and takes batches of several sizes, of which the best counts.
PyTorch's eager generator does likewise, with the channels first or last. Contenders take turns,
each in a process of its own. Writes sampling.md, sampling.json and sampling.png.
"""

import functools

from matplotlib.figure import Figure

from tfmix import loading, shipped
from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from zoo.benchmarks import program, turns
from zoo.benchmarks.turns import Contender, Record

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/speed", "The folder to write.")
_MODEL = FLAGS.string("model", "gmgan_mnist", "A shipped model.")
_ROUNDS = FLAGS.integer("rounds", 5, "Turns of each contender.", 1)
_NUM = FLAGS.integer("num", 10_000, "Images of a turn.", 1)
_ONES = FLAGS.integer("ones", 100, "Calls for one image in a turn.", 1)
_LARGEST = FLAGS.integer("largest", 100_000, "Most images of the lines by count.", 1_000)
_BATCHES = (16, 32, 64, 128, 256, 1_024)
_COMPONENTS = (1, 10, 100, 1_000)
_OF_K = 2_000  # images
_FOLDER = "zoo.benchmarks.contenders"
SAMPLE, SAVED, BARE, PYTORCH = "tfmix, sample", "tfmix, SavedModel", "bare generator", "PyTorch"


def main() -> None:
    """Measures."""
    program.run("sampling", _OUT.value, measure, page, figures)


def measure() -> Record:
    """Turns of many images and of one, by count, and by the number of components."""
    keras_file = loading.find(_MODEL.value)
    network = loading.load(keras_file).generator.get_config()
    tensorflow, pytorch = f"{_FOLDER}.tensorflow", f"{_FOLDER}.pytorch"
    saved = shipped.folder("saved_models") / _MODEL.value / "1"
    last = {"network": network, "channels_last": True}
    started = turns.Workers(
        {
            SAMPLE: Contender(f"{tensorflow}:sample", {"model": str(keras_file)}),
            SAVED: Contender(f"{tensorflow}:sample", {"model": str(saved)}),
            BARE: Contender(f"{tensorflow}:generate", {"model": str(keras_file)}),
            PYTORCH: Contender(f"{pytorch}:sample", {"network": network}),
            f"{PYTORCH}, channels last": Contender(f"{pytorch}:sample", last),
        }
    )
    with started as workers:
        many = turns.take(_calls(workers, _NUM.value, _BATCHES), _ROUNDS.value)
        one = turns.take(_calls(workers, _ONES.value, (1,), one=True), _ROUNDS.value)
        draw = workers[SAMPLE].run
        lines = {str(count): functools.partial(draw, count) for count in _counts()}
        by_count = turns.take(lines, _ROUNDS.value, warm=0)
    of_k = turns.Workers({"k": Contender(f"{tensorflow}:sample_of_k", {"model": str(keras_file)})})
    with of_k as workers:
        lines = {
            str(k): functools.partial(workers["k"].run, _OF_K, components=k) for k in _COMPONENTS
        }
        by_components = turns.take(lines, _ROUNDS.value)
    return {
        **{"model": _MODEL.value, "num": _NUM.value, "ones": _ONES.value},
        **{"many": many, "one": one, "by_count": by_count, "by_components": by_components},
        "left_out": started.left_out,
    }


def _calls(workers: dict[str, turns.Worker], number: int, batches: tuple[int, ...], one=False):
    """What to call: of what takes batches, each size."""
    calls = {}
    for name, worker in workers.items():
        if name in (SAMPLE, SAVED):
            how = {"each": 1} if one else {}
            calls[name] = functools.partial(worker.run, number, **how)
            continue
        for batch in batches:
            title = name if one else f"{name}, batches of {batch:,}"
            calls[title] = functools.partial(worker.run, number, batch=batch)
    return calls


def _counts() -> list[int]:
    return [c for c in (1_000, 3_000, 10_000, 30_000, 100_000) if c <= _LARGEST.value]


def best(found: turns.Turns, kind: str) -> str | None:
    """The fastest of the contenders whose names begin so; None where there is none."""
    names = [name for name in found if name.startswith(kind)]
    return min(names, key=lambda name: turns.median(found, name), default=None)


def _shown(many: turns.Turns) -> list[str]:
    """Names of the contenders that the first table has, each in its best batch."""
    return [each for each in (SAMPLE, SAVED, best(many, BARE), best(many, PYTORCH)) if each]


def page(record: Record) -> str:
    """The tables, in Markdown."""
    many, one, count = record["many"], record["one"], record["num"]
    by_count, of_k = record["by_count"], record["by_components"]
    bare, shown = best(many, BARE), _shown(many)

    def row(found: turns.Turns, name: str, images: int, base: str) -> tuple[str, ...]:
        spent = 1e3 * turns.median(found, name) / images
        return (name, f"{spent:.3f}", f"{turns.ratio(found, name, base):.2f}")

    counts = [
        (
            f"{int(name):,}",
            f"{turns.median(by_count, name):.2f}",
            f"{1e3 * turns.median(by_count, name) / int(name):.3f}",
            f"{turns.median(by_count, name, 'peak') / 1e6:,.0f}",
        )
        for name in by_count
    ]
    drawing = {k: 1e6 * turns.median(of_k, k, "drawing") / _OF_K for k in of_k}
    components = [(*row(of_k, k, _OF_K, "1"), f"{drawing[k]:.1f}") for k in of_k]
    others = [name for name in many if name not in shown]
    said = "; ".join(f"{n} {1e3 * turns.median(many, n) / count:.3f}" for n in others)
    return "\n\n".join(
        [
            f"""# Sampling

Medians of {len(many[SAMPLE])} turns with `{record["model"]}`; ratios are medians over rounds.

## {count:,} images""",
            tables.markdown(
                ("contender", "ms an image", "ratio to the bare generator"),
                [row(many, name, count, bare) for name in shown],
            ),
            f"Other batches, ms an image: {said}.",
            "## One image",
            tables.markdown(
                ("contender", "ms", "ratio to sample"),
                [row(one, name, record["ones"], SAMPLE) for name in one],
            ),
            "## By the number of images",
            "The most memory of the process, the images among it, which `sample` gives as one "
            "array of float32.",
            tables.markdown(("images", "s", "ms an image", "MB"), counts),
            "## By the number of components",
            f"`sample` of {_OF_K:,} images by the same generator and a `GaussianMixture` of K "
            "components, and the prior's own draw.",
            tables.markdown(
                ("K", "ms an image", "ratio to K = 1", "draw, us an image"), components
            ),
            *tables.left_out(record["left_out"]),
            program.ran(record),
        ]
    )


def figures(record: Record) -> dict[str, Figure]:
    """Bars of the contenders, and lines by the number of images and of components."""
    figure = Figure(figsize=(8, 6), layout="constrained", dpi=120)
    top, bottom = figure.subfigures(2, height_ratios=(1, 1.1))
    many = record["many"]
    values = {name: 1e3 * turns.median(many, name) / record["num"] for name in _shown(many)}
    program.bars(top.subplots(), values, f"ms an image, {record['num']:,} images")
    of_count, of_k = bottom.subplots(1, 2)
    for axes, found, label in (
        (of_count, record["by_count"], "images"),
        (of_k, record["by_components"], f"components, {_OF_K:,} images"),
    ):
        axes.plot([*map(int, found)], [turns.median(found, name) for name in found], "o-")
        axes.set(xscale="log", xlabel=label, ylabel="s of `sample`")
        axes.grid(alpha=0.3)
    of_count.set_yscale("log")
    of_k.set_ylim(bottom=0)
    return {"sampling": figure}


if __name__ == "__main__":
    command_line.run(main)
