"""When a model counts as collapsed within its components, and the sentence that says so."""

from collections.abc import Mapping
from typing import Any

LIMIT = 0.3  # within_spread below which a component draws little but one image
# Samples of all components that coincide need no limit of their own here: see `pair_distance`.


def sentence(within_spread: float | None) -> str | None:
    """Says that a model is collapsed; None where it is not, or where that is not known.

    Args:
        within_spread: Distance between two draws of one component, over that between two real
            images (see `tfmix.metrics.pair_distance`).
    """
    if within_spread is None or within_spread >= LIMIT:
        return None
    return (
        "Collapsed within its components: two draws of one component lie "
        f"{within_spread:.2g} times as far apart as two real images (within_spread, below {LIMIT})."
    )


def of_report(report: Mapping[str, Any]) -> str | None:
    """The `sentence` of a report, by its score within_spread."""
    scores = report["scores"].items()
    found = (score["value"] for name, score in scores if name.startswith("within_spread"))
    return sentence(next(found, None))
