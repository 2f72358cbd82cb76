"""The share of the variance of z that lies within the components of a mixture."""

from collections.abc import Mapping

import numpy as np

from tfmix.checks import number


def start(within: float, others: Mapping[str, object]) -> tuple[float, float]:
    """The start of a mixture at which z has unit variance, and a given share of it lies within.

    Args:
        within: The share s, in (0, 1].
        others: The arguments that would say the same; each is None.

    Returns:
        Locations are to be U(-c, c), of variance c^2 / 3 = 1 - s, and components of the standard
        deviation sqrt(s): c and sqrt(s).

    Raises:
        ValueError: A share outside its range, or another argument that is not None.
    """
    share = number("within", "within lies in (0, 1]", within, lambda x: 0 < x <= 1)
    if twice := [name for name, value in others.items() if value is not None]:
        raise ValueError(
            f"within says where locations and scales start, in place of {', '.join(others)}: leave "
            f"it out, or those. Received: within={within} and {', '.join(twice)}."
        )
    return np.sqrt(3 * (1 - share)), np.sqrt(share)


def share(weights: np.ndarray, loc: np.ndarray, variance: np.ndarray) -> float | None:
    """The share of the variance of z, summed over dimensions, that lies within components.

    Args:
        weights: Of the components, [K].
        loc: Their means, [K, D].
        variance: Theirs in each dimension, [K, D] or [K, 1]; inf where there is none.

    Returns:
        A number in (0, 1]; None where a component that is drawn has no finite variance.
    """
    drawn = weights > 0
    weights, loc = weights[drawn], loc[drawn]
    variance = np.broadcast_to(variance[drawn], loc.shape)
    if not np.isfinite(variance).all():
        return None
    within = np.average(variance.sum(axis=1), weights=weights)
    apart = loc - np.average(loc, axis=0, weights=weights)
    between = np.average((apart**2).sum(axis=1), weights=weights)
    return float(within / (within + between))
