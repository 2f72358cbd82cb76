"""AC-GAN: a classifier on the discriminator's features teaches both networks (ICML 2017)."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfmix.checks import number
from tfmix.models.gan import GAN
from tfmix.priors import Labels, OneHotLabels, Prior


class AuxiliaryClassifierGAN(GAN):
    """A GAN whose discriminator also tells the class, of real and of generated images.

    With L_C = -log C(x)_y - log C(G(z, c))_c, the cross-entropy at the right class on a real and on
    a generated batch, L_D + alpha L_C and L_G + alpha L_C are minimised. The generator feels the
    second term of L_C alone.

    Args:
        prior: As of `GAN`.
        generator: A Keras model, latents joined to a class's code -> images.
        discriminator: A Keras model, images -> {"logit": [B, 1], "class_logits": [B, C]}. With
            packing m, it gives m C class logits for a pack.
        labels: How the class is told to the generator.
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
    def answers(cls, num_classes: int | None, packing: int = 1) -> dict[str, int]:
        """One logit a pack, C class logits an image; see `GAN.answers`."""
        return {"logit": 1, "class_logits": packing * num_classes}

    def sample_losses(self, judged: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
        """The adversarial loss and alpha times the classifier's; see `GAN.sample_losses`."""
        of_images = _cross_entropy(judged, label)
        of_packs = tf.reduce_mean(tf.reshape(of_images, [-1, self.packing]), axis=1)
        return super().sample_losses(judged, label) + self.alpha * of_packs

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
            "num_classes": self.labels.num_classes,
            "class_weights": self.labels.class_weights,
            "alpha": self.alpha,
        }

    def _track(self, batch, judged, **values) -> dict[str, tf.Tensor]:
        """Adds the share of generated images that the classifier takes for what was asked."""
        told = tf.argmax(judged["class_logits"], axis=1, output_type=tf.int32)
        accuracy = tf.reduce_mean(tf.cast(told == batch.label, tf.float32))
        return super()._track(batch, judged, class_accuracy=accuracy, **values)


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


def _cross_entropy(judged: dict[str, tf.Tensor], label: tf.Tensor) -> tf.Tensor:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(label, judged["class_logits"])
