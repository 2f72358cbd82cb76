"""The Mills ratio of Student's t, its tail divided by its density, as a polynomial."""

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.polynomial import chebyshev

# Terms in y and in g, which are below. They suffice for the precision of the type where df is at
# least 1; for df = 0.05 the errors are 5e-8 in float32 and 3e-14 in float64.
_TERMS = {tf.float32: (18, 16), tf.float64: (40, 24)}
_SOLVED = 64  # terms in y that are solved for, and cut to these


class MillsRatio(NamedTuple):
    """Coefficients from which `evaluate` computes the Mills ratio of Student's t."""

    length: tf.Tensor  # a, the scale of t, [...]
    values: tf.Tensor  # of a polynomial in 2 y - 1, [terms, ...]
    slopes: tf.Tensor  # df times their derivatives by df at fixed length, [terms, ...]


def mills_ratio(df: tf.Tensor) -> MillsRatio:
    """Prepares the Mills ratio M(t) = (1 - F(t)) / p(t) of Student's t for t >= 0.

    The cost is a product with a table of numbers per df, instead of an incomplete beta function
    per t.

    Args:
        df: Degrees of freedom, above 0, up to infinity, where t is normal; float32 or float64 of
            any shape. The coefficients are of its type.
    """
    terms, degree = _TERMS[df.dtype]
    g = 1.0 - 8.0 / (tf.cast(df, tf.float64) + 4.0)  # not 1 where df is finite, in float64
    basis = [tf.ones_like(g), g]
    while len(basis) < degree:
        basis.append(2.0 * g * basis[-1] - basis[-2])
    table = tf.constant(_table(terms, degree))
    coefficients = tf.tensordot(table, tf.stack(basis), 1)
    values, slopes = tf.split(tf.cast(coefficients, df.dtype), 2)
    return MillsRatio(tf.cast(tf.sqrt(2.0 * (1.0 + g)), df.dtype), values, slopes)


def evaluate(ratio: MillsRatio, df: tf.Tensor, t: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes M(t) and the derivative of log M(t) by df.

    Args:
        ratio: The result of `mills_ratio(df)`.
        df: As given to `mills_ratio`.
        t: At least 0, of a shape that broadcasts with `df`.
    """
    y = (t - ratio.length) / (t + ratio.length)  # 2 y - 1 of `_table`
    value, slope = _polynomial(ratio.values, y), _polynomial(ratio.slopes, y)
    square = t * t
    mills = value * (1.0 + square / df) / (t + ratio.length)
    return mills, (slope / value - square / (df + square)) / df


def _polynomial(coefficients: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Sums coefficients [terms, ...] times powers of x."""
    total = coefficients[-1]
    for term in range(coefficients.shape[0] - 2, -1, -1):
        total = total * x + coefficients[term]
    return total


@functools.cache
def _table(terms: int, degree: int) -> np.ndarray:
    """Values and slopes as Chebyshev series in g = (df - 4) / (df + 4), [2 terms, degree].

    M solves M' = M (df + 1) t / (df + t^2) - 1. With a^2 = 4 df / (df + 4) and y = t / (t + a), the
    function W(y) = M (t + a) / (1 + t^2 / df) is smooth on [0, 1] whatever df is, up to infinity,
    with W(1) = 1, and solves (1 - y) q W' = (q + (1 - 1 / df) a^2 y) W - a^2, where
    q = (1 - y)^2 + a^2 y^2 / df. Its coefficients follow by collocation in Chebyshev's points
    (Boyd, Chebyshev and Fourier Spectral Methods, 2001, chapter 3): the equation's one singular
    point, y = 1, leaves only one smooth solution. As a^2 = 2 (1 + g) and a^2 / df = (1 - g) / 2,
    the equation is linear in g, and its solution smooth in it: so few df suffice for a table.
    """
    points = chebyshev.chebpts1(_SOLVED)
    value = chebyshev.chebvander(points, _SOLVED - 1)
    slope = 2 * chebyshev.chebval(points, chebyshev.chebder(np.eye(_SOLVED))).T  # by y, not 2 y - 1
    y = (points + 1) / 2
    nodes = chebyshev.chebpts1(degree)
    g = nodes[:, None]
    a2, per_df = 2 * (1 + g), (1 - g) / 2  # a^2 and a^2 / df

    def equation(q: np.ndarray, rest: np.ndarray) -> np.ndarray:
        return (q * (1 - y))[..., None] * slope - (q + rest)[..., None] * value

    matrix = equation((1 - y) ** 2 + per_df * y**2, (a2 - per_df) * y)
    values = np.linalg.solve(matrix, -a2[..., None] * np.ones([_SOLVED, 1]))
    # matrix values = right, differentiated by log df at fixed a.
    slopes = np.linalg.solve(matrix, equation(per_df * y**2, -per_df * y) @ values)
    powers = [np.pad(chebyshev.cheb2poly(row), (0, terms))[:terms] for row in np.eye(terms)]
    found = np.concatenate([each[:, :terms, 0] @ powers for each in (values, slopes)], axis=1)
    return np.linalg.solve(chebyshev.chebvander(nodes, degree - 1), found).T
