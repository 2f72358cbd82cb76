"""Scales above a floor, and the numbers that are trained in their place."""

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix.checks import all_good, numbers

SCALE_FLOOR = 1e-4  # no standard deviation falls below it, even where that would lower the loss
COVARIANCES = ("isotropic", "diag", "full")
PARAMETRIZATIONS = {  # each: raw numbers to deviations of at least SCALE_FLOOR, and back
    "identity": (lambda raw: tf.maximum(raw, SCALE_FLOOR), lambda deviations: deviations),
    "softplus": (
        lambda raw: SCALE_FLOOR + tf.math.softplus(raw),
        lambda deviations: tfp.math.softplus_inverse(deviations - SCALE_FLOOR).numpy(),
    ),
}


def constrain(raw: tf.Tensor, covariance: str, parametrization: str) -> tf.Tensor:
    """Turns the numbers that are trained into scales.

    Deviations, and the diagonals of triangles, are the numbers themselves, but at least
    SCALE_FLOOR ("identity"), or softplus + SCALE_FLOOR ("softplus"). The deviation of a dimension,
    given those before it, therefore never falls below the floor.

    Args:
        raw: [K, 1] for "isotropic", [K, D] for "diag", [K, D (D + 1) / 2] for "full".
        covariance: One of COVARIANCES.
        parametrization: One of PARAMETRIZATIONS.

    Returns:
        Deviations of the shape of `raw`, or for "full" lower triangles [K, D, D].
    """
    deviations, _ = PARAMETRIZATIONS[parametrization]
    if covariance != "full":
        return deviations(raw)
    triangle = tfp.math.fill_triangular(raw)
    return tf.linalg.set_diag(triangle, deviations(tf.linalg.diag_part(triangle)))


def keep_floor(covariance: str, latent_dim: int, raw: tf.Tensor) -> tf.Tensor:
    """Lifts numbers of "identity" to the floor where `constrain` does; a Keras constraint.

    Optimizers apply it after each update. At the floor a number has a gradient, and below it none:
    so sigma never sticks there.
    """
    if covariance != "full":
        return tf.maximum(raw, SCALE_FLOOR)
    on_diagonal = tfp.math.fill_triangular_inverse(tf.eye(latent_dim)) > 0
    return tf.maximum(raw, tf.where(on_diagonal, SCALE_FLOOR, -np.inf))


def unconstrain(
    scale: float | np.ndarray,
    covariance: str,
    num_components: int,
    latent_dim: int,
    parametrization: str,
) -> np.ndarray:
    """Computes the numbers, float64, that `constrain` turns into the given scales.

    Args:
        scale: One number, [K], [K, 1], for "diag" and "full" [K, D], for "full" also factors A
            [K, D, D] of the covariance A A^T.
        covariance: One of COVARIANCES.
        num_components: K.
        latent_dim: D.
        parametrization: One of PARAMETRIZATIONS.

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
        triangle = deviations[..., None] * np.eye(D)
    return _raw(triangle if covariance == "full" else deviations, covariance, parametrization)


def reparametrize(raw: np.ndarray, covariance: str, was: str, now: str) -> np.ndarray:
    """Turns numbers of one parametrization into those of another for the same scales.

    A scale at the floor, which no softplus reaches, comes to lie .1 % above it.

    Args:
        raw: As of `constrain`.
        covariance: One of COVARIANCES.
        was: The parametrization of `raw`.
        now: The one that is wanted.
    """
    scale = constrain(tf.constant(raw, tf.float64), covariance, was).numpy()
    diagonal = np.einsum("kdd->kd", scale) if covariance == "full" else scale
    np.maximum(diagonal, 1.001 * SCALE_FLOOR, out=diagonal)
    return _raw(scale, covariance, now)


def standardize(z: tf.Tensor, loc: tf.Tensor, scale_tril: tf.Tensor) -> tf.Tensor:
    """A_k^-1 (z - loc_k), [N, K, D], for z [N, D], loc [K, D] and lower triangles A [K, D, D]."""
    differences = tf.transpose(z)[None] - loc[:, :, None]
    return tf.transpose(tf.linalg.triangular_solve(scale_tril, differences), [2, 0, 1])


def _raw(scale: np.ndarray, covariance: str, parametrization: str) -> np.ndarray:
    """The numbers that `constrain` turns into deviations or triangles above the floor."""
    _, inverse = PARAMETRIZATIONS[parametrization]
    if covariance != "full":
        return inverse(scale)
    diagonal = inverse(np.diagonal(scale, axis1=1, axis2=2))
    raw = np.where(np.eye(scale.shape[-1]), diagonal[..., None], scale)
    return tfp.math.fill_triangular_inverse(raw).numpy()


def _triangle(factor: np.ndarray) -> np.ndarray:
    """The lower triangle L [K, D, D] of positive diagonal with L L^T = A A^T."""
    triangle = np.swapaxes(np.linalg.qr(np.swapaxes(factor, 1, 2), mode="r"), 1, 2)
    return triangle * np.where(np.diagonal(triangle, axis1=1, axis2=2) < 0, -1.0, 1.0)[:, None]
