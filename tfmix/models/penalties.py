"""Penalties on a discriminator: on its gradient, and on how far its logits lie apart."""

from collections.abc import Callable

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from tfmix import losses, seeds
from tfmix.checks import number, positive_int
from tfmix.models import ema
from tfmix.models.requirements import checked_penalty, mixes_rows

R1_PENALTY = 0.1  # gamma where none is given, in the logit's units per unit of a pixel, squared
_MOMENTUM = 0.99  # of LeCam's two averages


class DiscriminatorPenalties(keras.layers.Layer):
    """The terms that are added to a discriminator's loss, each where it is asked for.

    Args:
        discriminator: What is penalised.
        r1_penalty: As of `Critic`.
        r2_penalty: As of `Critic`.
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
        r1_penalty: float | LearningRateSchedule | None,
        r2_penalty: float | LearningRateSchedule,
        r1_every: int,
        gradient_penalty: float,
        lecam_penalty: float,
    ):
        super().__init__(dtype="float32", name="penalties")
        if r1_penalty is None:
            r1_penalty = 0.0 if gradient_penalty or mixes_rows(discriminator) else R1_PENALTY
        self.r1_penalty = checked_penalty("r1_penalty", r1_penalty, discriminator)
        self.r2_penalty = checked_penalty("r2_penalty", r2_penalty, discriminator)
        self.r1_every = positive_int("r1_every", r1_every)
        self.gradient_penalty = checked_penalty("gradient_penalty", gradient_penalty, discriminator)
        wanted = "lecam_penalty is at least 0 and finite"
        self.lecam_penalty = number("lecam_penalty", wanted, lecam_penalty, lambda x: x >= 0)
        if self.lecam_penalty:
            state = {"initializer": "zeros", "trainable": False, "aggregation": "mean"}
            self.real_average = self.add_weight(name="real_average", shape=(), **state)
            self.fake_average = self.add_weight(name="fake_average", shape=(), **state)
        self.built = True

    def lazy(
        self,
        score: Callable[[tf.Tensor, tf.Tensor | None], tf.Tensor],
        real: tf.Tensor,
        fake: tf.Tensor,
        step: tf.Tensor,
    ) -> tf.Tensor:
        """R1 and R2, in one pass through the discriminator, in one of `r1_every` steps.

        Args:
            score: Maps real and generated images, before augmentation, of which the latter may be
                left out, to the logits by which their packs count as real, [packs].
            real: Real images, [B, ...].
            fake: Generated ones.
            step: Training steps before this one.

        Returns:
            A scalar.
        """
        if not (self.r1_penalty or self.r2_penalty):
            return tf.constant(0.0)
        if self.r2_penalty:
            images, parts = tf.concat([real, fake], axis=0), 2
        else:
            images, parts = real, 1

        def penalty() -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(images)
                scores = score(*tf.split(images, parts), *[None] * (2 - parts))
                total = tf.reduce_sum(scores)
            squares = tf.square(tape.gradient(total, images))
            sums = tf.reduce_sum(tf.reshape(squares, [parts, -1]), axis=1)
            gammas = [_now(each, step) for each in (self.r1_penalty, self.r2_penalty)[:parts]]
            packs = tf.cast(tf.shape(scores)[0] // parts, tf.float32)
            return 0.5 * self.r1_every * tf.reduce_sum(tf.stack(gammas) * sums) / packs

        return tf.cond(step % self.r1_every == 0, penalty, lambda: tf.constant(0.0))

    def between(
        self,
        score: Callable[[tf.Tensor], tf.Tensor],
        real: tf.Tensor,
        fake: tf.Tensor,
        seed: tf.Tensor,
    ) -> tf.Tensor:
        """WGAN-GP's penalty.

        Args:
            score: The logit by which each pack counts as real, [B, ...] -> [B].
            real: Packs of real images, as the discriminator sees them (augmented).
            fake: Of generated ones.
            seed: Of the places between the two, int32 [2].

        Returns:
            A scalar.
        """
        if not self.gradient_penalty:
            return tf.constant(0.0)
        uniform = seeds.uniform([tf.shape(real)[0]], seed)
        return self.gradient_penalty * losses.gradient_penalty(score, real, fake, uniform)

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


def _now(weight: float | LearningRateSchedule, step: tf.Tensor) -> tf.Tensor:
    return tf.cast(weight(step) if callable(weight) else weight, tf.float32)
