"""GANs whose images tell the component of the mixture that they come from."""

import keras
import tensorflow as tf

from tfmix import augment, seeds
from tfmix.checks import integers, number
from tfmix.models import ema
from tfmix.models.gan import GAN
from tfmix.models.hooks import Batch
from tfmix.models.requirements import has_mixing_layer, require_mixture
from tfmix.priors import Draw, Prior

# Weights beside the invariance. IMSAT has 0.1 and 0.4; with the larger one, generated images have
# the kinds of real ones in their shares, since each component draws one kind.
_ENTROPY, _DIVERGENCE = 0.1, 2.0
_LEAST = 1e-8  # share of a component in a logarithm
_MOMENTUM = 0.75  # of the average over batches of the head's probabilities
_EVERY = 2  # steps from one loss on real images to the next, which weighs as many times as much
_WEIGHTS = ("component_weight", "noise_weight", "invariance_weight")


class MixtureGAN(GAN):
    """A GAN on a mixture, with losses that tie images to components.

    The game alone does not: a component may draw images of several kinds, several components the
    same kind, or a component one image only. Three losses, each with its own weight, change that.
    They are functions of two heads on the discriminator's features:

    - The *component head*, K logits, is trained to tell the component of generated images, and the
      generator to draw images of which it can tell, both by the cross-entropy (InfoGAN, NeurIPS
      2016, section 5, for a categorical code). It makes a clusterer of the discriminator.
    - The *noise head* gives back the noise eps of z = mu_k + sigma_k eps, with the mean squared
      error (ClusterGAN, AAAI 2019, section 3), so that the noise stays visible in the image and a
      component is not one image.
    - On real images, the component head's probabilities p(x) are to stay the same under a small
      random shift, rotation and change of size T, to be sure, and to be the mixture's weights w on
      average: CE(p(x), p(Tx)) + 0.1 H(p(x)) + 2 KL(mean p | w) (IMSAT, ICML 2017, equations 4 to
      6; its last weight is 0.4, and its mean is of one batch, where ours moves over batches). Where
      weights are learned, the average follows them.

    Args:
        prior: A `GaussianMixture`, or another mixture of locations and scales. It may have more
            components than there are kinds of images.
        generator: As of `GAN`.
        discriminator: As of `GAN`; with weights above 0 a Keras model, images -> {"logit": [B, 1],
            "component_logits": [B, K], "noise": [B, D]}, those two as they are needed.
        component_weight: Weight of the cross-entropy of the component in both networks' losses,
            at least 0.
        noise_weight: Weight of the mean squared error of the noise in both networks' losses.
        invariance_weight: Weight of the loss on real images, in the discriminator's loss; it needs
            the component head, component_weight above 0. The head then learns from real images
            alone, and the generator alone pays the cross-entropy.
        component_delay: Training steps before the cross-entropy counts, so that the head has found
            clusters of real images before the generator follows it.
        **kwargs: Of `GAN`.

    Raises:
        ValueError: A prior that is no such mixture, a weight below 0, a loss on real points or
            without the component head, or what `GAN` refuses.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        component_weight: float = 0.0,
        noise_weight: float = 0.0,
        invariance_weight: float = 0.0,
        component_delay: int = 0,
        **kwargs,
    ):
        given = (component_weight, noise_weight, invariance_weight)
        self.output_arguments = {
            name: number(name, f"{name} is at least 0 and finite", weight, lambda x: x >= 0)
            for name, weight in zip(_WEIGHTS, given, strict=True)
        }
        for name, weight in self.output_arguments.items():
            setattr(self, name, weight)
        wanted = "component_delay is a number of steps, at least 0"
        delay = integers("component_delay", wanted, component_delay)
        if delay.ndim or delay < 0:
            raise ValueError(f"{wanted}. Received: component_delay={component_delay!r}.")
        self.component_delay = int(delay)
        super().__init__(
            require_mixture(type(self).__name__, prior), generator, discriminator, **kwargs
        )
        if self.invariance_weight and not self.component_weight:
            raise ValueError(
                "invariance_weight is of the component head: set component_weight as well, such as "
                f"to 1. Received: invariance_weight={invariance_weight}, component_weight=0."
            )
        if self.invariance_weight and len(generator.output_shape) != 4:
            raise ValueError(
                "invariance_weight is for images, which can be shifted and rotated. Received: a "
                f"generator of shape {tuple(generator.output_shape[1:])}."
            )
        if self.invariance_weight:
            first = keras.initializers.Constant(1.0 / prior.num_components)
            shape = (prior.num_components,)
            state = {"trainable": False, "aggregation": "mean"}
            self.marginal = self.add_weight(shape, first, name="marginal", **state)
        if self.component_weight:
            self.trackers["component_accuracy"] = keras.metrics.Mean(name="component_accuracy")

    @classmethod
    def discriminator_outputs(
        cls,
        num_classes: int | None,
        packing: int = 1,
        *,
        prior: Prior | None = None,
        component_weight: float = 0.0,
        noise_weight: float = 0.0,
        **arguments,
    ) -> dict[str, int]:
        """The logit of a pack, and of each image the heads that have a weight."""
        outputs = {"logit": 1}
        if component_weight:
            outputs["component_logits"] = packing * prior.num_components
        if noise_weight:
            outputs["noise"] = packing * prior.latent_dim
        return outputs

    def latent_losses(
        self, outputs: dict[str, tf.Tensor], draw: Draw, *, of_generator: bool
    ) -> tf.Tensor:
        """Cross-entropy of the component and error of the noise; see `GAN.latent_losses`."""
        losses = super().latent_losses(outputs, draw, of_generator=of_generator)
        if self.component_weight and (of_generator or not self.invariance_weight):
            found = tf.nn.sparse_softmax_cross_entropy_with_logits(
                draw.component, outputs["component_logits"]
            )
            begun = tf.cast(tf.convert_to_tensor(self.step) >= self.component_delay, tf.float32)
            losses += begun * self.component_weight * self._of_packs(found)
        if self.noise_weight:
            noise = tf.stop_gradient(self._noise(draw))
            found = tf.reduce_mean(tf.square(outputs["noise"] - noise), axis=1)
            losses += self.noise_weight * self._of_packs(found)
        return losses

    def real_penalty(
        self, images: tf.Tensor, real: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> tf.Tensor:
        """The loss of the component head on real images; see `GAN.real_penalty`."""
        if not self.invariance_weight:
            return super().real_penalty(images, real, seed)

        def head(images: tf.Tensor) -> tf.Tensor:
            return self.critic.outputs(images, None, training=True)["component_logits"]

        def penalty() -> tuple[tf.Tensor, tf.Tensor]:
            # An augmentation leaves marks, by which augmented images would be sorted.
            logits = head(images) if self.augmentation.operations else real["component_logits"]
            moved = augment.affine(images, seed)
            moved = head(self.augmentation(moved, seeds.fold_in(seed, 1)))
            here, there = tf.nn.softmax(logits), tf.nn.softmax(moved)
            change = tf.nn.softmax_cross_entropy_with_logits(tf.stop_gradient(here), moved)
            entropy = tf.nn.softmax_cross_entropy_with_logits(here, logits)
            # A batch has too few images for its own average to be held to the weights: the slope
            # of the divergence is that at a moving average.
            average = tf.reduce_mean(tf.concat([here, there], axis=0), axis=0)
            marginal = _MOMENTUM * self.marginal + (1.0 - _MOMENTUM) * tf.stop_gradient(average)
            weights = tf.stop_gradient(self.prior.mixture_weights)
            # Neither is 0 in the logarithm: a component may be left by all, or its weight vanish.
            slope = tf.math.log((marginal + _LEAST) / (weights + _LEAST))
            terms = tf.reduce_mean(change) + _ENTROPY * tf.reduce_mean(entropy)
            terms += _DIVERGENCE * tf.reduce_sum(average * slope)
            return _EVERY * self.invariance_weight * terms, marginal

        none = (tf.constant(0.0), tf.convert_to_tensor(self.marginal))
        found, marginal = tf.cond(
            tf.convert_to_tensor(self.step) % _EVERY == 0, penalty, lambda: none
        )
        self.marginal.assign(marginal)  # outside of the branch, in which replicas could not meet
        return found

    def clusterer(self) -> keras.Model | None:
        """The component head as a classifier of images.

        Returns:
            A Keras model, images [N, H, W, C] in [-1, 1] -> probabilities [N, K] of the components.
            It shares the discriminator's weights, or has a float32 copy of those that were trained
            in mixed precision. None where there is no head, or where an image is not sorted by
            itself: in packs, or after minibatch discrimination.
        """
        by_itself = self.critic.packing == 1 and not has_mixing_layer(self.discriminator)
        if not (self.component_weight and by_itself):
            return None
        mixed = self.discriminator.get_config().get("dtype") == "mixed_bfloat16"
        discriminator = ema.copy(self.discriminator) if mixed else self.discriminator
        logits = discriminator.output["component_logits"]
        probabilities = keras.layers.Softmax(dtype="float32", name="probabilities")(logits)
        return keras.Model(discriminator.inputs[0], probabilities, name="clusterer")

    def batch_metrics(self, batch: Batch, outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Adds the share of generated images whose component the head tells."""
        values = super().batch_metrics(batch, outputs)
        if not self.component_weight:
            return values
        told = tf.argmax(outputs["component_logits"], axis=1, output_type=tf.int32)
        right = tf.cast(told == batch.draw.component, tf.float32)
        return {**values, "component_accuracy": tf.reduce_mean(right)}

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        own = {name: getattr(self, name) for name in (*_WEIGHTS, "component_delay")}
        return {**super().get_config(), **own}

    def _noise(self, draw: Draw) -> tf.Tensor:
        """(z - mu_k) / sigma_k, [B, D]."""
        scale = tf.gather(self.prior.marginal_scale, draw.component)
        return (draw.z - tf.gather(self.prior.loc, draw.component)) / scale

    def _of_packs(self, losses: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.reshape(losses, [-1, self.critic.packing]), axis=1)
