"""The discriminator as a GAN uses it: packed, augmented, penalised, frozen, and its statistics."""

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from tfmix import losses
from tfmix.checks import positive_int
from tfmix.models.augmentation import Augmentation
from tfmix.models.freezing import freeze
from tfmix.models.hooks import Hooks
from tfmix.models.packing import pack, whole_packs
from tfmix.models.penalties import DiscriminatorPenalties
from tfmix.models.requirements import check_networks, mixes_rows

STATISTICS = ("discriminator_accuracy", "real_logit", "generated_logit", "r_t")
Outputs = dict[str, tf.Tensor]  # of a discriminator, by name


class Critic:
    """A discriminator, with all that surrounds it in training.

    It is no Keras layer: Keras stores variables under the names of attributes, and a GAN has its
    `discriminator`, `penalties` and `augmentation` as attributes of its own.

    Args:
        discriminator: A Keras model, packs of images -> logits; its lowest layers are frozen here.
        generator: Makes the images that the discriminator is to take.
        hooks: The GAN, which says what the discriminator takes and gives.
        outputs: Maps the number of images in a pack to the width of each output for a pack.
        adversarial_loss: From `tfmix.losses.adversarial`.
        r1_penalty: gamma of the R1 penalty, gamma / 2 times the squared norm of the gradient at
            real data, before augmentation: a number, or a Keras schedule of the training step. 0:
            none. None: 0.1, but none beside another gradient penalty, nor where a layer of the
            discriminator mixes rows, so that the gradient at one image is not its own.
        r2_penalty: gamma of the same penalty at generated data (R3GAN, NeurIPS 2024); 0: none.
        r1_every: Steps from one R1 or R2 penalty to the next, which is taken that many times as
            heavy (lazy regularisation; StyleGAN2, CVPR 2020, appendix B).
        gradient_penalty: lambda of WGAN-GP's penalty; 0: none.
        lecam_penalty: lambda of LeCam's penalty on the logits, 0.3 in its authors' runs on parts of
            CIFAR-10; 0: none. See `tfmix.losses.lecam_penalty`.
        augment: Augmentation of the discriminator's images, real and generated, in both steps:
            "default", or operations such as "color,translation,cutout"; see `tfmix.augment.chosen`.
            None: none.
        ada_target: r_t that the probability of augmentation is adapted to; 0: the probability is 1.
            See `tfmix.models.augmentation.Augmentation`; the paper's target is 0.6.
        ada_images: Images over which that probability may rise from 0 to 1.
        frozen_layers: The lowest layers with a kernel that are not trained; see
            `tfmix.models.freezing`.
        packing: m: the discriminator takes m images at once, joined along their last axis, so that
            it sees how alike they are (PacGAN, NeurIPS 2018). Images of a batch that fill no whole
            pack are left out.

    Raises:
        ValueError: Networks that do not fit each other, an argument outside its range, or a penalty
            on a discriminator with batch normalisation, where the gradient at one image is not its
            own.
    """

    def __init__(
        self,
        discriminator: keras.Model,
        generator: keras.Model,
        hooks: Hooks,
        outputs: Callable[[int], dict[str, int]],
        adversarial_loss: losses.AdversarialLoss,
        *,
        r1_penalty: float | LearningRateSchedule | None = None,
        r2_penalty: float | LearningRateSchedule = 0.0,
        r1_every: int = 8,
        gradient_penalty: float = 0.0,
        lecam_penalty: float = 0.0,
        augment: str | Sequence[str] | None = None,
        ada_target: float = 0.0,
        ada_images: int = 500_000,
        frozen_layers: int = 0,
        packing: int = 1,
    ):
        self.packing = positive_int("packing", packing)
        check_networks(generator, discriminator, packing, outputs(packing))
        self.discriminator = discriminator
        self.hooks = hooks
        self.output_widths = outputs(1)
        self.mixes_rows = mixes_rows(discriminator)
        self.adversarial_loss = adversarial_loss
        self.penalties = DiscriminatorPenalties(
            discriminator, r1_penalty, r2_penalty, r1_every, gradient_penalty, lecam_penalty
        )
        self.augmentation = Augmentation(
            augment, generator.output_shape[1:], ada_target, ada_images
        )
        self.frozen_layers = freeze(discriminator, frozen_layers)

    def whole_packs(
        self, images: tf.Tensor, label: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """The images of a batch, and their classes, that fill whole packs; the rest is left out."""
        return whole_packs(images, label, self.packing)

    def outputs(self, images: tf.Tensor, label: tf.Tensor | None, training: bool) -> Outputs:
        """What the discriminator gives for images [B, ...] of classes int32 [B], or None.

        Returns:
            Its outputs by name: those that are due to each image [B, width], those that are due to
            each pack [B / packing, width].
        """
        return self._outputs_of_packs(pack(images, self.packing), label, training)

    def outputs_of_both(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        generated_label: tf.Tensor | None,
        training: bool,
    ) -> tuple[Outputs, Outputs]:
        """What the discriminator gives for real and for generated images; see `outputs`.

        They go through it as one batch unless a layer mixes rows, under which each kind keeps its
        own statistics.
        """
        if self.mixes_rows:
            real = self.outputs(images, label, training)
            return real, self.outputs(generated, generated_label, training)
        labels = None if label is None else tf.concat([label, generated_label], axis=0)
        both = self.outputs(tf.concat([images, generated], axis=0), labels, training)
        halves = {name: tf.split(each, 2) for name, each in both.items()}
        return tuple({name: each[i] for name, each in halves.items()} for i in range(2))

    def opposed(
        self,
        outputs: Outputs,
        label: tf.Tensor | None,
        others: Outputs,
        other_label: tf.Tensor | None,
    ) -> Outputs:
        """The outputs, with the logits of others taken off the logits where the loss is paired."""
        if not self.adversarial_loss.paired:
            return outputs
        other = self.hooks.discriminator_logit(others, other_label)
        return {**outputs, "logit": outputs["logit"] - other}

    def penalty(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        generated_label: tf.Tensor | None,
        shown: tuple[tf.Tensor, tf.Tensor],
        augmented: Callable[[tf.Tensor, bool], tf.Tensor],
        logits: tuple[tf.Tensor, tf.Tensor],
        seed: tf.Tensor,
        step: tf.Tensor,
    ) -> tf.Tensor:
        """All penalties on the discriminator in a training step, a scalar; moves LeCam's averages.

        Args:
            images: Real ones, before augmentation, [B, ...].
            label: Their classes, int32 [B], or None.
            generated: Of the same shape.
            generated_label: The classes that were asked of them, int32 [B], or None.
            shown: The real and the generated images as the discriminator saw them, augmented.
            augmented: Augments images as the step does, given whether they are real. R1 and R2 are
                derivatives by images before it, so it is a part of what they differentiate.
            logits: The discriminator's logits of the real and of the generated images or packs.
            seed: Of the places between real and generated images, int32 [2].
            step: Training steps before this one.
        """

        def logit(packs: tf.Tensor, label: tf.Tensor | None) -> tf.Tensor:
            outputs = self._outputs_of_packs(packs, label, training=True)
            return self.hooks.discriminator_logit(outputs, label)[:, 0]

        def of_images(real: tf.Tensor, fake: tf.Tensor | None) -> tf.Tensor:
            seen, labels = augmented(real, True), label
            if fake is not None and self.mixes_rows:  # each kind by itself, as in the game
                of_fake = logit(pack(augmented(fake, False), self.packing), generated_label)
                return tf.concat([logit(pack(seen, self.packing), labels), of_fake], axis=0)
            if fake is not None:
                seen = tf.concat([seen, augmented(fake, False)], axis=0)
                labels = None if label is None else tf.concat([label, generated_label], axis=0)
            return logit(pack(seen, self.packing), labels)

        lazy = self.penalties.lazy(of_images, images, generated, step)
        packs = [pack(each, self.packing) for each in shown]
        between = self.penalties.between(lambda packs: logit(packs, label), *packs, seed)
        return lazy + between + self.penalties.of_logits(*logits, step)

    def statistics(self, real_logit: tf.Tensor, generated_logit: tf.Tensor) -> Outputs:
        """How well the discriminator knows the training images, by name as in STATISTICS."""
        both = self.adversarial_loss, real_logit, generated_logit
        return {
            "discriminator_accuracy": losses.accuracy(*both),
            "real_logit": tf.reduce_mean(real_logit),
            "generated_logit": tf.reduce_mean(generated_logit),
            "r_t": losses.overfitting(*both),
        }

    def get_config(self) -> dict:
        """The arguments that are also a GAN's, by name."""
        return {
            "r1_penalty": _config_of(self.penalties.r1_penalty),
            "r2_penalty": _config_of(self.penalties.r2_penalty),
            "r1_every": self.penalties.r1_every,
            "gradient_penalty": self.penalties.gradient_penalty,
            "lecam_penalty": self.penalties.lecam_penalty,
            "augment": self.augmentation.name_given or None,
            "ada_target": self.augmentation.ada_target,
            "ada_images": self.augmentation.ada_images,
            "frozen_layers": self.frozen_layers,
            "packing": self.packing,
        }

    def _outputs_of_packs(
        self, packs: tf.Tensor, label: tf.Tensor | None, training: bool
    ) -> Outputs:
        outputs = self.discriminator(
            self.hooks.discriminator_inputs(packs, label), training=training
        )
        outputs = outputs if isinstance(outputs, dict) else {"logit": outputs}
        widths = self.output_widths.items()
        return {name: tf.reshape(outputs[name], [-1, width]) for name, width in widths}


def _config_of(weight: float | LearningRateSchedule) -> float | dict:
    """A penalty's weight as JSON can hold it."""
    return keras.saving.serialize_keras_object(weight) if callable(weight) else weight
