"""What a model of another paper may override: all that one GAN does unlike another."""

from collections.abc import Mapping
from typing import NamedTuple

import keras
import tensorflow as tf

from tfmix.priors import Draw, Prior


class Batch(NamedTuple):
    """Latents of a training batch.

    Attributes:
        inputs: The generator's input: z and, where the model learns classes, their code, [B, L].
        draw: What the prior drew.
        label: Class of each row, int32 [B]; None where the model learns no classes.
    """

    inputs: tf.Tensor
    draw: Draw
    label: tf.Tensor | None


class Hooks:
    """The losses, discriminator inputs, latents and metrics of a plain GAN; see `GAN`."""

    @classmethod
    def code_width(cls, num_classes: int | None, **arguments) -> int:
        """Columns of the generator's input beside the prior's, for these constructor arguments."""
        return 0

    @classmethod
    def discriminator_outputs(
        cls,
        num_classes: int | None,
        packing: int = 1,
        *,
        prior: Prior | None = None,
        **arguments,
    ) -> dict[str, int]:
        """Width of each output that the discriminator has to give for a pack.

        Args:
            num_classes: C; None for a model that learns no classes.
            packing: m. An output that is due to each image of a pack is m times as wide as for one.
            prior: Of the model.
            **arguments: Of the model's constructor, those of `output_arguments` at least.
        """
        return {"logit": 1}

    # Arguments of the constructor that `discriminator_outputs` depends on, by name.
    output_arguments: Mapping[str, float] = {}

    def discriminator_inputs(
        self, packs: tf.Tensor, label: tf.Tensor | None
    ) -> tf.Tensor | list[tf.Tensor]:
        """What the discriminator takes.

        Args:
            packs: Images, or packs of them, [B / packing, ..., packing * C].
            label: Classes of the images, int32 [B]; None where the model learns none.

        Returns:
            The packs, alone or first in a list of the inputs of a discriminator with several.
        """
        return packs

    def discriminator_logit(
        self, outputs: dict[str, tf.Tensor], label: tf.Tensor | None
    ) -> tf.Tensor:
        """The logit by which an image, or a pack, counts as real, [B, 1].

        Args:
            outputs: Of the discriminator, as of `sample_losses`.
            label: Classes of the images, int32 [B], or None.
        """
        return outputs["logit"]

    def sample_losses(self, outputs: dict[str, tf.Tensor], label: tf.Tensor | None) -> tf.Tensor:
        """The generator's loss of each generated image, or pack of them, [B / packing].

        Args:
            outputs: Of the discriminator: "logit" and what else `discriminator_outputs` names,
                each [B, width], or [B / packing, width] where a pack shares one.
            label: Class that was asked of each image, int32 [B]; None where there are none.
        """
        return self.adversarial_loss.generator(outputs["logit"])

    def latent_losses(
        self, outputs: dict[str, tf.Tensor], draw: Draw, *, of_generator: bool
    ) -> tf.Tensor:
        """What a network pays where a generated image does not tell its latent, [B / packing].

        Args:
            outputs: As of `sample_losses`.
            draw: What the prior drew for the images.
            of_generator: Whether the generator pays, or the discriminator.
        """
        return tf.zeros(tf.shape(outputs["logit"])[:1])

    def real_penalty(
        self, images: tf.Tensor, real: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> tf.Tensor:
        """What the discriminator pays for its outputs on real images beside its loss, a scalar.

        Args:
            images: Real images before augmentation, [B, ...].
            real: Its outputs for them, augmented where they are, as of `sample_losses`.
            seed: Of noise, int32 [2].
        """
        return tf.constant(0.0)

    def generator_penalty(self) -> tf.Tensor:
        """What is added to the generator's loss and depends on no batch, a scalar."""
        return tf.constant(0.0)

    def discriminator_loss(
        self,
        real: dict[str, tf.Tensor],
        real_label: tf.Tensor | None,
        fake: dict[str, tf.Tensor],
        fake_label: tf.Tensor | None,
    ) -> tf.Tensor:
        """The discriminator's loss on a real and a generated batch, without penalties, a scalar.

        Args:
            real: Its outputs for real images, as of `sample_losses`.
            real_label: Their classes, int32 [B]; None where the model learns none.
            fake: Its outputs for generated images.
            fake_label: The classes that were asked of them, int32 [B], or None.
        """
        return tf.reduce_mean(self.adversarial_loss.real(real["logit"])) + tf.reduce_mean(
            self.adversarial_loss.fake(fake["logit"])
        )

    def draw_batch(self, num_samples: tf.Tensor, seed: tf.Tensor) -> Batch:
        """Draws the latents of a training batch from a seed, int32 [2]."""
        draw = self.prior.draw(num_samples, seed)
        return Batch(draw.z, draw, None)

    def batch_label(self, label: tf.Tensor | None) -> tf.Tensor | None:
        """The classes of a batch of data as the model uses them: not at all."""
        return None

    def batch_metrics(self, batch: Batch, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """What the metrics of `trackers` are updated with, by name, beside losses and statistics.

        Args:
            batch: Latents that were drawn.
            outputs: Of the discriminator for what was generated from them.
        """
        values = {"component_usage": batch.draw.component}
        if "sigma" in self.trackers:
            values["sigma"] = tf.reduce_mean(self.prior.marginal_scale)
        if "augment_probability" in self.trackers:
            values["augment_probability"] = self.augmentation.probability
        return {name: value for name, value in values.items() if name in self.trackers}

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's optimizer trains, unless the prior has one: generator and prior."""
        return self.generator.trainable_variables + self.prior.trainable_variables

    @property
    def prior_variables(self) -> list[keras.Variable]:
        """Those of `generator_variables` that the prior's optimizer trains where there is one."""
        return self.prior.trainable_variables

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """What the discriminator's optimizer trains: all of it that is not frozen."""
        return self.discriminator.trainable_variables
