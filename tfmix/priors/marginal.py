"""Gradients of a mixture's parameters, averaged over which component a sample may come from.

A sample z of a mixture determines its component only up to the posterior r_k = p(k | z). Averaging
over the posterior keeps expectations, lowers variances (Rao and Blackwell), and reaches the
weights, which picking a component does not (SLOGAN, ICLR 2022, sections 3.1 and 3.2).
"""

from collections.abc import Callable

import tensorflow as tf


def average_over_posterior(
    z: tf.Tensor, posterior: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
    """Lets gradients pass from samples to the locations and scales of every component.

    For z = loc_k + A_k eps the pathwise gradients are g = dl/dz by loc_k and g eps^T by A_k. Here
    they are r_k g and r_k g eps_k^T with eps_k = A_k^-1 (z - loc_k), for each k: exact for any law
    of eps.

    Args:
        z: Samples [N, D]; a gradient through them is kept.
        posterior: r, float64 [N, K]; no gradient goes to it.
        loc: Locations [K, D].
        scale: A: deviations [K, D] or [K, 1], or lower triangles [K, D, D].

    Returns:
        `z`, [N, D].
    """

    @tf.custom_gradient
    def identity(z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            # In float64, because digits cancel where scales are far smaller than locations.
            wide = (tf.cast(each, posterior.dtype) for each in (z, upstream, loc, scale))
            by_loc, by_scale = _average(posterior, *wide)
            return [upstream, tf.cast(by_loc, loc.dtype), tf.cast(by_scale, scale.dtype)]

        return tf.identity(z), gradient

    return identity(z, loc, scale)


def _average(
    r: tf.Tensor, z: tf.Tensor, upstream: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """sum_n r_nk g_n, and sum_n r_nk g_n eps_nk^T in the form of `scale`."""
    by_loc = tf.matmul(r, upstream, transpose_a=True)
    if scale.shape.rank == 3:
        weighted = tf.reshape(r[:, :, None] * upstream[:, None], [-1, tf.size(loc)])
        moments = tf.reshape(tf.matmul(weighted, z, transpose_a=True), scale.shape)
        moments -= by_loc[:, :, None] * loc[:, None]  # sum_n r_nk g_n (z_n - loc_k)^T
        inverse_transposed = tf.linalg.triangular_solve(scale, tf.linalg.matrix_transpose(moments))
        return by_loc, tf.linalg.matrix_transpose(inverse_transposed)
    by_scale = (tf.matmul(r, upstream * z, transpose_a=True) - loc * by_loc) / scale
    if scale.shape[1] != loc.shape[1]:
        by_scale = tf.reduce_sum(by_scale, axis=1, keepdims=True)
    return by_loc, by_scale


def score_surrogate(losses: tf.Tensor, posterior: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """A term of value 0 whose gradient is that of the expected loss by the logits.

    The gradient is mean_i (l_i - b_i) (r_ik - w_k), b_i the mean of the other losses of the batch,
    which leaves it unbiased (Kool, van Hoof, Welling, *Buy 4 REINFORCE Samples, Get a Baseline for
    Free!*, 2019). A batch of one has no others, and b = 0.

    Args:
        losses: l, each a function of its sample alone, [N]; the result is a scalar of its type.
        posterior: r, [N, K]; no gradient goes to it.
        logits: Of the weights w, [K].
    """
    losses = tf.ensure_shape(losses, [None])
    others = tf.cast(tf.maximum(tf.size(losses) - 1, 1), losses.dtype)
    baseline = (tf.reduce_sum(losses) - losses) / others
    posterior = tf.cast(posterior, losses.dtype)
    log_weights = tf.cast(tf.nn.log_softmax(logits), losses.dtype)
    log_weights = tf.linalg.matvec(tf.stop_gradient(posterior), log_weights)
    surrogate = tf.reduce_mean(tf.stop_gradient(losses - baseline) * log_weights)
    return surrogate - tf.stop_gradient(surrogate)
