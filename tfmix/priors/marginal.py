"""Gradients of a mixture's parameters, averaged over which component a sample may come from.

A sample z of a mixture tells its component only up to the posterior r_k = p(k | z). Averaging over
it leaves expectations as they are and variances smaller (Rao and Blackwell), and reaches the
weights, which picking a component does not (SLOGAN, ICLR 2022, sections 3.1 and 3.2).
"""

from collections.abc import Callable

import tensorflow as tf


def average_over_posterior(
    z: tf.Tensor,
    posterior: Callable[[tf.Tensor], tf.Tensor],
    loc: tf.Tensor,
    scale: tf.Tensor,
) -> tf.Tensor:
    """Lets gradients pass from samples to the locations and scales of every component.

    For z = loc_k + A_k eps the pathwise gradients are g = dl/dz by loc_k and g eps^T by A_k. Here
    they are r_k g and r_k g eps_k^T with eps_k = A_k^-1 (z - loc_k), for each k: exact for any law
    of eps.

    Args:
        z: Samples [N, D]. The gradient that they have already stays.
        posterior: Gives r, float64 [N, K], of samples; called where gradients are asked for.
        loc: Locations [K, D].
        scale: A: deviations [K, D] or [K, 1], or lower triangles [K, D, D].

    Returns:
        `z`, [N, D].
    """

    @tf.custom_gradient
    def identity(z: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(upstream: tf.Tensor) -> list[tf.Tensor]:
            # In float64, since scales far below locations cancel digits.
            r = posterior(z)
            wide = (tf.cast(each, r.dtype) for each in (z, upstream, loc, scale))
            by_loc, by_scale = _average(r, *wide)
            return [upstream, tf.cast(by_loc, loc.dtype), tf.cast(by_scale, scale.dtype)]

        return tf.identity(z), gradient

    return identity(z, loc, scale)


def _average(
    r: tf.Tensor, z: tf.Tensor, upstream: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """sum_n r_nk g_n and sum_n r_nk g_n eps_nk^T, the latter in the form of `scale`."""
    by_loc = tf.matmul(r, upstream, transpose_a=True)
    if scale.shape.rank == 3:
        noise = standardize(z, loc, scale) * r[:, :, None]
        return by_loc, tf.einsum("ni,nkj->kij", upstream, noise)
    by_scale = (tf.matmul(r, upstream * z, transpose_a=True) - loc * by_loc) / scale
    if scale.shape[1] != loc.shape[1]:
        by_scale = tf.reduce_sum(by_scale, axis=1, keepdims=True)
    return by_loc, by_scale


def standardize(z: tf.Tensor, loc: tf.Tensor, scale_tril: tf.Tensor) -> tf.Tensor:
    """A_k^-1 (z - loc_k) for each sample and component.

    Args:
        z: [N, D].
        loc: [K, D].
        scale_tril: A, lower triangular, [K, D, D].

    Returns:
        [N, K, D].
    """
    identity = tf.eye(loc.shape[1], batch_shape=[loc.shape[0]], dtype=z.dtype)
    inverse = tf.linalg.triangular_solve(scale_tril, identity)
    stacked = tf.reshape(inverse, [-1, loc.shape[1]])
    moved = tf.reshape(z @ tf.transpose(stacked), [-1, *loc.shape])
    return moved - tf.linalg.matvec(inverse, loc)


def score_surrogate(losses: tf.Tensor, posterior: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """A term of value 0 whose gradient is that of the expected loss by the logits.

    The gradient is mean_i (l_i - b_i) (r_ik - w_k), b_i the mean of the other losses of the batch,
    which leaves it unbiased (Kool, van Hoof, Welling, *Buy 4 REINFORCE Samples, Get a Baseline for
    Free!*, 2019). A batch of one has no others, and b = 0.

    Args:
        losses: l, each a function of its sample alone, [N].
        posterior: r, [N, K]; no gradient goes to it.
        logits: Of the weights w, [K].

    Returns:
        A scalar of the type of `losses`.
    """
    others = tf.cast(tf.maximum(tf.size(losses) - 1, 1), losses.dtype)
    baseline = (tf.reduce_sum(losses) - losses) / others
    posterior = tf.cast(posterior, losses.dtype)
    log_weights = tf.linalg.matvec(
        tf.stop_gradient(posterior), tf.cast(tf.nn.log_softmax(logits), losses.dtype)
    )
    surrogate = tf.reduce_mean(tf.stop_gradient(losses - baseline) * log_weights)
    return surrogate - tf.stop_gradient(surrogate)
