"""Sends requests from many clients at once to a server with faults, and checks every answer.

python -m zoo.benchmarks.serving --out=runs/benchmarks/serving

`tfmix.serving.Client` draws from deligan_mnist, served by `zoo.serving.prediction_service` in
this process: once undisturbed and once with a tenth of the requests refused, a twentieth answered
and the answer lost, and a twentieth delayed. Each answer is compared to the bits that the .keras
file gives for its seeds. Writes serving.md, serving.json and serving.png.
"""

import functools
import importlib.metadata
import pathlib
import time

import numpy as np
from matplotlib.figure import Figure

from tfmix import environment
from tfmix.evaluation import tables
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from tfmix.progress import progress_bar
from zoo.benchmarks import program, serving_load
from zoo.benchmarks.program import Record

_MODEL = "deligan_mnist"
_FOLDER = pathlib.Path(__file__).parents[2] / "saved_models" / _MODEL
_FAULTS = {"unavailable": 0.1, "lost": 0.05, "delayed": 0.05, "delay": 0.05}
_COUNTS = {  # by their names in a record: their titles
    **{name: name for name in ("answered", "wrong", "lost", "duplicated")},
    **{"exchanged": "of another request", "tries": "tries"},
}
_PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "max": 100}
_PACKAGES = ("grpcio", "tenacity", "tensorflow-serving-api")

FLAGS = Flags()
_OUT = FLAGS.string("out", "runs/benchmarks/serving", "The folder to write.")
_REQUESTS = FLAGS.integer("requests", 2000, "Requests of each part.", 1)
_CLIENTS = FLAGS.integer("clients", 16, "Clients that send at the same time.", 1)
_SEED = FLAGS.integer("seed", 0, "Of the requests and the faults.", 0)


def main() -> None:
    """Sends, checks and writes what came of it."""
    program.run("serving", _OUT.value, measure, page, figures)


def measure() -> Record:
    """Sends all requests to a server without faults and to one with, and judges the answers."""
    import keras

    import tfmix
    from zoo.serving import prediction_service

    sampler = keras.models.load_model(_FOLDER / f"{_MODEL}.keras")
    components = sampler.describe()["components"]
    requests = serving_load.draw_requests(_REQUESTS.value, components, _SEED.value)
    wanted = serving_load.expected(sampler, requests)
    faults = prediction_service.draw_faults(_SEED.value, **_FAULTS)
    parts = {}
    with prediction_service.Server({_MODEL: _FOLDER / "1"}) as server:
        make_client = functools.partial(tfmix.serving.Client, server.address, _MODEL)
        serving_load.send(make_client, requests[:32], 1)  # not counted: the first run is slow
        for name, drawn in {"none": prediction_service.Fault, "injected": faults}.items():
            server.faults, before, since = drawn, server.predictions, time.perf_counter()
            bar = progress_bar("request")
            answers = serving_load.send(make_client, requests, _CLIENTS.value, bar)
            parts[name] = {
                "seconds": time.perf_counter() - since,
                "tries": server.predictions - before,
                **serving_load.judge(answers, wanted),
                "latencies": sorted(round(answer.seconds, 6) for answer in answers),
            }
    packages = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {
        "versions": {**environment.record()["versions"], **packages},
        "model": _MODEL,
        "requests": len(requests),
        "clients": _CLIENTS.value,
        "rows": sum(len(each.seeds) for each in requests),
        "seed": _SEED.value,
        "injected": _FAULTS,
        "faults": parts,
    }


def page(record: Record) -> str:
    """The table, in Markdown."""
    shares, parts = record["injected"], record["faults"]
    answers = [(name, *(f"{part[each]:,}" for each in _COUNTS)) for name, part in parts.items()]
    shown = [*_PERCENTILES.values()]
    times = [
        (
            name,
            *(f"{1000 * each:.0f}" for each in np.percentile(part["latencies"], shown)),
            f"{record['requests'] / part['seconds']:.0f}",
            f"{record['rows'] / part['seconds']:,.0f}",
        )
        for name, part in parts.items()
    ]
    called = ["faults", *_COUNTS.values()]
    taken = ["faults", *(f"{name}, ms" for name in _PERCENTILES), "requests/s", "images/s"]
    return f"""# A server with faults

{record["clients"]} clients, `tfmix.serving.Client` each in a thread of its own, send
{record["requests"]:,} requests of 1 to {serving_load.MOST_ROWS} images of `{record["model"]}`
({record["rows"]:,} images), half of them with components and scales. Each answer is compared to
what the `.keras` file gives for its seeds, bit by bit. Of the tries, {shares["unavailable"]:.0%}
are refused as UNAVAILABLE, {shares["lost"]:.0%} are answered and the answer is lost, and
{shares["delayed"]:.0%} are delayed by {1000 * shares["delay"]:.0f} ms in the mean.

{tables.markdown(called, answers)}

{tables.markdown(taken, times)}

The server is `zoo.serving.prediction_service`, which runs the SavedModel as TensorFlow Serving does
but is written in Python and shares one process, its cores and its interpreter's lock with all
clients. So the time of a request is above all that of waiting behind {record["clients"] - 1}
others: it shows what faults add, and not what TensorFlow Serving takes. A lost answer is computed
twice, which shows in the tries. A call of the client returns once: an answer counted twice would be
this program's own.

On {record["hardware"]} in {record["seconds"]:.0f} s: `{record["command"]}`
"""


def figures(record: Record) -> dict[str, Figure]:
    """The share of requests that are answered within a time."""
    figure = Figure(figsize=(6, 3.4), layout="constrained", dpi=120)
    axes = figure.add_subplot(xscale="log", xlabel="time of a request, ms", ylabel="share answered")
    for color, (name, part) in zip(
        ("tab:blue", "tab:orange"), record["faults"].items(), strict=True
    ):
        latencies = 1000 * np.array(part["latencies"])
        shares = np.arange(1, len(latencies) + 1) / len(latencies)
        axes.step(latencies, shares, where="post", color=color, label=f"faults: {name}")
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    return {"serving": figure}


if __name__ == "__main__":
    command_line.run(main)
