"""Penalties on a discriminator: on its gradient, and on how far its logits lie apart."""

from collections.abc import Callable

import keras
import tensorflow as tf

from tfmix import losses, seeds
from tfmix.checks import number, positive_int
from tfmix.models import ema
from tfmix.models.requirements import checked_penalty

_MOMENTUM = 0.99  # of LeCam's two averages


class DiscriminatorPenalties(keras.layers.Layer):
    """The terms that are added to a discriminator's loss, each where it is asked for.

    Args:
        discriminator: What is penalised.
        r1_penalty: As of `Critic`.
        r1_every: As of `Critic`.
        gradient_penalty: As of `Critic`.
        lecam_penalty: As of `Critic`.

    Raises:
        ValueError: An argument outside its range, or a penalty on the gradient of a discriminator
            with batch normalisation.
    """

    def __init__(
        self,
        discriminator: keras.Model,
        r1_penalty: float,
        r1_every: int,
        gradient_penalty: float,
        lecam_penalty: float,
    ):
        super().__init__(dtype="float32", name="penalties")
        self.r1_penalty = checked_penalty("r1_penalty", r1_penalty, discriminator)
        self.r1_every = positive_int("r1_every", r1_every)
        self.gradient_penalty = checked_penalty("gradient_penalty", gradient_penalty, discriminator)
        wanted = "lecam_penalty is at least 0 and finite"
        self.lecam_penalty = number("lecam_penalty", wanted, lecam_penalty, lambda x: x >= 0)
        if self.lecam_penalty:
            state = {"initializer": "zeros", "trainable": False, "aggregation": "mean"}
            self.real_average = self.add_weight(name="real_average", shape=(), **state)
            self.fake_average = self.add_weight(name="fake_average", shape=(), **state)
        self.built = True

    def of_gradients(
        self,
        score: Callable[[tf.Tensor], tf.Tensor],
        real: tf.Tensor,
        fake: tf.Tensor,
        seed: tf.Tensor,
        step: tf.Tensor,
    ) -> tf.Tensor:
        """R1 and WGAN-GP's penalty.

        Args:
            score: The logit by which each pack counts as real, [B, ...] -> [B].
            real: Packs of real images, as the discriminator sees them (augmented).
            fake: Of generated ones.
            seed: Of the places between the two, int32 [2].
            step: Training steps before this one.

        Returns:
            A scalar.
        """
        penalty = tf.constant(0.0)
        if self.gradient_penalty:
            uniform = seeds.uniform([tf.shape(real)[0]], seed)
            penalty += self.gradient_penalty * losses.gradient_penalty(score, real, fake, uniform)
        if self.r1_penalty:
            weight = self.r1_penalty * self.r1_every
            penalty += tf.cond(
                step % self.r1_every == 0,
                lambda: weight * losses.r1_penalty(score, real),
                lambda: tf.constant(0.0),
            )
        return penalty

    def of_logits(self, real: tf.Tensor, fake: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """LeCam's penalty; moves its averages.

        Args:
            real: Logits of real images, [B, 1].
            fake: Of generated ones.
            step: Training steps before this one.

        Returns:
            A scalar.
        """
        if not self.lecam_penalty:
            return tf.constant(0.0)
        averages = [tf.convert_to_tensor(each) for each in (self.real_average, self.fake_average)]
        ema.follow(
            [self.real_average, self.fake_average],
            [tf.stop_gradient(tf.reduce_mean(logits)) for logits in (real, fake)],
            _MOMENTUM,
            step,
        )
        return self.lecam_penalty * losses.lecam_penalty(real, fake, *averages)
