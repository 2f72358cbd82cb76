"""The Mills ratio of Student's t, its tail divided by its density, as a polynomial."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.polynomial import chebyshev

# Enough terms for the precision of the type where df is at least 1; for df = 0.05 the error is
# 4e-6 in float32.
_TERMS = {tf.float32: 20, tf.float64: 40}


class MillsRatio(NamedTuple):
    """Coefficients from which `evaluate` computes the Mills ratio of Student's t."""

    length: tf.Tensor  # a = sqrt(min(df, 4)), the scale of t, [...]
    values: tf.Tensor  # Chebyshev coefficients, [terms, ...]
    slopes: tf.Tensor  # their derivatives by df at fixed length, [terms, ...]


def mills_ratio(df: tf.Tensor) -> MillsRatio:
    """Prepares the Mills ratio M(t) = (1 - F(t)) / p(t) of Student's t for t >= 0.

    M solves M' = M (df + 1) t / (df + t^2) - 1. With y = t / (t + a), the function
    W(y) = M (t + a) / (1 + t^2 / df) is smooth on [0, 1] whatever df is, up to infinity, with
    W(1) = 1, and solves (1 - y) q W' = (q + (1 - 1 / df) a^2 y) W - a^2, where
    q = (1 - y)^2 + a^2 y^2 / df. Its coefficients follow by collocation in Chebyshev's points
    (Boyd, Chebyshev and Fourier Spectral Methods, 2001, chapter 3): the equation's one singular
    point, y = 1, leaves only one smooth solution. The cost is a linear system per df, instead of
    an incomplete beta function per t.

    Args:
        df: Degrees of freedom, above 0, up to infinity, where t is normal; float32 or float64 of
            any shape. The coefficients are of its type.
    """
    terms = _TERMS[df.dtype]
    points = chebyshev.chebpts1(terms)
    value = chebyshev.chebvander(points, terms - 1)
    slope = 2 * chebyshev.chebval(points, chebyshev.chebder(np.eye(terms))).T  # by y, not 2 y - 1
    y = (points + 1) / 2

    wide = tf.cast(df, tf.float64)[..., None]
    inverse, a2 = 1.0 / wide, tf.minimum(wide, 4.0)

    def equation(q: tf.Tensor, rest: tf.Tensor) -> tf.Tensor:
        return (q * (1 - y))[..., None] * slope - (q + rest)[..., None] * value

    matrix = equation((1 - y) ** 2 + inverse * a2 * y**2, (1.0 - inverse) * a2 * y)
    values = tf.linalg.solve(matrix, -a2[..., None] * np.ones([terms, 1]))
    # matrix values = right, differentiated by 1 / df and that by df.
    by_inverse = tf.linalg.solve(matrix, -equation(a2 * y**2, -a2 * y) @ values)
    slopes = -by_inverse * (inverse * inverse)[..., None]

    def ready(coefficients: tf.Tensor) -> tf.Tensor:
        rank = coefficients.shape.rank
        order = [rank - 2, *range(rank - 2), rank - 1]
        return tf.cast(tf.transpose(coefficients, order)[..., 0], df.dtype)

    return MillsRatio(tf.cast(tf.sqrt(a2)[..., 0], df.dtype), ready(values), ready(slopes))


def evaluate(ratio: MillsRatio, df: tf.Tensor, t: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes M(t) and the derivative of log M(t) by df.

    Args:
        ratio: The result of `mills_ratio(df)`.
        df: As given to `mills_ratio`.
        t: At least 0, of a shape that broadcasts with `df`.
    """
    y = (t - ratio.length) / (t + ratio.length)
    value, slope = _clenshaw(ratio.values, y), _clenshaw(ratio.slopes, y)
    mills = value * (1.0 + t * t / df) / (t + ratio.length)
    return mills, slope / value - t * t / (df * (df + t * t))


def _clenshaw(coefficients: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """Sums a Chebyshev series at x in [-1, 1]; coefficients [terms, ...]."""
    last, before = tf.zeros_like(x), tf.zeros_like(x)
    for term in range(coefficients.shape[0] - 1, 0, -1):
        last, before = 2.0 * x * last - before + coefficients[term], last
    return x * last - before + coefficients[0]
