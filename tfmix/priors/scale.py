"""Scales above a floor, and the unconstrained numbers that are trained instead."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.checks import all_good, numbers

SCALE_FLOOR = 1e-4  # no standard deviation falls below it, even where that would lower the loss
COVARIANCES = ("isotropic", "diag", "full")


def constrain(raw: tf.Tensor, covariance: str) -> tf.Tensor:
    """Turns unconstrained numbers into scales.

    Deviations, and the diagonals of triangles, are softplus + SCALE_FLOOR. The deviation of a
    dimension, given those before it, therefore never falls below the floor.

    Args:
        raw: [K, 1] for "isotropic", [K, D] for "diag", [K, D (D + 1) / 2] for "full".
        covariance: One of COVARIANCES.

    Returns:
        Deviations of the shape of `raw`, or for "full" lower triangles [K, D, D].
    """
    if covariance != "full":
        return SCALE_FLOOR + tf.math.softplus(raw)
    triangle = tfp.math.fill_triangular(raw)
    diagonal = SCALE_FLOOR + tf.math.softplus(tf.linalg.diag_part(triangle))
    return tf.linalg.set_diag(triangle, diagonal)


def unconstrain(
    scale: float | np.ndarray, covariance: str, num_components: int, latent_dim: int
) -> np.ndarray:
    """Computes the numbers, float64, that `constrain` turns into the given scales.

    Args:
        scale: One number, [K], [K, 1], for "diag" and "full" [K, D], for "full" also factors A
            [K, D, D] of the covariance A A^T.
        covariance: One of COVARIANCES.
        num_components: K.
        latent_dim: D.

    Raises:
        ValueError: A scale of the wrong shape, not finite, or not above the floor.
    """
    K, D = num_components, latent_dim
    array = numbers("scale", f"A scale is finite and above {SCALE_FLOOR}", scale)
    columns = 1 if covariance == "isotropic" else D
    shapes = [(K,), (K, columns)] + [(K, D, D)] * (covariance == "full")
    if array.shape not in [(), (K, 1), *shapes]:
        raise ValueError(
            f"scale is a number or of shape {' or '.join(map(str, shapes))}. "
            f"Received: shape {array.shape}."
        )
    if array.ndim == 3:
        all_good("scale", "A scale is finite", array, np.isfinite(array))
        triangle = _triangle(array)
        deviations = np.diagonal(triangle, axis1=1, axis2=2)
        wanted = f"Each dimension's deviation, given those before it, is above {SCALE_FLOOR}"
        all_good("deviation", wanted, deviations, deviations > SCALE_FLOOR)
    else:
        good = np.isfinite(array) & (array > SCALE_FLOOR)
        all_good("scale", f"A scale is finite and above {SCALE_FLOOR}", array, good)
        column = array[:, None] if array.ndim == 1 else array
        deviations = np.broadcast_to(column, (K, columns))
        triangle = np.zeros([K, D, D])
    raw = tfp.math.softplus_inverse(deviations - SCALE_FLOOR).numpy()
    if covariance != "full":
        return raw
    triangle[:, range(D), range(D)] = raw
    return tfp.math.fill_triangular_inverse(triangle).numpy()


def standardize(z: tf.Tensor, loc: tf.Tensor, scale_tril: tf.Tensor) -> tf.Tensor:
    """A_k^-1 (z - loc_k), [N, K, D], for z [N, D], loc [K, D] and lower triangles A [K, D, D]."""
    differences = tf.transpose(z)[None] - loc[:, :, None]
    return tf.transpose(tf.linalg.triangular_solve(scale_tril, differences), [2, 0, 1])


def _triangle(factor: np.ndarray) -> np.ndarray:
    """The lower triangle L [K, D, D] of positive diagonal with L L^T = A A^T."""
    triangle = np.swapaxes(np.linalg.qr(np.swapaxes(factor, 1, 2), mode="r"), 1, 2)
    return triangle * np.where(np.diagonal(triangle, axis1=1, axis2=2) < 0, -1.0, 1.0)[:, None]
