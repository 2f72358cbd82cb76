"""AC-GAN: a classifier on the discriminator's features teaches both networks (ICML 2017)."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfmix.checks import number
from tfmix.models.class_conditional import ClassConditionalGAN
from tfmix.models.hooks import Batch
from tfmix.priors import Labels, OneHotLabels, Prior


class AuxiliaryClassifierGAN(ClassConditionalGAN):
    """A GAN whose discriminator also classifies images, real and generated.

    With L_C = -log C(x)_y - log C(G(z, c))_c, the cross-entropy at the right class on a real and on
    a generated batch, L_D + alpha L_C and L_G + alpha L_C are minimised. The generator feels the
    second term of L_C alone.

    Args:
        prior: As of `GAN`.
        generator: A Keras model, latents joined to a class's code -> images.
        discriminator: A Keras model, images -> {"logit": [B, 1], "class_logits": [B, C]}. With
            packing m, it gives m C class logits for a pack.
        labels: As of `ClassConditionalGAN`.
        alpha: Weight of L_C, at least 0.
        **kwargs: Of `GAN`.

    Raises:
        ValueError: A negative alpha, or what `GAN` refuses.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        labels: Labels,
        *,
        alpha: float = 1.0,
        **kwargs,
    ):
        super().__init__(prior, generator, discriminator, labels, **kwargs)
        self.alpha = number("alpha", "alpha is at least 0 and finite", alpha, lambda x: x >= 0)
        self.trackers["class_accuracy"] = keras.metrics.Mean(name="class_accuracy")

    @classmethod
    def discriminator_outputs(
        cls, num_classes: int | None, packing: int = 1, **more
    ) -> dict[str, int]:
        """One logit per pack, C class logits per image; see `GAN.discriminator_outputs`."""
        return {"logit": 1, "class_logits": packing * num_classes}

    def sample_losses(self, outputs: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        """The adversarial loss and alpha times the classifier's; see `GAN.sample_losses`."""
        of_images = _cross_entropy(outputs, label)
        of_packs = tf.reduce_mean(tf.reshape(of_images, [-1, self.critic.packing]), axis=1)
        return super().sample_losses(outputs, label) + self.alpha * of_packs

    def discriminator_loss(
        self,
        real: dict[str, tf.Tensor],
        real_label: tf.Tensor,
        fake: dict[str, tf.Tensor],
        fake_label: tf.Tensor,
    ) -> tf.Tensor:
        """L_D + alpha L_C; see `GAN.discriminator_loss`."""
        of_real = tf.reduce_mean(_cross_entropy(real, real_label))
        of_fake = tf.reduce_mean(_cross_entropy(fake, fake_label))
        adversarial = super().discriminator_loss(real, real_label, fake, fake_label)
        return adversarial + self.alpha * (of_real + of_fake)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            **super().get_config(),
            "class_weights": self.labels.class_weights,
            "alpha": self.alpha,
        }

    def batch_metrics(self, batch: Batch, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the share of generated images that are classified as what was asked for."""
        predicted = tf.argmax(outputs["class_logits"], axis=1, output_type=tf.int32)
        accuracy = tf.reduce_mean(tf.cast(predicted == batch.label, tf.float32))
        return {**super().batch_metrics(batch, outputs), "class_accuracy": accuracy}


@keras.saving.register_keras_serializable(package="tfmix")
class ACGAN(AuxiliaryClassifierGAN):
    """AC-GAN (Odena, Olah, Shlens, ICML 2017): the class's one-hot vector joined to the latent.

    L_S is the adversarial loss and L_C that of the auxiliary classifier (section 3); the paper
    weights the two alike, alpha = 1.

    Args:
        prior: As of `GAN`; `StandardNormal` for the baseline.
        generator: A Keras model, latents [B, D + C] -> images.
        discriminator: A Keras model, images -> {"logit": [B, 1], "class_logits": [B, C]}.
        num_classes: C.
        class_weights: Probabilities [C] to draw classes with; None: all alike.
        alpha: Weight of L_C, at least 0.
        **kwargs: Of `GAN`.

    Raises:
        ValueError: What `GAN` refuses, data without labels, or an argument outside its range.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        num_classes: int,
        class_weights: Sequence[float] | None = None,
        alpha: float = 1.0,
        **kwargs,
    ):
        labels = OneHotLabels(num_classes, class_weights=class_weights)
        super().__init__(prior, generator, discriminator, labels, alpha=alpha, **kwargs)

    @classmethod
    def code_width(cls, num_classes: int | None, **arguments) -> int:
        """C; see `GAN.code_width`."""
        return num_classes


def _cross_entropy(outputs: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, outputs["class_logits"])
