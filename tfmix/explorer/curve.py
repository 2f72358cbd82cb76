"""The measured trade of quality for diversity, and where on it the scale stands."""

import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure

_SIZE = (4.2, 2.3)
_GREY = "#8a8f98"  # legible on white and on black
_SERIES = (("quality", "o", "#3b82f6"), ("diversity", "s", "#f97316"))


def describe(report: dict | None, scale: float) -> str:
    """What a report of `tfmix evaluate`, if there is one, has next to a scale, in a sentence."""
    if report is None:
        why = "no report.json lies beside the model"
        return f"Nothing was measured along scale: {why}. tfmix evaluate writes one."
    curve = report.get("curve")
    if curve is None:
        why = report.get("skipped", {}).get("quality", "it has no curve")
        return f"Nothing was measured along scale. The report says why: {why}."
    at = int(np.argmin(np.abs(np.array(curve["scales"]) - scale)))
    quality, diversity = (curve[name][at]["value"] for name, _, _ in _SERIES)
    return (
        f"Measured at scale {curve['scales'][at]:g}, the nearest: quality {quality:.2f}, "
        f"diversity {diversity:.2f}. Real images have 1 of each."
    )


def draw(report: dict | None, scale: float) -> bytes | None:
    """The curve as an SVG with a line at the scale, or None where nothing was measured."""
    curve = (report or {}).get("curve")
    if curve is None:
        return None
    figure = Figure(figsize=_SIZE, layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(1.0, color=_GREY, linewidth=0.6)
    for name, marker, color in _SERIES:
        values = [each["value"] for each in curve[name]]
        bounds = [each["interval"] or 2 * [each["value"]] for each in curve[name]]
        errors = np.abs(np.transpose(bounds) - values)
        axes.errorbar(
            curve["scales"], values, errors, marker=marker, ms=4, lw=1.4, color=color, label=name
        )
    axes.axvline(scale, color=_GREY, linestyle=":")
    axes.set(ylim=(0, None), xlim=(0, 2))
    axes.set_xlabel("scale", color=_GREY, fontsize=9)
    axes.tick_params(colors=_GREY, labelsize=8)
    axes.spines[:].set_color(_GREY)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, labelcolor=_GREY)
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": ""}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    return file.getvalue()
