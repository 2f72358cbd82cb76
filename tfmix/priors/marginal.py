"""Gradients of a mixture's parameters, averaged over which component a sample may come from.

A sample z of a mixture tells its component only up to the posterior r_k = p(k | z). Averaging over
it leaves expectations as they are and variances smaller (Rao and Blackwell), and reaches the
weights, which picking a component does not (SLOGAN, ICLR 2022, sections 3.1 and 3.2).
"""

import tensorflow as tf


def average_over_posterior(
    z: tf.Tensor, posterior: tf.Tensor, loc: tf.Tensor, scale: tf.Tensor
) -> tf.Tensor:
    """Lets gradients pass from samples to the locations and scales of every component.

    For z = loc_k + A_k eps the pathwise gradients are g = dl/dz by loc_k and g eps^T by A_k. Here
    they come as r_k g and r_k g eps_k^T with eps_k = A_k^-1 (z - loc_k), for each k: exact for any
    law of eps.

    Args:
        z: Samples [N, D]. The gradient that they have already stays.
        posterior: r, of the samples' dtype or wider, [N, K]; no gradient goes to it.
        loc: Locations [K, D].
        scale: A: deviations [K, D] or [K, 1], or lower triangular matrices [K, D, D].

    Returns:
        `z`, [N, D].
    """
    # In the posterior's float64, since scales far below locations cancel digits.
    r = tf.stop_gradient(posterior)
    value = tf.cast(tf.stop_gradient(z), r.dtype)
    loc, scale = tf.cast(loc, r.dtype), tf.cast(scale, r.dtype)
    at, spread = tf.stop_gradient(loc), tf.stop_gradient(scale)
    # sum_k r_k (loc_k + A_k eps_k), whose value is z.
    if scale.shape.rank == 2:
        ratio = scale / spread
        mean = r @ (loc - ratio * at) + value * (r @ ratio)
    else:
        width = loc.shape[1]
        noise = standardize(value, at, spread) * r[:, :, None]
        factors = tf.reshape(tf.transpose(scale, [0, 2, 1]), [-1, width])
        mean = r @ loc + tf.reshape(noise, [-1, factors.shape[0]]) @ factors
    return z + tf.cast(mean - tf.stop_gradient(mean), z.dtype)


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
