"""The tables and the plot of `zoo.benchmarks.priors`."""

from collections.abc import Callable, Iterable
from typing import Any

from matplotlib.figure import Figure

from tfmix.evaluation import tables
from zoo.benchmarks.priors.gradients import WAYS
from zoo.benchmarks.priors.training import BATCH_SIZE, LATENT_DIM

_COLORS = dict(zip(WAYS, ("tab:gray", "tab:blue", "tab:orange", "tab:red"), strict=True))
_MARKERS = dict(zip(WAYS, "osv^", strict=True))
_SIZES = dict(zip(WAYS, (10, 7, 7, 5), strict=True))  # lines that coincide all show
_PANELS = {  # label of the axis: its quantity, and its scale
    "time, ms": (lambda way: 1000 * way["seconds"], "log"),
    "median error of loc": (lambda way: way["loc_error_median"], "log"),
    "median cosine of weights": (lambda way: way["weights_cosine"], "linear"),
}


def page(measured: dict[str, Any]) -> str:
    """The whole page, in Markdown.

    Args:
        measured: Of `measure`.
    """
    parts = [_HEAD.format(**measured), _choice(measured)]
    for geometry, rows in _by_geometry(measured["gradients"]).items():
        parts.append(f"## {geometry}\n\n{_gradients(rows)}")
    parts += [_implicit(measured["implicit"]), _memory(measured), _training(measured)]
    return "\n".join(parts)


def plot(rows: list[dict[str, Any]]) -> Figure:
    """Time and errors against K for Normal components, a column of panels a geometry.

    Args:
        rows: "gradients" of `measure`.
    """
    geometries = _by_geometry(row for row in rows if row["df"] is None)
    figure = Figure(figsize=(4 * len(geometries), 9), layout="constrained", dpi=120)
    panels = figure.subplots(len(_PANELS), len(geometries), squeeze=False, sharex=True)
    for column, (geometry, shown) in zip(panels.T, geometries.items(), strict=True):
        column[0].set_title(geometry.replace(", scale", "\nscale"), fontsize=10)
        column[-1].set_xlabel("components K")
        for panel, (quantity, scale) in zip(column, _PANELS.values(), strict=True):
            _lines(panel, shown, quantity)
            panel.set(xscale="log", yscale=scale)
            panel.set_xticks([row["num_components"] for row in shown], minor=False)
            panel.set_xticklabels([row["num_components"] for row in shown])
            panel.xaxis.minorticks_off()
            panel.grid(alpha=0.3)
    for panel, label in zip(panels[:, 0], _PANELS, strict=True):
        panel.set_ylabel(label)
    for panel in panels[-1]:
        panel.set_ylim(-0.1, 1.05)
    panels[0, 0].legend()
    return figure


def _lines(
    panel: Any, rows: list[dict[str, Any]], quantity: Callable[[dict[str, Any]], float | None]
) -> None:
    for way in WAYS:
        values = [quantity(row["ways"][way]) for row in rows]
        if None not in values:
            counts = [row["num_components"] for row in rows]
            style = {"color": _COLORS[way], "marker": _MARKERS[way], "markersize": _SIZES[way]}
            panel.plot(counts, values, label=way, **style)


_HEAD = """# Gradients of mixture priors

Written in {wall_seconds:.0f} s on {hardware} by

    {command}

priors.json holds all numbers, settings and versions.

Time is that of draw, loss and gradient together, the median over rounds that take each gradient in
turn. The loss is a fixed sum of random cosines of z, whose true gradient is known
(`zoo/benchmarks/priors/gradients.py`). An error is the distance of a batch's gradient from the
truth over the norm of the truth: root mean square over batches, and median in brackets; far apart,
the root mean square is that of a few outliers. The cosine is that of the gradient by the logits of
the weights with the truth, median over batches. TFP's gradient is the implicit one: its errors
differ by chance and by the number of batches.
"""


def _gradients(rows: list[dict[str, Any]]) -> str:
    cells = []
    for row in rows:
        ways = row["ways"]
        for way, found in ways.items():
            seconds, cosine = found["seconds"], found["weights_cosine"]
            cells.append(
                [
                    row["family"],
                    row["num_components"],
                    way,
                    _milliseconds(seconds),
                    _digits(seconds / ways["pathwise"]["seconds"]),
                    f"{seconds / ways['tfp']['seconds']:.3g}",
                    f"{found['loc_error']:.3g} ({found['loc_error_median']:.3g})",
                    f"{found['scale_error']:.3g} ({found['scale_error_median']:.3g})",
                    "-" if cosine is None else f"{cosine:.3f}",
                    found["batches"],
                ]
            )
    head = ["components", "K", "gradient", "ms", "of pathwise", "of TFP"]
    head += ["loc error", "scale error", "weights cosine", "batches"]
    return f"{tables.markdown(head, cells)}\n"


def _implicit(rows: list[dict[str, Any]]) -> str:
    cells = []
    for row in rows:
        seconds, error = row["seconds"], row["error"]
        cells.append(
            [
                row["family"],
                *map(_milliseconds, seconds.values()),
                *(f"{seconds['tfp'] / seconds[ours]:.1f}" for ours in ("given", "implicit")),
                f"{seconds['tfp_xla'] / seconds['implicit']:.1f}",
                *(f"{each:.1e}" for each in error.values()),
            ]
        )
    head = ["components", "given samples, ms", "draw, ms", "TFP, ms", "TFP with XLA, ms"]
    head += ["TFP / given", "TFP / draw", "XLA / draw", "error", "TFP's error"]
    return f"""## The implicit gradient against TFP's

K={rows[0]["num_components"]}, {rows[0]["geometry"]}. `implicit_reparameterization` of given
samples, forwards and backwards; `gradient="implicit"` with its draw; TFP's with its draw, without
and with XLA. Errors are those of float32 against ours in float64 on the same samples, relative to
the norm, for the parameter where they are largest.

{tables.markdown(head, cells)}
"""


def _memory(measured: dict[str, Any]) -> str:
    setting, found = measured["plan"]["memory"], measured["memory"]
    return f"""## Memory of the implicit gradient

K={setting["num_components"]}, D={setting["latent_dim"]}, batch {setting["batch_size"]}: a process
of {found["before_mib"]:.0f} MiB reaches {found["peak_mib"]:.0f} MiB, tracing and compilation
included.
"""


def _training(measured: dict[str, Any]) -> str:
    plan, found = measured["plan"], measured["training_step"]
    mixture, normal = found["seconds"]["mixture"], found["seconds"]["normal"]
    return f"""## A training step

DCGAN of width {plan["width"]}, random images {plan["image_size"]}x{plan["image_size"]}x1, batch
{BATCH_SIZE}, latents {LATENT_DIM} wide, median over {found["rounds"]} steps of each in turn:
{_milliseconds(mixture)} ms with `GaussianMixture` of {plan["num_components"]} components, pathwise,
{_milliseconds(normal)} ms with `StandardNormal`, a ratio of {mixture / normal:.3f}.
"""


def _choice(measured: dict[str, Any]) -> str:
    """Which gradient to choose: the advice is fixed, the numbers are of this run."""
    rows = measured["gradients"]
    cells = []
    for geometry, shown in _by_geometry(rows).items():
        for way in WAYS:
            cosines = [row["ways"][way]["weights_cosine"] for row in shown]
            cells.append(
                [
                    geometry,
                    way,
                    _range(_ratios(shown, way, "pathwise", "seconds")),
                    _range(_ratios(shown, way, "pathwise", "loc_error_median")),
                    "-" if None in cosines else _range(cosines),
                ]
            )
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


def _ratios(rows: list[dict[str, Any]], way: str, over: str, key: str) -> list[float]:
    return [row["ways"][way][key] / row["ways"][over][key] for row in rows]


def _by_geometry(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for row in rows:
        found.setdefault(row["geometry"], []).append(row)
    return found


def _range(values: list[float]) -> str:
    low, high = _digits(min(values)), _digits(max(values))
    return low if low == high else f"{low} to {high}"


def _digits(value: float) -> str:
    return f"{value:.2g}" if abs(value) < 100 else f"{value:,.0f}"


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g}" if seconds < 1 else f"{1000 * seconds:.0f}"
