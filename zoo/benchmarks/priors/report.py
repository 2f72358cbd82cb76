"""The tables and the plot of `zoo.benchmarks.priors`."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from zoo.benchmarks.priors.settings import BATCH_SIZE, LATENT_DIM, WAYS
from zoo.benchmarks.program import Record, grouped

_STYLES = {  # lines that coincide all show
    "pathwise": {"color": "tab:gray", "marker": "o", "markersize": 10},
    "marginal": {"color": "tab:blue", "marker": "s", "markersize": 7},
    "implicit": {"color": "tab:orange", "marker": "v", "markersize": 7},
    "tfp": {"color": "tab:red", "marker": "^", "markersize": 5},
}
_PANELS = {  # quantity: its factor, the label and the scale of the axis
    "seconds": (1000, "time, ms", "log"),
    "loc_error_median": (1, "median error of loc", "log"),
    "weights_cosine": (1, "median cosine of weights", "linear"),
}


def page(record: Record) -> str:
    """The whole page, in Markdown."""
    parts = [_head(record), _choice(record)]
    for geometry, rows in _by_geometry(record["gradients"]).items():
        parts.append(f"## {geometry}\n\n{_gradients(rows)}\n")
    return "\n".join([*parts, _implicit(record["implicit"]), _memory(record), _training(record)])


def figures(record: Record) -> dict[str, Figure]:
    """Time and errors against K for Normal components, a column of panels for each geometry."""
    geometries = _by_geometry([row for row in record["gradients"] if row["df"] is None])
    figure = Figure(figsize=(4 * len(geometries), 9), layout="constrained", dpi=120)
    panels = figure.subplots(len(_PANELS), len(geometries), squeeze=False, sharex=True)
    for column, (geometry, shown) in zip(panels.T, geometries.items(), strict=True):
        column[0].set_title(geometry.replace(", scale", "\nscale"), fontsize=10)
        column[-1].set(xlabel="components K", ylim=(-0.1, 1.05))
        counts = [row["num_components"] for row in shown]
        for panel, (quantity, (factor, _, scale)) in zip(column, _PANELS.items(), strict=True):
            for way in WAYS:
                values = [row["ways"][way][quantity] for row in shown]
                if None not in values:
                    values = [factor * value for value in values]
                    panel.plot(counts, values, label=way, **_STYLES[way])
            panel.set(xscale="log", yscale=scale, xticks=counts, xticklabels=counts)
            panel.xaxis.minorticks_off()
            panel.grid(alpha=0.3)
    for panel, (_, label, _) in zip(panels[:, 0], _PANELS.values(), strict=True):
        panel.set_ylabel(label)
    panels[0, 0].legend()
    return {"priors": figure}


def _head(record: Record) -> str:
    seconds = record["seconds"] if "seconds" in record else record["wall_seconds"]  # its old name
    return f"""# Gradients of mixture priors

Written in {seconds:.0f} s on {record["hardware"]} by

    {record["command"]}

priors.json holds all numbers, settings and versions.

Time is that of draw, loss and gradient together, the median over rounds that take each gradient in
turn. The loss is a fixed sum of random cosines of z, whose true gradient is known
(`zoo/benchmarks/priors/gradients.py`). An error is the distance of a batch's gradient from the
truth over the norm of the truth: root mean square over batches, and median in brackets; far apart,
the root mean square is that of a few outliers. The cosine is that of the gradient by the logits of
the weights with the truth, median over batches. TFP's gradient is the implicit one: its errors
differ by chance and by the number of batches.
"""


def _gradients(rows: Sequence[Record]) -> str:
    def cells(row: Record, way: str, found: Record) -> tuple[object, ...]:
        seconds, cosine, ways = found["seconds"], found["weights_cosine"], row["ways"]
        times = _milliseconds(seconds), _digits(seconds / ways["pathwise"]["seconds"])
        times += (f"{seconds / ways['tfp']['seconds']:.3g}",)
        loc, scale = (
            f"{found[f'{name}_error']:.3g} ({found[f'{name}_error_median']:.3g})"
            for name in ("loc", "scale")
        )
        cosine = "-" if cosine is None else f"{cosine:.3f}"
        names = row["family"], row["num_components"], way
        return *names, *times, loc, scale, cosine, found["batches"]

    head = ["components", "K", "gradient", "ms", "of pathwise", "of TFP"]
    head += ["loc error", "scale error", "weights cosine", "batches"]
    lines = [cells(row, *each) for row in rows for each in row["ways"].items()]
    return tables.markdown(head, lines)


def _implicit(rows: Sequence[Record]) -> str:
    def cells(row: Record) -> tuple[object, ...]:
        seconds = row["seconds"]
        pairs = ("tfp", "given"), ("tfp", "implicit"), ("tfp_xla", "implicit")
        ratios = [f"{seconds[theirs] / seconds[ours]:.1f}" for theirs, ours in pairs]
        errors = [f"{each:.1e}" for each in row["error"].values()]
        return row["family"], *map(_milliseconds, seconds.values()), *ratios, *errors

    head = ["components", "given samples, ms", "draw, ms", "TFP, ms", "TFP with XLA, ms"]
    head += ["TFP / given", "TFP / draw", "XLA / draw", "error", "TFP's error"]
    return f"""## The implicit gradient against TFP's

K={rows[0]["num_components"]}, {rows[0]["geometry"]}. `implicit_reparameterization` of given
samples, forwards and backwards; `gradient="implicit"` with its draw; TFP's with its draw, without
and with XLA. Errors are those of float32 against ours in float64 on the same samples, relative to
the norm, for the parameter where they are largest.

{tables.markdown(head, map(cells, rows))}
"""


def _memory(record: Record) -> str:
    setting, found = record["plan"]["memory"], record["memory"]
    return f"""## Memory of the implicit gradient

K={setting["num_components"]}, D={setting["latent_dim"]}, batch {setting["batch_size"]}: a process
of {found["before_mib"]:.0f} MiB reaches {found["peak_mib"]:.0f} MiB, tracing and compilation
included.
"""


def _training(record: Record) -> str:
    plan, found = record["plan"], record["training_step"]
    mixture, normal = found["seconds"]["mixture"], found["seconds"]["normal"]
    return f"""## A training step

DCGAN of width {plan["width"]}, random images {plan["image_size"]}x{plan["image_size"]}x1, batch
{BATCH_SIZE}, latents {LATENT_DIM} wide, median over {found["rounds"]} steps of each in turn:
{_milliseconds(mixture)} ms with `GaussianMixture` of {plan["num_components"]} components, pathwise,
{_milliseconds(normal)} ms with `StandardNormal`, a ratio of {mixture / normal:.3f}.
"""


def _choice(record: Record) -> str:
    """Which gradient to choose: the advice is fixed, the numbers are of this run."""
    rows, cells = record["gradients"], []
    for geometry, shown in _by_geometry(rows).items():
        for way in WAYS:
            keys = "seconds", "loc_error_median"
            ratios = [_ratios(shown, way, "pathwise", key) for key in keys]
            cosines = [row["ways"][way]["weights_cosine"] for row in shown]
            cosine = "-" if None in cosines else _range(cosines)
            cells.append([geometry, way, *map(_range, ratios), cosine])
    head = ["geometry", "gradient", "time", "loc error", "weights cosine"]
    marginal = _range(_ratios(rows, "marginal", "pathwise", "seconds"))
    faster = _range(_ratios(rows, "tfp", "implicit", "seconds"))
    return f"""## Which to choose

- `pathwise`, the default, where weights are held: it costs nothing beyond the draw.
- `marginal` where weights are learned, and where a batch has few samples for each component. It
  takes {marginal} times as long as `pathwise`. Its weights learn from a loss that each sample has
  to itself.
- `implicit` where weights are to learn from a loss of the batch as a whole, and components overlap
  in few dimensions: its variance grows as they part, and with the width. It is TFP's gradient,
  {faster} times as fast.

Beside each other, as a factor on `pathwise`, over all K and families of a geometry; errors are
medians:

{tables.markdown(head, cells)}
"""


def _ratios(rows: Sequence[Record], way: str, over: str, key: str) -> list[float]:
    return [row["ways"][way][key] / row["ways"][over][key] for row in rows]


def _by_geometry(rows: Sequence[Record]) -> dict[str, list[Record]]:
    return grouped(rows, lambda row: row["geometry"])


def _range(values: Sequence[float]) -> str:
    low, high = _digits(min(values)), _digits(max(values))
    return low if low == high else f"{low} to {high}"


def _digits(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 100 else f"{value:,.0f}"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g}" if seconds < 1 else f"{1000 * seconds:.0f}"
