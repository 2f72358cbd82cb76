"""Figures: points in the plane over the real ones, and the page of pictures beside a report."""

import os
from typing import Any

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from tfmix import checks, pictures
from tfmix.files import atomic_write

_MAX_REAL = 2_000  # points drawn: more become one grey area
_MANY = 30  # centres past which they are drawn smaller
_MARGIN = 0.12  # around the real points, as a share of their extent
_SIZE, _DPI = (5.2, 6.1), 120  # in inches, dots an inch
_PAGE = (11.0, 9.5)
_PAIRS = 3  # in a row, of a generated and a training image
_NAMED = 30  # classes past which their names would overlap
_REAL, _INK, _TEXT = "#c3c7cd", "#16181c", "#5b6068"
_TURN = (5**0.5 - 1) / 2  # of the colour circle: successive multiples spread evenly over it


def points_figure(
    real: ArrayLike,
    points: ArrayLike,
    component: ArrayLike,
    *,
    modes: ArrayLike | None = None,
    centers: ArrayLike | None = None,
    title: str | None = None,
) -> Figure:
    """Draws generated points over real ones, coloured by the component that each came from.

    A component has one colour in all figures. The view is that of the real points with a margin,
    wherever the generator goes; a line below it counts the points that lie outside.

    Args:
        real: Real points, [R, 2], R at least 1. At most 2,000 are drawn.
        points: Generated points, [N, 2]. NaN and Inf are allowed, and lie outside.
        component: The component of each, ints [N] from 0, below K where there are centers.
        modes: True centres of the modes, [M, 2], drawn as crosses.
        centers: The generator's images of the components' centres, [K, 2], drawn as ringed dots.
            NaN and Inf are allowed.
        title: Of the figure.

    Returns:
        A figure that pyplot does not know of, so that it need not be closed.

    Raises:
        ValueError: Arrays of another type or shape, real points or modes that are not finite, or a
            component out of its range.
    """
    real = _finite("real", real)
    points = _plane("points", points)
    modes = None if modes is None else _finite("modes", modes)
    centers = None if centers is None else _plane("centers", centers)
    component = _components(component, len(points), None if centers is None else len(centers))
    figure = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    axes = figure.add_subplot(aspect="equal")
    axes.set_title(title or "", fontsize=10)
    axes.tick_params(labelsize=7, color=_REAL, labelcolor=_TEXT)
    axes.spines[:].set_color(_REAL)
    view = _view(real)
    axes.set(xlim=view[:, 0], ylim=view[:, 1])
    seen = _inside(points, view)
    outside = _outside(seen, "points")
    entries = [_draw_real(axes, real), _draw_points(axes, points[seen], component[seen])]
    if modes is not None:
        entries.append(_draw_modes(axes, modes))
    if centers is not None:
        seen = _inside(centers, view)
        outside += _outside(seen, "centres")
        entries.append(_draw_centers(axes, centers[seen], np.flatnonzero(seen)))
    axes.set_xlabel(", ".join(outside), fontsize=8, color="tab:red")
    handles, labels = zip(*entries, strict=True)
    look = {"loc": "outside lower center", "ncols": 2, "fontsize": 7.5, "frameon": False}
    handlers = {tuple: HandlerTuple(ndivide=None, pad=0.1)}
    figure.legend(handles, labels, handler_map=handlers, **look)
    return figure


def report_figure(
    report: dict[str, Any],
    samples: ArrayLike,
    columns: int,
    nearest: tuple[ArrayLike, ArrayLike],
    *,
    samples_title: str,
    class_names: tuple[str, ...] | None = None,
    title: str | None = None,
) -> Figure:
    """Draws the page of pictures beside a report; where one is missing, it says why.

    Args:
        report: From `tfmix.evaluation.evaluate`.
        samples: Generated images, uint8 [N, H, W, C], laid out row by row.
        columns: Images in a row.
        nearest: The generated images of the report's "nearest", and the training images that they
            lie nearest to, each uint8 [M, H, W, C].
        samples_title: What the rows of samples are.
        class_names: Of the extractor's classes; None: their numbers.
        title: Of the page.

    Returns:
        A figure of its own: samples, quality and diversity over scale, components to classes, and
        nearest training images.

    Raises:
        ValueError: Images that are not uint8 [N, H, W, C].
    """
    figure = Figure(figsize=_PAGE, dpi=_DPI, layout="constrained")
    figure.suptitle(title or "", fontsize=11)
    (top_left, top_right), (low_left, low_right) = figure.subplots(2, 2)
    _draw_pictures(top_left, pictures.grid(samples, columns), samples_title)
    skipped = report["skipped"].get("quality", "the model has no sampling parameter `scale`")
    _draw_curve(top_right, report.get("curve"), f"Left out: {skipped}.")
    _draw_classes(low_left, report.get("components"), class_names)
    generated, train = (np.asarray(images) for images in nearest)
    pairs = np.stack([generated, train], axis=1).reshape(-1, *train.shape[1:])
    beside = "Nearest to training images: generated, then training, side by side"
    _draw_pictures(low_right, pictures.grid(pairs, 2 * _PAIRS), beside)
    return figure


def save_figure(figure: Figure, path: str | os.PathLike) -> None:
    """Writes a figure of Matplotlib as a PNG, which appears whole or not at all."""
    with atomic_write(path) as beside:
        figure.savefig(beside, format="png")


def _draw_pictures(axes: Axes, picture: np.ndarray, title: str) -> None:
    axes.imshow(picture.squeeze(-1) if picture.shape[-1] == 1 else picture, cmap="gray")
    axes.set_axis_off()
    axes.set_title(title, fontsize=9)


def _draw_curve(axes: Axes, curve: dict[str, Any] | None, why_not: str) -> None:
    axes.set_title("Quality and diversity along scale", fontsize=9)
    if curve is None:
        _say(axes, why_not)
        return
    for name, marker in (("quality", "o"), ("diversity", "s")):
        values = [each["value"] for each in curve[name]]
        bounds = [each["interval"] or 2 * [each["value"]] for each in curve[name]]
        errors = np.abs(np.transpose(bounds) - values)
        axes.errorbar(curve["scales"], values, errors, marker=marker, capsize=3, label=name)
    axes.axhline(1.0, color=_REAL, linewidth=0.8, label="real images")
    axes.set(xlabel="scale", ylim=(0, None))
    axes.legend(fontsize=8, frameon=False)


def _draw_classes(
    axes: Axes, counts: list[list[int]] | None, class_names: tuple[str, ...] | None
) -> None:
    axes.set_title("Components to classes: share of a component's images", fontsize=9)
    if counts is None:
        _say(axes, "The images are of fewer than two components, or the extractor has no classes.")
        return
    table = np.asarray(counts)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    shown = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    axes.set(xlabel="class, by the extractor", ylabel="component")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    names, count = class_names or (), table.shape[1]
    names = names[:count] if len(names) >= count else tuple(map(str, range(count)))
    if count <= _NAMED:
        axes.set_xticks(range(count), names, fontsize=7, rotation=45)
    axes.figure.colorbar(shown, ax=axes, shrink=0.8)


def _say(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", fontsize=8, wrap=True, color=_TEXT)


def _draw_real(axes: Axes, real: np.ndarray) -> tuple[Line2D, str]:
    # Evenly through the set, which may be sorted.
    shown = real[np.linspace(0, len(real) - 1, min(len(real), _MAX_REAL)).astype(int)]
    axes.scatter(*shown.T, s=5, color=_REAL, linewidths=0, zorder=1)
    return _dot(_REAL, 4), "real"


def _draw_points(
    axes: Axes, points: np.ndarray, component: np.ndarray
) -> tuple[tuple[Line2D, ...], str]:
    axes.scatter(*points.T, s=6, c=_colors(component), linewidths=0, alpha=0.75, zorder=2)
    handle = tuple(_dot(color, 4) for color in _colors(np.arange(3)))
    return handle, "generated, one colour per component"


def _draw_modes(axes: Axes, modes: np.ndarray) -> tuple[Line2D, str]:
    axes.scatter(*modes.T, s=140, marker="x", color=_INK, linewidths=0.8, zorder=3)
    handle = Line2D([], [], linestyle="", marker="x", color=_INK, markersize=6, markeredgewidth=0.8)
    return handle, "true modes"


def _draw_centers(axes: Axes, centers: np.ndarray, component: np.ndarray) -> tuple[Line2D, str]:
    size, color = (22 if len(centers) <= _MANY else 11), _colors(component)
    # White first, around the rings: they would drown in the points of their own colour.
    axes.scatter(*centers.T, s=1.5 * size, c="white", edgecolors="white", linewidths=1.6, zorder=4)
    axes.scatter(*centers.T, s=size, c=color, edgecolors=_INK, linewidths=0.8, zorder=5)
    return _dot(_colors(np.arange(1))[0], 5, edge=_INK), "generated, centre of a component"


def _dot(color: ArrayLike, size: float, edge: ArrayLike = "none") -> Line2D:
    edges = {"markeredgecolor": edge, "markeredgewidth": 0.8}
    return Line2D([], [], linestyle="", marker="o", color=color, markersize=size, **edges)


def _view(real: np.ndarray) -> np.ndarray:
    """The lower left and upper right corners [2, 2] of a square around the real points."""
    low, high = real.min(axis=0), real.max(axis=0)
    half = (high - low).max() * (0.5 + _MARGIN) or 1.0  # 1: all of them are one point
    return (low + high) / 2 + half * np.array([[-1.0], [1.0]])


def _inside(points: np.ndarray, view: np.ndarray) -> np.ndarray:
    return ((points >= view[0]) & (points <= view[1])).all(axis=1)


def _outside(seen: np.ndarray, what: str) -> list[str]:
    return [] if seen.all() else [f"{np.sum(~seen):,} of {len(seen):,} {what} outside"]


def _colors(component: np.ndarray) -> np.ndarray:
    """A colour for each component, [N, 3]: neighbours differ in hue and in brightness."""
    hue = component * _TURN % 1.0
    saturation = np.where(component % 2, 0.95, 0.6)
    value = np.choose(component % 3, [0.9, 0.65, 0.78])
    return colors.hsv_to_rgb(np.stack([hue, saturation, value], axis=-1))


def _plane(name: str, values: ArrayLike) -> np.ndarray:
    wanted = f"{name} takes points in the plane, [N, 2], N at least 1"
    array = checks.numbers(name, wanted, values)
    if array.shape[1:] != (2,) or not len(array):
        raise ValueError(f"{wanted}. Received: shape {list(array.shape)}.")
    return array


def _finite(name: str, values: ArrayLike) -> np.ndarray:
    array = _plane(name, values)
    checks.all_good(name, f"{name} takes finite numbers", array, np.isfinite(array))
    return array


def _components(component: ArrayLike, count: int, num_centers: int | None) -> np.ndarray:
    below = "" if num_centers is None else f" and below {num_centers}, the number of centers"
    wanted = f"component takes {count} ints, one a point, of at least 0{below}"
    array = checks.integers("component", wanted, component)
    if array.shape != (count,):
        raise ValueError(f"{wanted}. Received: shape {list(array.shape)}.")
    good = array >= 0 if num_centers is None else (array >= 0) & (array < num_centers)
    checks.all_good("component", wanted, array, good)
    return array
