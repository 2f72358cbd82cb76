"""The game of a GAN: the steps of training and evaluation."""

import keras
import tensorflow as tf

from tfmix import seeds
from tfmix.models import ema
from tfmix.models.hooks import Batch
from tfmix.models.requirements import check_images

_TRAINING, _EVALUATION = 0, 1  # streams of one seed, so that the two never share a draw
# Streams of a step's seed. The prior takes 0 and 1, labels take 2.
_BETWEEN, _AUGMENT_REAL, _AUGMENT_GENERATED, _AUGMENT_AGAIN, _REAL_PENALTY = range(3, 8)
_FURTHER = 100  # of the updates of a step after the first of each network, and their negatives

# Latents, the discriminator's outputs for what was generated from them, and losses by name.
Found = tuple[Batch, dict[str, tf.Tensor], dict[str, tf.Tensor]]


class Game:
    """How a GAN's networks are trained against each other; see `GAN`."""

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then generator and prior.

        Args:
            data: Images [B, H, W, C] in [-1, 1], alone or with labels int [B], which a model
                without classes ignores and one with classes needs.

        Returns:
            The running means of the losses, and of what shows a collapse early.
        """
        images, label = self._unpack(data)
        seed = self.noise_seed(_TRAINING, self.step)
        if self.balance == "loss_threshold":
            return self._finished(self._balanced_updates(images, label, seed))
        for i in range(1, self.discriminator_steps):
            own = seeds.fold_in(seed, _FURTHER + i)
            batch = self.draw_batch(tf.shape(images)[0], own)
            generated = self.generator(batch.inputs, training=True)
            self.discriminator_step(images, label, generated, batch, own)
        found = self.generator_step(images, label, seed, with_discriminator=True)
        for i in range(1, self.generator_steps):
            self.generator_step(images, label, seeds.fold_in(seed, -_FURTHER - i))
        return self._finished(found)

    def generator_step(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        seed: tf.Tensor,
        *,
        with_discriminator: bool = False,
    ) -> Found:
        """Updates the generator and the prior.

        Args:
            images: Real ones, which a paired loss compares with, [B, ...].
            label: Their classes, int32 [B], or None.
            seed: Of the step's noise, int32 [2].
            with_discriminator: Whether the discriminator is updated first, on the same generated
                images.

        Returns:
            The latents, the discriminator's outputs for what was generated from them, and the
            losses by name.
        """
        values = {}
        with tf.GradientTape() as tape:
            batch = self.draw_batch(tf.shape(images)[0], seed)
            generated = self.generator(batch.inputs, training=True)
            if with_discriminator:
                with tape.stop_recording():
                    values = self.discriminator_step(images, label, generated, batch, seed)
            shown = self.augmentation(generated, seeds.fold_in(seed, _AUGMENT_AGAIN))
            real = images
            if self.adversarial_loss.paired:
                real = self.augmentation(images, seeds.fold_in(seed, _AUGMENT_REAL))
            outputs, sample_losses = self._against(real, label, shown, batch, training=True)
            generator_loss = tf.reduce_mean(sample_losses)
            surrogate = self.prior.score_surrogate(batch.draw, sample_losses)
            latent_loss = tf.reduce_mean(self.latent_losses(outputs, batch.draw, of_generator=True))
            total = generator_loss + latent_loss + self.generator_penalty() + surrogate
            total = self.generator_optimizer.scale_loss(_share(total))
        # Dense: a gathered prior's gradient comes in slices, one a row, which Adam would square
        # before it adds up those of one component.
        self.apply_generator_gradients(
            [tf.convert_to_tensor(each) for each in tape.gradient(total, self.generator_variables)]
        )
        return batch, outputs, {"generator_loss": generator_loss, **values}

    def discriminator_step(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        batch: Batch,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Updates the discriminator, and the probability of augmentation.

        Args:
            images: Real ones, [B, ...].
            label: Their classes, int32 [B]; None where the model learns none.
            generated: Of the same shape.
            batch: The latents that they were generated from.
            seed: Of the step's noise, int32 [2].

        Returns:
            Its loss and `Critic.statistics`, by name.
        """

        def augmented(images: tf.Tensor, real: bool) -> tf.Tensor:
            stream = _AUGMENT_REAL if real else _AUGMENT_GENERATED
            return self.augmentation(images, seeds.fold_in(seed, stream))

        shown = augmented(images, True), augmented(generated, False)
        both = (images, label, generated, batch.label)
        with tf.GradientTape() as tape:
            real, fake = self.critic.outputs_of_both(
                shown[0], label, shown[1], batch.label, training=True
            )
            loss = self.discriminator_loss(
                *(self.critic.opposed(real, label, fake, batch.label), label),
                *(self.critic.opposed(fake, batch.label, real, label), batch.label),
            )
            logits = (
                self.discriminator_logit(real, label),
                self.discriminator_logit(fake, batch.label),
            )
            between = seeds.fold_in(seed, _BETWEEN)
            penalty = self.critic.penalty(*both, shown, augmented, logits, between, self.step)
            latent_losses = self.latent_losses(fake, batch.draw, of_generator=False)
            penalty += tf.reduce_mean(latent_losses)
            penalty += self.real_penalty(images, real, seeds.fold_in(seed, _REAL_PENALTY))
            total = self.discriminator_optimizer.scale_loss(_share(loss + penalty))
        variables = self.discriminator_variables
        # Zero, not None, in the steps in which nothing trains a head: as in a compiled step.
        gradients = [
            tf.zeros(variable.shape) if gradient is None else gradient
            for gradient, variable in zip(tape.gradient(total, variables), variables, strict=True)
        ]
        self.discriminator_optimizer.apply(gradients, variables)
        statistics = self.critic.statistics(*logits)
        batch_size = tf.shape(images)[0] * tf.distribute.get_strategy().num_replicas_in_sync
        self.augmentation.follow(statistics["r_t"], batch_size, self.step)
        return {"discriminator_loss": loss, **statistics}

    def test_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Both losses on held-out data, with no update.

        Args:
            data: As of `train_step`.

        Returns:
            The running means of the losses.
        """
        images, label = self._unpack(data)
        number = self.trackers["generator_loss"].count  # batches seen in this evaluation
        batch = self.draw_batch(tf.shape(images)[0], self.noise_seed(_EVALUATION, number))
        return self._track(*self._evaluated(images, label, batch))

    def noise_seed(self, stream: int, number: tf.Tensor) -> tf.Tensor:
        """The seed of a step's noise, int32 [2], another one for each replica.

        Args:
            stream: What it is for: 0 is training, 1 evaluation; a model's own steps take others.
            number: Of the step.
        """
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        return seeds.fold_in(seeds.step_seed(self.seed, number, replica), stream)

    def _unpack(
        self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        images, label, _ = keras.utils.unpack_x_y_sample_weight(data)
        images = tf.convert_to_tensor(images)
        check_images(images, self.generator.output_shape[1:])
        images = tf.cast(images, tf.float32)  # as generated ones are
        return self.critic.whole_packs(images, self.batch_label(label))

    def _against(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        batch: Batch,
        training: bool,
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """The discriminator's outputs for generated images, and the generator's losses, [B]."""
        if not self.adversarial_loss.paired:
            outputs = self.critic.outputs(generated, batch.label, training)
            return outputs, self.sample_losses(outputs, batch.label)
        both = (images, label, generated, batch.label)
        real, outputs = self.critic.outputs_of_both(*both, training)
        opposed = self.critic.opposed(outputs, batch.label, real, label)
        return outputs, self.sample_losses(opposed, batch.label)

    def _balanced_updates(
        self, images: tf.Tensor, label: tf.Tensor | None, seed: tf.Tensor
    ) -> Found:
        """Updates the network that lags, as often as a step has updates; see `LossThreshold`."""
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            raise ValueError(
                "balance='loss_threshold' is for one replica: replicas could not agree on whom to "
                "update. Received: several."
            )

        def update(i: tf.Tensor) -> tuple[tf.Tensor]:
            own = seeds.fold_in(seed, _FURTHER + i)
            batch = self.draw_batch(tf.shape(images)[0], own)

            def of_generator() -> tf.Tensor:
                self.generator_step(images, label, own)
                return tf.constant(True)

            def of_discriminator() -> tf.Tensor:
                generated = self.generator(batch.inputs, training=True)
                self.discriminator_step(images, label, generated, batch, own)
                return tf.constant(False)

            generated = self.generator(batch.inputs, training=False)
            _, sample_losses = self._against(images, label, generated, batch, training=False)
            lags = self.loss_threshold.generator_lags(tf.reduce_mean(sample_losses))
            self.loss_threshold.follow(tf.cond(lags, of_generator, of_discriminator))
            return (i + 1,)

        # A loop of the graph: written out, its updates would take minutes to compile.
        updates = self.discriminator_steps + self.generator_steps
        tf.while_loop(lambda i: i < updates, update, [tf.constant(0)])
        return self._evaluated(images, label, self.draw_batch(tf.shape(images)[0], seed))

    def _evaluated(self, images: tf.Tensor, label: tf.Tensor | None, batch: Batch) -> Found:
        """Both losses as they are now, outside training."""
        generated = self.generator(batch.inputs, training=False)
        both = (images, label, generated, batch.label)
        real, fake = self.critic.outputs_of_both(*both, training=False)
        of_real = self.critic.opposed(real, label, fake, batch.label)
        of_fake = self.critic.opposed(fake, batch.label, real, label)
        values = {
            "generator_loss": tf.reduce_mean(self.sample_losses(of_fake, batch.label)),
            "discriminator_loss": self.discriminator_loss(of_real, label, of_fake, batch.label),
            **self.critic.statistics(
                self.discriminator_logit(real, label), self.discriminator_logit(fake, batch.label)
            ),
        }
        return batch, fake, values

    def _finished(self, found: Found) -> dict[str, tf.Tensor]:
        """Ends a training step, given what it found."""
        self.step.assign_add(1)
        if self.ema_momentum is not None:
            ema.follow(
                self.sampled.prior.weights + self.sampled.generator.weights,
                self.prior.weights + self.generator.weights,
                self.ema_momentum,
                self.step,
            )
        return self._track(*found)

    def _track(
        self, batch: Batch, outputs: dict[str, tf.Tensor], values: dict[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Updates the running means; `outputs` are those for the generated batch."""
        for name, value in {**values, **self.batch_metrics(batch, outputs)}.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def _share(loss: tf.Tensor) -> tf.Tensor:
    # Replicas add their gradients up, so each brings its share of the mean.
    return loss / tf.distribute.get_strategy().num_replicas_in_sync
