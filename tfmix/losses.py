"""Adversarial losses and penalties, pure functions of tensors."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfmix import checks


class AdversarialLoss(NamedTuple):
    """Three losses, each a function from logits [B, 1] to one number per row, [B].

    The boundary is the logit at which the discriminator is undecided; None where only differences
    of logits are meaningful. Where the loss is paired, the logits that the three functions take are
    differences, D(x_i) - D(G(z_i)) of real data and D(G(z_i)) - D(x_i) of generated data.
    """

    real: Callable[[tf.Tensor], tf.Tensor]  # the discriminator's, on real data
    fake: Callable[[tf.Tensor], tf.Tensor]  # the discriminator's, on generated data
    generator: Callable[[tf.Tensor], tf.Tensor]  # the generator's, on generated data
    boundary: float | None
    paired: bool = False


def _loss(
    real: Callable,
    fake: Callable,
    generator: Callable,
    boundary: float | None,
    paired: bool = False,
) -> AdversarialLoss:
    """An AdversarialLoss from functions of logits [B]."""

    def of(function: Callable) -> Callable:
        return lambda logits: function(tf.squeeze(logits, axis=-1))

    return AdversarialLoss(of(real), of(fake), of(generator), boundary, paired)


def _non_saturating(smoothing: float) -> AdversarialLoss:
    """-log D(x), -log(1 - D(G(z))), -log D(G(z)): GAN (Goodfellow et al., 2014), section 3."""
    return _loss(
        # Cross-entropy with target 1 - smoothing: softplus(-l) at target 1, softplus(l) at 0.
        lambda logit: tf.math.softplus(-logit) + smoothing * logit,
        tf.math.softplus,
        lambda logit: tf.math.softplus(-logit),
        boundary=0.0,
    )


def _least_squares(smoothing: float) -> AdversarialLoss:
    """Half the squared distance to 1 or 0: LSGAN (Mao et al., ICCV 2017), equation 9."""
    return _loss(
        lambda logit: 0.5 * tf.square(logit - (1.0 - smoothing)),
        lambda logit: 0.5 * tf.square(logit),
        lambda logit: 0.5 * tf.square(logit - 1.0),
        boundary=0.5,
    )


# Geometric GAN (Lim, Ye, 2017), as SNGAN (ICLR 2018), equations 16 and 17, takes it.
HINGE = _loss(
    lambda logit: tf.nn.relu(1.0 - logit), lambda logit: tf.nn.relu(1.0 + logit), tf.negative, 0.0
)

# WGAN (Arjovsky et al., ICML 2017), section 3; its critic needs a penalty or a normalisation.
WASSERSTEIN = _loss(tf.negative, tf.identity, tf.negative, boundary=None)

# Relativistic pairing (Jolicoeur-Martineau, 2018), as R3GAN (NeurIPS 2024), equation 3, takes it:
# softplus(-(D(x_i) - D(G(z_i)))). The discriminator's loss has a half of it from each side.
RELATIVISTIC = _loss(
    lambda difference: 0.5 * tf.math.softplus(-difference),
    lambda difference: 0.5 * tf.math.softplus(difference),
    lambda difference: tf.math.softplus(-difference),
    boundary=None,
    paired=True,
)

_WITH_TARGETS = {"non_saturating": _non_saturating, "least_squares": _least_squares}
_OTHERS = {"hinge": HINGE, "wasserstein": WASSERSTEIN, "relativistic": RELATIVISTIC}
ADVERSARIAL = (*_WITH_TARGETS, *_OTHERS)


def adversarial(name: str, label_smoothing: float = 0.0) -> AdversarialLoss:
    """Returns the adversarial loss of a name.

    Args:
        name: One of ADVERSARIAL.
        label_smoothing: s, in [0, 1), of one-sided label smoothing (Improved GAN, NeurIPS 2016,
            section 3.4): the target of real data is 1 - s, that of generated data 0.

    Raises:
        ValueError: The loss is unknown, s is outside its range, or the loss has no targets.
    """
    checks.one_of("loss", name, ADVERSARIAL)
    wanted = "label_smoothing lies in [0, 1)"
    checks.number("label_smoothing", wanted, label_smoothing, lambda s: 0 <= s < 1)
    if name in _WITH_TARGETS:
        return _WITH_TARGETS[name](label_smoothing)
    if label_smoothing:
        raise ValueError(
            f"label_smoothing is for losses with targets, {' and '.join(_WITH_TARGETS)}. "
            f"Received: label_smoothing={label_smoothing} with loss={name!r}."
        )
    return _OTHERS[name]


def accuracy(loss: AdversarialLoss, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """Share of a real and a generated batch that the discriminator classifies correctly.

    Where the loss has no boundary, it lies midway between the means of the two batches.

    Args:
        loss: The adversarial loss.
        real: Logits of real data, [B, 1].
        fake: Logits of generated data, [B, 1].

    Returns:
        A scalar in [0, 1]; 0.5 is chance.
    """
    boundary = _boundary(loss, real, fake)
    right = tf.concat([real > boundary, fake < boundary], axis=0)
    return tf.reduce_mean(tf.cast(right, tf.float32))


def overfitting(loss: AdversarialLoss, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """r_t, the mean of sign(D(x)) over training data (Karras et al., ADA, NeurIPS 2020, eq. 1).

    Args:
        loss: The adversarial loss, which has the boundary of the decision; see `accuracy`.
        real: Logits of training data, [B, 1].
        fake: Logits of generated data, [B, 1].

    Returns:
        A scalar in [-1, 1]: about 0 for a discriminator at chance, 1 for one that classifies every
        training image as real.
    """
    return tf.reduce_mean(tf.sign(real - _boundary(loss, real, fake)))


def _boundary(loss: AdversarialLoss, real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor | float:
    if loss.boundary is None:
        return (tf.reduce_mean(real) + tf.reduce_mean(fake)) / 2.0
    return loss.boundary


def r1_penalty(score: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor) -> tf.Tensor:
    """Half the mean squared norm of the gradient at real data (Mescheder et al., ICML 2018).

    At generated data it is R2.

    Args:
        score: A function [B, ...] -> [B] whose every number depends on its own row alone.
        real: [B, ...].

    Returns:
        A scalar, differentiable in what `score` depends on (equation 9, for gamma = 1).
    """
    return 0.5 * tf.reduce_mean(squared_gradient(score, real))


def gradient_penalty(
    score: Callable[[tf.Tensor], tf.Tensor], real: tf.Tensor, fake: tf.Tensor, uniform: tf.Tensor
) -> tf.Tensor:
    """Mean of (|gradient| - 1)^2 between real and generated data (WGAN-GP, NeurIPS 2017).

    Args:
        score: As in `r1_penalty`.
        real: [B, ...].
        fake: Of the same shape.
        uniform: Position of each row between the two, in [0, 1], [B].

    Returns:
        A scalar, differentiable in what `score` depends on (equation 3, for lambda = 1).
    """
    share = tf.reshape(uniform, [-1] + [1] * (real.shape.rank - 1))
    between = real + share * (fake - real)
    # The root has no gradient at 0, where a network with zero weights would be.
    norm = tf.sqrt(squared_gradient(score, between) + 1e-12)
    return tf.reduce_mean(tf.square(norm - 1.0))


def squared_gradient(score: Callable[[tf.Tensor], tf.Tensor], inputs: tf.Tensor) -> tf.Tensor:
    """Squared norm of each row's gradient, [B], for a score as in `r1_penalty`."""
    inputs = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        total = tf.reduce_sum(score(inputs))
    gradient = tape.gradient(total, inputs)
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, inputs.shape.rank)))


def lecam_penalty(
    real: tf.Tensor, fake: tf.Tensor, real_average: tf.Tensor, fake_average: tf.Tensor
) -> tf.Tensor:
    """Keeps logits near the average logit of the other kind of data (Tseng et al., CVPR 2021).

    Args:
        real: Logits of real data, [B, 1].
        fake: Logits of generated data, [B, 1].
        real_average: Moving average of the logits of real data, alpha_R, a scalar.
        fake_average: Moving average of the logits of generated data, alpha_F, a scalar.

    Returns:
        E(D(x) - alpha_F)^2 + E(D(G(z)) - alpha_R)^2, a scalar (equation 8; the authors' code counts
        only logits on the far side of the average).
    """
    of_real = tf.reduce_mean(tf.square(real - fake_average))
    return of_real + tf.reduce_mean(tf.square(fake - real_average))


def sigma_penalty(scale: tf.Tensor) -> tf.Tensor:
    """Mean of (1 - sigma)^2 over components and dimensions (DeLiGAN, CVPR 2017, section 3).

    Without it the generator would lower its loss by letting sigma, [K, D] or [K, 1], go to 0.
    """
    return tf.reduce_mean(tf.square(1.0 - scale))
