"""Adversarial losses and penalties, pure functions of tensors."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tfmix import checks


class AdversarialLoss(NamedTuple):
    """A pair of losses, each a function of logits [B, 1] that gives one number a row, [B].

    Attributes:
        real: The discriminator's loss on real data.
        fake: The discriminator's loss on generated data.
        generator: The generator's loss on generated data.
    """

    real: Callable[[tf.Tensor], tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]


def _each_row(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda logits: function(tf.squeeze(logits, axis=-1))


# GAN (Goodfellow et al., 2014), section 3: -log D(x), -log(1 - D(G(z))), -log D(G(z)).
NON_SATURATING = AdversarialLoss(
    real=_each_row(lambda logit: tf.math.softplus(-logit)),
    fake=_each_row(tf.math.softplus),
    generator=_each_row(lambda logit: tf.math.softplus(-logit)),
)

ADVERSARIAL = {"non_saturating": NON_SATURATING}


def adversarial(name: str) -> AdversarialLoss:
    """The adversarial loss of this name.

    Raises:
        ValueError: There is none; the message names those there are.
    """
    return ADVERSARIAL[checks.one_of("loss", name, ADVERSARIAL)]


def sigma_penalty(scale: tf.Tensor) -> tf.Tensor:
    """Mean of (1 - sigma)^2 over components and dimensions (DeLiGAN, CVPR 2017, section 3).

    Without it the generator gains by letting sigma go to 0.

    Args:
        scale: Standard deviations, [K, D] or [K, 1].

    Returns:
        A scalar, at least 0.
    """
    return tf.reduce_mean(tf.square(1.0 - scale))
