"""Implicit gradients of samples from a mixture, a fast equivalent of TFP's."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from tfmix import seeds
from tfmix.priors.mills_ratio import MillsRatio, evaluate, mills_ratio

tfd = tfp.distributions


def implicit_reparameterization(
    distribution: tfd.MixtureSameFamily, samples: tf.Tensor
) -> tf.Tensor:
    """Lets gradients pass from samples of a mixture to its parameters, including the weights.

    The samples are returned unchanged. In the backward pass a sample x moves with a parameter phi
    so that its conditional distribution functions keep their values: with S_i the distribution
    function of dimension i given those before it, dx = -(dS/dx)^-1 (dS/dphi) dphi (Figurnov,
    Mohamed, Mnih, *Implicit Reparameterization Gradients*, NeurIPS 2018, section 3.2). Gradients
    are those of `MixtureSameFamily(reparameterize=True)`; none goes to `samples`. They are
    first-order: a second derivative through them is refused with a LookupError. XLA compiles them,
    in seconds, for each shape of `samples`.

    The method suits components that overlap. Between components that are far apart it divides by
    a density that vanishes: gradients stay exact, but their variance grows without bound. Where the
    density of a dimension, given those before it, is below max^-0.8, max being the largest float,
    what passes between components to the left and to the right of the sample is left out, and so is
    what would bring a sum beyond max^0.5; locations and scales keep their gradient of "marginal"
    there. Samples farther than max^0.25 deviations count as being there. So gradients are finite
    wherever the upstream one is.

    Args:
        distribution: A mixture with scalar batch shape of `Independent(Normal)` or
            `Independent(StudentT)` components, one dimension of events [D], float32 or float64.
        samples: Draws from it, [..., D]. How they were drawn does not matter.

    Returns:
        `samples`, [..., D].

    Raises:
        ValueError: Components that are not factorised, such as a full covariance or a multivariate
            t, or whose number or width is unknown, a batch of mixtures, or samples of the wrong
            width.
    """
    base = _factorised(distribution)
    samples = tf.convert_to_tensor(samples, base.dtype)
    num_components, width = distribution.components_distribution.distribution.batch_shape
    if samples.shape.rank is None or samples.shape.rank < 1 or samples.shape[-1] != width:
        raise ValueError(f"Samples are [..., {width}]. Received: shape {samples.shape}.")
    x = tf.stop_gradient(tf.reshape(samples, [-1, width]))
    parameters = [
        distribution.mixture_distribution.logits_parameter(),
        tf.broadcast_to(base.loc, [num_components, width]),
        tf.broadcast_to(base.scale, [num_components, width]),
    ]
    if isinstance(base, tfd.StudentT):
        df = base.df[(None,) * (2 - base.df.shape.rank) + (...,)]
        parameters.append(tf.broadcast_to(df, [num_components, df.shape[1]]))
    return tf.reshape(_identity(x, *parameters), tf.shape(samples))


def implicit_sample(
    distribution: tfd.MixtureSameFamily, num_samples: int | tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """Draws from a mixture, with the gradients of `implicit_reparameterization`.

    Each row draws its own component alone, where `distribution.sample` draws all K for each row.

    Args:
        distribution: As for `implicit_reparameterization`.
        num_samples: N.
        seed: int32 [2]; the same seed gives the same samples.

    Returns:
        Samples, [N, D].

    Raises:
        ValueError: See `implicit_reparameterization`.
    """
    base = _factorised(distribution)
    picked = distribution.mixture_distribution.sample(num_samples, seed=seeds.fold_in(seed, 0))
    names = ("df", "loc", "scale") if isinstance(base, tfd.StudentT) else ("loc", "scale")
    own = {
        name: tf.gather(tf.broadcast_to(getattr(base, name), base.batch_shape), picked)
        for name in names
    }
    own = {name: tf.stop_gradient(each) for name, each in own.items()}
    samples = type(base)(**own).sample(seed=seeds.fold_in(seed, 1))
    return implicit_reparameterization(distribution, samples)


def _factorised(distribution: tfd.MixtureSameFamily) -> tfd.Normal | tfd.StudentT:
    wanted = "The implicit gradient takes a MixtureSameFamily of Independent Normal or StudentT"
    if not isinstance(distribution, tfd.MixtureSameFamily):
        raise ValueError(f"{wanted}. Received: {type(distribution).__name__}.")
    components = distribution.components_distribution
    base = components.distribution if isinstance(components, tfd.Independent) else components
    known = base is not components and isinstance(base, tfd.Normal | tfd.StudentT)
    if not known or components.event_shape.rank != 1:
        raise ValueError(
            f"{wanted} components, events [D]. Received: {type(components).__name__} of "
            f"{type(base).__name__}, event shape {components.event_shape}."
        )
    shape, known = base.batch_shape, "number and width are known to the graph"
    if not shape.is_fully_defined():
        raise ValueError(f"{wanted} whose {known}. Received: batch shape {shape}.")
    shape = distribution.batch_shape
    if shape.rank != 0:
        raise ValueError(f"{wanted} of scalar batch shape. Received: batch shape {shape}.")
    return base


@tf.custom_gradient
def _identity(x: tf.Tensor, *parameters: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    return tf.identity(x), lambda upstream: [None, *_backward(x, upstream, *parameters)]


@tf.custom_gradient
def _backward(*arguments: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Callable]:
    def second(*_: tf.Tensor) -> None:
        raise LookupError("The implicit gradient is first-order: it has no gradient of its own.")

    # Stopped, because an outer tape would otherwise record what XLA compiles, which it cannot.
    *arguments, last = map(tf.stop_gradient, arguments)
    if len(arguments) == 4:  # and no df
        return _normal_gradient(*arguments, last), second
    return _student_t_gradient(*arguments, df=last), second


# Compiled, because a loop over dimensions with some thirty small operations each would otherwise
# be almost all overhead.
@tf.function(jit_compile=True, autograph=False)
def _normal_gradient(*arguments: tf.Tensor) -> tuple[tf.Tensor, ...]:
    df = tf.constant(np.inf, arguments[0].dtype)
    ratio = mills_ratio(df)

    def component(eps: tf.Tensor, dimension: tf.Tensor) -> _Component:
        del dimension  # all have the same distribution
        mills, _ = evaluate(ratio, df, tf.abs(eps))
        return _Component(-0.5 * (eps * eps + np.log(2 * np.pi)), -eps, mills)

    return _gradient(component, 2, *arguments)


@tf.function(jit_compile=True, autograph=False)
def _student_t_gradient(*arguments: tf.Tensor, df: tf.Tensor) -> tuple[tf.Tensor, ...]:
    by_dimension, ratio = df.shape[1] != 1, mills_ratio(df)
    half = df / 2.0
    log_norm = tf.math.lgamma(half + 0.5) - tf.math.lgamma(half) - 0.5 * tf.math.log(np.pi * df)
    norm_slope = tf.math.digamma(half + 0.5) - tf.math.digamma(half) - 1.0 / df
    tables = [_by_dimension(each) for each in (df, log_norm, norm_slope, ratio.length)]
    tables += [tf.transpose(each, [2, 0, 1])[..., None] for each in (ratio.values, ratio.slopes)]

    def component(eps: tf.Tensor, dimension: tf.Tensor) -> _Component:
        here = [table[dimension if by_dimension else 0] for table in tables]
        return _student_t(eps, *here[:3], MillsRatio(*here[3:]))

    *others, by_df = _gradient(component, 3, *arguments)
    return *others, by_df if by_dimension else tf.reduce_sum(by_df, 1, keepdims=True)


class _Component(NamedTuple):
    """One dimension of every component at standardised points eps [K, N]."""

    log_prob: tf.Tensor  # log density
    score: tf.Tensor  # derivative of the log density by the point
    mills: tf.Tensor  # the tail beyond |eps| over the density
    log_prob_by_df: tf.Tensor | None = None  # None for a family without df, and so is the next
    log_tail_by_df: tf.Tensor | None = None


def _student_t(
    eps: tf.Tensor, df: tf.Tensor, log_norm: tf.Tensor, norm_slope: tf.Tensor, ratio: MillsRatio
) -> _Component:
    square = eps * eps
    log1p = tf.math.log1p(square / df)
    by_df = 0.5 * (norm_slope - log1p + (1.0 + 1.0 / df) * square / (df + square))
    mills, log_mills_by_df = evaluate(ratio, df, tf.abs(eps))
    log_prob, score = log_norm - 0.5 * (df + 1.0) * log1p, -(df + 1.0) * eps / (df + square)
    return _Component(log_prob, score, mills, by_df, by_df + log_mills_by_df)


def _gradient(
    component: Callable[[tf.Tensor, tf.Tensor], _Component],
    num_parameters: int,
    *arguments: tf.Tensor,
) -> tuple[tf.Tensor, ...]:
    """Gradients of the sum of upstream * x.

    For dimension i and component k let w_ik be the posterior given the dimensions before i, r_ik
    that with i, F_ik the distribution function, p_ik the density, s_ik the derivative of its log,
    S_i = sum_k w_ik F_ik and f_i = sum_k w_ik p_ik. Then dS_i/dx_i = f_i, and dS_i/dx_j =
    sum_k A_ik s_jk for j < i, A_ik = w_ik (F_ik - S_i). So the transposed system that the gradient
    v solves is a scan from the last dimension down,
        u_i = f_i v_i = upstream_i - sum_k s_ik T_ik,    T_ik = sum_{j > i} A_jk v_j,
    and the gradient of a parameter phi of component k in dimension i is
        -(T_ik dlog p_ik/dphi + u_i w_ik / f_i dF_ik/dphi),
    that of logit k -sum_i A_ik v_i: O(N K D) in all. The one array of size N K D is log w.

    Tails are divided by densities, w_ik tail_ik / f_i = r_ik mills_ik, which neither underflows nor
    loses digits where all components lie on one side of a sample. With L_i and R_i the sums of w
    over components whose sample lies to the left and to the right of loc,
        A_ik / f_i = w_ik (L_i / f_i or -R_i / f_i) + t_ik - w_ik sum_k t_ik,
    t_ik being -r_ik mills_ik to the right and r_ik mills_ik to the left.

    Args:
        component: Returns the family's functions at points [K, N] of one dimension.
        num_parameters: How many parameters a component has: 2, or 3 with df.
        *arguments: x [N, D], upstream [N, D], logits [K], loc [K, D] and scale [K, D].

    Returns:
        Gradients by logits [K], loc [K, D], scale [K, D] and, where the family has it, df [K, D].
    """
    x, upstream, logits, loc, scale = arguments
    num_dimensions, num_components = x.shape[1], logits.shape[0]
    # Beyond these, squares, gradients and reciprocals of densities would overflow.
    farthest, limit, least = x.dtype.max**0.25, x.dtype.max**0.5, -0.8 * np.log(x.dtype.max)
    x, upstream = tf.transpose(x), tf.transpose(upstream)
    # Samples lie along the last axis: sums over components then run across vectors.
    loc, precision = _by_dimension(loc), _by_dimension(1.0 / scale)
    log_scale, scale = _by_dimension(tf.math.log(scale)), _by_dimension(scale)

    def at(i: tf.Tensor) -> tuple[tf.Tensor, _Component, tf.Tensor]:
        eps = tf.clip_by_value((x[i] - loc[i]) * precision[i], -farthest, farthest)
        here = component(eps, i)
        return eps, here, here.log_prob - log_scale[i]

    def forwards(i: tf.Tensor, log_w: tf.Tensor, kept: tf.TensorArray) -> tuple:
        return i + 1, _up_to_zero(log_w + at(i)[2]), kept.write(i, log_w)

    def backwards(i: tf.Tensor, total: tf.Tensor, kept: tuple[tf.TensorArray, ...]) -> tuple:
        eps, here, log_prob = at(i)
        right = eps > 0.0
        log_w = log_ws.read(i)
        w, sum_w = _normalized(tf.exp(log_w))
        log_r = log_w + log_prob
        largest = tf.reduce_max(log_r, axis=0, keepdims=True)
        r, sum_r = _normalized(tf.exp(log_r - largest))

        score = here.score * precision[i]
        u = upstream[i] - tf.reduce_sum(score * total, axis=0, keepdims=True)
        by_loc = u * r + score * total
        rows = [by_loc, by_loc * eps + total * precision[i]]
        tail = r * tf.where(right, -here.mills, here.mills) * scale[i]
        if here.log_tail_by_df is not None:
            rows.append(-total * here.log_prob_by_df - u * tail * here.log_tail_by_df)
        kept = tuple(
            each.write(i, tf.reduce_sum(row, axis=1)) for each, row in zip(kept, rows, strict=True)
        )

        is_right = tf.cast(right, w.dtype)
        on_right = tf.reduce_sum(w * is_right, axis=0, keepdims=True)
        on_left = tf.reduce_sum(w * (1.0 - is_right), axis=0, keepdims=True)
        other_side = w * tf.where(right, on_left, -on_right)
        per_density = tf.where(largest > least, tf.exp(-largest) * sum_w / sum_r, 0.0)
        choice = other_side * per_density + tail - w * tf.reduce_sum(tail, axis=0, keepdims=True)
        passed_on = total + choice * u
        # A NaN in the upstream gradient stays one, so that it is noticed.
        kept_on = (tf.abs(passed_on) < limit) | tf.math.is_nan(u)
        return i - 1, tf.where(kept_on, passed_on, total), kept

    def table(*shape: int | None) -> tf.TensorArray:
        return tf.TensorArray(x.dtype, num_dimensions, element_shape=shape)

    shape = [num_components, tf.shape(x)[1]]
    _, _, log_ws = tf.while_loop(
        lambda i, *_: i < num_dimensions,
        forwards,
        (0, tf.broadcast_to(_up_to_zero(logits[:, None]), shape), table(num_components, None)),
        maximum_iterations=num_dimensions,
    )
    by_parameter = tuple(table(num_components) for _ in range(num_parameters))
    _, total, by_parameter = tf.while_loop(
        lambda i, *_: i >= 0,
        backwards,
        (num_dimensions - 1, tf.zeros(shape, x.dtype), by_parameter),
        maximum_iterations=num_dimensions,
    )
    return -tf.reduce_sum(total, axis=1), *(tf.transpose(each.stack()) for each in by_parameter)


def _normalized(weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Weights that sum to 1 over the first axis, and their sum before."""
    total = tf.reduce_sum(weights, axis=0, keepdims=True)
    return weights / total, total


def _up_to_zero(logits: tf.Tensor) -> tf.Tensor:
    """Logits whose largest over the first axis is 0, which keeps the precision of the largest."""
    return logits - tf.reduce_max(logits, axis=0, keepdims=True)


def _by_dimension(parameter: tf.Tensor) -> tf.Tensor:
    """[K, D] -> [D, K, 1]: indexed by dimension, broadcast over samples."""
    return tf.transpose(parameter)[..., None]
