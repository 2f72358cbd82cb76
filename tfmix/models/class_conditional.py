"""The base of GANs that learn classes."""

import keras
import tensorflow as tf

from tfmix import seeds
from tfmix.models.gan import GAN
from tfmix.models.hooks import Batch
from tfmix.models.requirements import checked_labels
from tfmix.priors import Labels, Prior

_LABELS = 2  # stream of a step's seed, beside those that the prior takes


class ClassConditionalGAN(GAN):
    """A GAN whose data are pairs (images, labels) and whose latents have a class.

    A derived model says by its losses, or by `discriminator_inputs`, what the discriminator makes
    of classes.

    Args:
        prior: As of `GAN`.
        generator: A Keras model, latents joined to a class's code -> images.
        discriminator: As of `GAN`, or of the derived model.
        labels: How a latent gets its class, and the code that is joined to it.
        **kwargs: Of `GAN`.

    Raises:
        ValueError: What `GAN` refuses. In training, data without labels.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        labels: Labels,
        **kwargs,
    ):
        self.labels = labels  # first: the networks' widths are checked against it
        super().__init__(prior, generator, discriminator, **kwargs)

    def draw_batch(self, num_samples: tf.Tensor, seed: tf.Tensor) -> Batch:
        """Draws latents and classes; see `GAN.draw_batch`."""
        draw = self.prior.draw(num_samples, seed)
        label, code = self.labels.draw(draw.component, seeds.fold_in(seed, _LABELS))
        return Batch(tf.concat([draw.z, code], axis=1), draw, label)

    def batch_label(self, label: tf.Tensor | None) -> tf.Tensor:
        """The classes of a batch of data, int32 [B]; see `GAN.batch_label`."""
        if label is None:
            raise ValueError(
                f"{type(self).__name__} learns classes: its data are pairs (images, labels), "
                "labels int [B]. Received: images alone."
            )
        return checked_labels(label, self.labels.num_classes)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {**super().get_config(), "num_classes": self.labels.num_classes}
