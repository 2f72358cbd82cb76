"""The discriminator as a GAN uses it: packed, augmented, penalised, frozen, and its statistics."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfmix import losses
from tfmix.checks import positive_int
from tfmix.models.augmentation import Augmentation
from tfmix.models.freezing import freeze
from tfmix.models.hooks import Hooks
from tfmix.models.packing import pack, whole_packs
from tfmix.models.penalties import DiscriminatorPenalties
from tfmix.models.requirements import check_networks

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
        num_classes: C; None where the GAN learns no classes.
        adversarial_loss: From `tfmix.losses.adversarial`.
        r1_penalty: gamma of the R1 penalty, gamma / 2 times the squared norm of the gradient at
            real data; 0: none.
        r1_every: Steps from one R1 penalty to the next, which is taken that many times as heavy
            (lazy regularisation; StyleGAN2, CVPR 2020, appendix B).
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
        num_classes: int | None,
        adversarial_loss: losses.AdversarialLoss,
        *,
        r1_penalty: float = 0.0,
        r1_every: int = 16,
        gradient_penalty: float = 0.0,
        lecam_penalty: float = 0.0,
        augment: str | Sequence[str] | None = None,
        ada_target: float = 0.0,
        ada_images: int = 500_000,
        frozen_layers: int = 0,
        packing: int = 1,
    ):
        self.packing = positive_int("packing", packing)
        due = hooks.discriminator_outputs(num_classes, packing)
        check_networks(generator, discriminator, packing, due)
        self.discriminator = discriminator
        self.hooks = hooks
        self.output_widths = hooks.discriminator_outputs(num_classes)
        self.adversarial_loss = adversarial_loss
        self.penalties = DiscriminatorPenalties(
            discriminator, r1_penalty, r1_every, gradient_penalty, lecam_penalty
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

    def penalty(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        real_logit: tf.Tensor,
        generated_logit: tf.Tensor,
        seed: tf.Tensor,
        step: tf.Tensor,
    ) -> tf.Tensor:
        """All penalties on the discriminator in a training step, a scalar; moves LeCam's averages.

        Args:
            images: Real ones, as the discriminator sees them, [B, ...].
            label: Their classes, int32 [B], or None.
            generated: Of the same shape.
            real_logit: The discriminator's logit of each real image or pack.
            generated_logit: Of each generated one.
            seed: Of the places between real and generated images, int32 [2].
            step: Training steps before this one.
        """

        def score(packs: tf.Tensor) -> tf.Tensor:
            outputs = self._outputs_of_packs(packs, label, training=True)
            return self.hooks.discriminator_logit(outputs, label)[:, 0]

        packs = [pack(each, self.packing) for each in (images, generated)]
        of_gradients = self.penalties.of_gradients(score, *packs, seed, step)
        return of_gradients + self.penalties.of_logits(real_logit, generated_logit, step)

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
            "r1_penalty": self.penalties.r1_penalty,
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
