"""The generative adversarial network that every model but PixelCNN is."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from tfmix import losses, seeds
from tfmix.checks import number, positive_int
from tfmix.models import average
from tfmix.models.augmentation import Augmentation
from tfmix.models.collapse import ComponentUsage
from tfmix.models.freezing import freeze
from tfmix.models.packing import pack
from tfmix.models.penalties import DiscriminatorPenalties
from tfmix.models.requirements import check_images, check_networks, checked_labels
from tfmix.models.sampler import Sampler, deserialized
from tfmix.models.two_optimizers import TwoOptimizers
from tfmix.priors import Draw, Labels, Prior
from tfmix.priors.mixture import LocationScaleMixture

_TRAINING, _EVALUATION = 0, 1  # streams of one seed, so that the two never share a draw
# Streams of a step's seed, beside those that the prior takes.
_LABELS, _BETWEEN, _AUGMENT_REAL, _AUGMENT_FAKE, _AUGMENT_JUDGED = range(2, 7)


class Batch(NamedTuple):
    """Latents of a training batch.

    Attributes:
        inputs: What the generator takes: z and, where the model knows classes, its code, [B, L].
        draw: What the prior drew.
        label: Class of each row, int32 [B]; None where the model knows none.
    """

    inputs: tf.Tensor
    draw: Draw
    label: tf.Tensor | None


@keras.saving.register_keras_serializable(package="tfmix")
class GAN(TwoOptimizers):
    """A prior, a generator and a discriminator, trained against each other.

    One `train_step` updates the discriminator, then the generator and the prior's parameters on
    the same generated batch judged anew (Goodfellow et al., 2014, Algorithm 1). Noise is a
    function of (seed, step, replica), so that a run resumed from any step goes on bit by bit.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
        discriminator: A Keras model, images -> logits [B, 1].
        labels: What latents tell of classes; derived models that know classes set it.
        loss: Name of the adversarial loss; see `tfmix.losses`.
        label_smoothing: What the target of real data lacks to 1, in [0, 1); see
            `tfmix.losses.adversarial`.
        r1_penalty: gamma of the R1 penalty on the discriminator, gamma / 2 times the squared norm
            of its gradient at real data; 0: none.
        r1_every: Steps from one R1 penalty to the next, which is taken that many times as heavy
            (lazy regularisation; StyleGAN2, CVPR 2020, appendix B).
        gradient_penalty: lambda of WGAN-GP's penalty on the discriminator; 0: none.
        lecam_penalty: lambda of LeCam's penalty on the discriminator's answers, .3 in its authors'
            runs on parts of CIFAR-10; 0: none. See `tfmix.losses.lecam_penalty`.
        augment: Augmentation of what the discriminator sees, real and generated, in both steps:
            "default", or operations such as "color,translation,cutout"; see `tfmix.augment.chosen`.
            None: none.
        ada_target: r_t to keep by the probability of augmentation; 0: it is 1. See
            `tfmix.models.augmentation.Augmentation`; the paper's is .6.
        ada_images: Images over which that probability may rise from 0 to 1.
        frozen_layers: The discriminator's lowest layers with a kernel that are not trained; see
            `tfmix.models.freezing`.
        packing: m: the discriminator judges m images at once, joined along their last axis, so
            that it sees how alike they are (PacGAN, NeurIPS 2018). Images of a batch that fill no
            whole pack are left out.
        ema_momentum: Keeps an exponential moving average of prior and generator, batch statistics
            included, for `sample` and `sampler`; a number such as 0.999, or None for no average.
        seed: Seed of the training noise, an int32.
        **kwargs: Of `keras.Model`.

    Raises:
        ValueError: Networks that do not fit each other, an unknown loss, an argument outside its
            range, or a penalty on a discriminator with batch normalisation, where the gradient at
            one image is not its own.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        labels: Labels | None = None,
        *,
        loss: str = "non_saturating",
        label_smoothing: float = 0.0,
        r1_penalty: float = 0.0,
        r1_every: int = 16,
        gradient_penalty: float = 0.0,
        lecam_penalty: float = 0.0,
        augment: str | Sequence[str] | None = None,
        ada_target: float = 0.0,
        ada_images: int = 500_000,
        frozen_layers: int = 0,
        packing: int = 1,
        ema_momentum: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        if type(self) is GAN and labels is not None:
            raise ValueError(
                "GAN's discriminator knows no classes; take ACGAN, TGAN or SupervisedGMGAN. "
                f"Received: labels={labels!r}."
            )
        super().__init__(**{"dtype": "float32", **kwargs})  # latents are never rounded
        self.packing = positive_int("packing", packing)
        num_classes = None if labels is None else labels.num_classes
        self._widths = self.answers(num_classes)
        check_networks(generator, discriminator, packing, self.answers(num_classes, packing))
        if ema_momentum is not None:
            wanted = "ema_momentum lies between 0 and 1, or is None"
            ema_momentum = number("ema_momentum", wanted, ema_momentum, lambda x: 0 < x < 1)
        self.prior = prior
        self.generator = generator
        self.discriminator = discriminator
        self.labels = labels
        self.adversarial_loss = losses.adversarial(loss, label_smoothing)
        self.loss_name = loss
        self.label_smoothing = label_smoothing
        self.penalties = DiscriminatorPenalties(
            discriminator, r1_penalty, r1_every, gradient_penalty, lecam_penalty
        )
        self.augmentation = Augmentation(
            augment, generator.output_shape[1:], ada_target, ada_images
        )
        self.frozen_layers = freeze(discriminator, frozen_layers)
        mixture = isinstance(prior, LocationScaleMixture)
        if packing > 1 and mixture and prior.learn_weights and prior.gradient == "marginal":
            raise ValueError(
                "Weights that learn by gradient='marginal' need a loss that each sample has to "
                f"itself, and a pack shares one. Received: packing={packing}; take 1."
            )
        self.ema_momentum = ema_momentum
        self.seed = seeds.check(seed)
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        # What is sampled: a copy that follows the trained weights on average, or those themselves.
        self.sampled = (
            Sampler(prior, generator, labels)
            if ema_momentum is None
            else Sampler(average.copy(prior), average.copy(generator), labels)
        )
        names = ["generator_loss", "discriminator_loss", "discriminator_accuracy"]
        names += ["real_logit", "generated_logit", "r_t"]
        names += ["sigma"] * mixture
        names += ["augment_probability"] * self.augmentation.adaptive
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        if prior.num_components > 1:
            self.trackers["component_usage"] = ComponentUsage(prior.num_components)
        self.built = True

    @classmethod
    def answers(cls, num_classes: int | None, packing: int = 1) -> dict[str, int]:
        """Width of each output that the discriminator of such a model gives for a pack."""
        return {"logit": 1}

    @classmethod
    def code_width(cls, num_classes: int | None, **arguments) -> int:
        """Columns of the generator's input beside the prior's, for these constructor arguments."""
        return 0

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Turns latents [B, L] into images [B, H, W, C] with the trained weights."""
        return self.generator(z, training=training)

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's optimizer trains: the generator and the prior."""
        return self.generator.trainable_variables + self.prior.trainable_variables

    @property
    def discriminator_variables(self) -> list[keras.Variable]:
        """What the discriminator's optimizer trains: all of it that is not frozen."""
        return self.discriminator.trainable_variables

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The losses' running means, without Keras's own tracker of a loss that we do not have."""
        return list(self.trackers.values())

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then generator and prior.

        Args:
            data: Images [B, H, W, C] in [-1, 1], alone or with labels int [B], which a model
                without classes ignores and one with classes needs.

        Returns:
            The running means of the losses, and what shows a collapse early.
        """
        images, label = self._unpack(data)
        seed = self._seed(_TRAINING, self.step)
        with tf.GradientTape() as tape:
            batch = self._draw(tf.shape(images)[0], seed)
            generated = self.generator(batch.inputs, training=True)
            with tape.stop_recording():
                told = self._train_discriminator(images, label, generated, batch.label, seed)
            judged = self._judge(self._seen(generated, seed, _AUGMENT_JUDGED), training=True)
            sample_losses = self.sample_losses(judged, batch.label)
            generator_loss = tf.reduce_mean(sample_losses)
            surrogate = self.prior.score_surrogate(batch.draw, sample_losses)
            total = self._shared(generator_loss + self.penalty() + surrogate)
            total = self.generator_optimizer.scale_loss(total)
        # Dense: a gathered prior's gradient comes in slices, one a row, which Adam would square
        # before it adds up those of one component.
        gradients = [
            tf.convert_to_tensor(each) for each in tape.gradient(total, self.generator_variables)
        ]
        self.generator_optimizer.apply(gradients, self.generator_variables)
        self.step.assign_add(1)
        if self.ema_momentum is not None:
            average.follow(
                self.sampled.prior.weights + self.sampled.generator.weights,
                self.prior.weights + self.generator.weights,
                self.ema_momentum,
                self.step,
            )
        return self._track(batch, judged, generator_loss=generator_loss, **told)

    def test_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Both losses on held-out data, with no update.

        Args:
            data: As of `train_step`.

        Returns:
            The running means of the losses.
        """
        images, label = self._unpack(data)
        number = self.trackers["generator_loss"].count  # batches seen in this evaluation
        batch = self._draw(tf.shape(images)[0], self._seed(_EVALUATION, number))
        real = self._judge(images, training=False)
        fake = self._judge(self.generator(batch.inputs, training=False), training=False)
        return self._track(
            batch,
            fake,
            generator_loss=tf.reduce_mean(self.sample_losses(fake, batch.label)),
            discriminator_loss=self.discriminator_loss(real, label, fake, batch.label),
            **self._told(real, label, fake, batch.label),
        )

    def sample_losses(self, judged: dict[str, tf.Tensor], label: tf.Tensor | None) -> tf.Tensor:
        """The generator's loss of each generated image, or pack of them, [B / packing].

        Args:
            judged: The discriminator's answers: "logit" and what else `answers` names.
            label: Class that was asked of each image, [B]; None where there are none.
        """
        return self.adversarial_loss.generator(judged["logit"])

    def discriminator_loss(
        self,
        real: dict[str, tf.Tensor],
        real_label: tf.Tensor | None,
        fake: dict[str, tf.Tensor],
        fake_label: tf.Tensor | None,
    ) -> tf.Tensor:
        """The discriminator's loss on a real and a generated batch, a scalar.

        Args:
            real: Its answers to real images.
            real_label: Their classes, [B]; None where the model knows none.
            fake: Its answers to generated images.
            fake_label: The classes that were asked of them, [B], or None.
        """
        return tf.reduce_mean(self.adversarial_loss.real(real["logit"])) + tf.reduce_mean(
            self.adversarial_loss.fake(fake["logit"])
        )

    def logit_of(self, judged: dict[str, tf.Tensor], label: tf.Tensor | None) -> tf.Tensor:
        """The logit by which an image counts as real, [B, 1]."""
        return judged["logit"]

    def logits(self, images: np.ndarray, label: np.ndarray | None = None) -> np.ndarray:
        """What the discriminator says outside training, with no augmentation.

        Args:
            images: float32 [N, H, W, C] in [-1, 1], or points [N, P].
            label: Their classes, ints [N], for models that know classes.

        Returns:
            The logit by which each image, or whole pack of them, counts as real, [N / packing].

        Raises:
            ValueError: Images that are no floats, or no labels where the model knows classes.
            tf.errors.InvalidArgumentError: Fewer images than a pack.
        """
        images, label = self._unpack((tf.convert_to_tensor(images), label))
        return self.logit_of(self._judge(images, training=False), label).numpy()[:, 0]

    def penalty(self) -> tf.Tensor:
        """What is added to the generator's loss and concerns no batch, a scalar."""
        return tf.constant(0.0)

    def sample(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws images, with the averaged weights where they are kept; see `Sampler.sample`."""
        how = {"component": component, "label": label, "scale": scale, "weights": weights}
        return self.sampled.sample(num_samples, seed=seed, **how)

    def sampler(self, provenance: dict | None = None) -> Sampler:
        """The model to keep once training is over; it shares this model's weights.

        Args:
            provenance: What to note of the training; see `Sampler`.

        Returns:
            A Sampler that gives the images of `sample`.
        """
        sampled = self.sampled
        return Sampler(sampled.prior, sampled.generator, sampled.labels, provenance=provenance)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "loss": self.loss_name,
            "label_smoothing": self.label_smoothing,
            "r1_penalty": self.penalties.r1_penalty,
            "r1_every": self.penalties.r1_every,
            "gradient_penalty": self.penalties.gradient_penalty,
            "lecam_penalty": self.penalties.lecam_penalty,
            "augment": self.augmentation.name_given or None,
            "ada_target": self.augmentation.ada_target,
            "ada_images": self.augmentation.ada_images,
            "frozen_layers": self.frozen_layers,
            "packing": self.packing,
            "ema_momentum": self.ema_momentum,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Makes a model from `get_config`."""
        parts = ("prior", "generator", "discriminator")
        return cls(**deserialized(config, parts, custom_objects))

    def _unpack(
        self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        images, label, _ = keras.utils.unpack_x_y_sample_weight(data)
        check_images(images)
        if self.labels is not None and label is None:
            raise ValueError(
                f"{type(self).__name__} learns classes: its data are pairs (images, labels), "
                "labels int [B]. Received: images alone."
            )
        label = None if self.labels is None else checked_labels(label, self.labels.num_classes)
        if self.packing == 1:
            return images, label
        tf.debugging.assert_greater_equal(
            tf.shape(images)[0],
            self.packing,
            f"A batch holds one pack at least, of {self.packing} images: give fit a larger "
            "batch_size, or the last batch the size of the others.",
        )
        whole = tf.shape(images)[0] // self.packing * self.packing
        return images[:whole], None if label is None else label[:whole]

    def _draw(self, num_samples: tf.Tensor, seed: tf.Tensor) -> Batch:
        draw = self.prior.draw(num_samples, seed)
        if self.labels is None:
            return Batch(draw.z, draw, None)
        label, code = self.labels.draw(draw.component, seeds.fold_in(seed, _LABELS))
        return Batch(tf.concat([draw.z, code], axis=1), draw, label)

    def _judge(self, images: tf.Tensor, training: bool) -> dict[str, tf.Tensor]:
        return self._answered(self.discriminator(pack(images, self.packing), training=training))

    def _answered(self, outputs: tf.Tensor | dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The discriminator's outputs by name, those that concern single images one a row."""
        outputs = outputs if isinstance(outputs, dict) else {"logit": outputs}
        return {name: tf.reshape(outputs[name], [-1, w]) for name, w in self._widths.items()}

    def _seen(self, images: tf.Tensor, seed: tf.Tensor, stream: int) -> tf.Tensor:
        """Images as the discriminator sees them in training."""
        return self.augmentation(images, seeds.fold_in(seed, stream))

    def _train_discriminator(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        generated_label: tf.Tensor | None,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        images = self._seen(images, seed, _AUGMENT_REAL)
        generated = self._seen(generated, seed, _AUGMENT_FAKE)

        def score(packed: tf.Tensor) -> tf.Tensor:
            judged = self._answered(self.discriminator(packed, training=True))
            return self.logit_of(judged, label)[:, 0]

        with tf.GradientTape() as tape:
            real = self._judge(images, training=True)
            fake = self._judge(generated, training=True)
            loss = self.discriminator_loss(real, label, fake, generated_label)
            penalty = self.penalties.of_gradients(
                score,
                pack(images, self.packing),
                pack(generated, self.packing),
                seeds.fold_in(seed, _BETWEEN),
                self.step,
            )
            penalty += self.penalties.of_answers(
                self.logit_of(real, label), self.logit_of(fake, generated_label), self.step
            )
            total = self.discriminator_optimizer.scale_loss(self._shared(loss + penalty))
        variables = self.discriminator_variables
        self.discriminator_optimizer.apply(tape.gradient(total, variables), variables)
        told = self._told(real, label, fake, generated_label)
        batch_size = tf.shape(images)[0] * tf.distribute.get_strategy().num_replicas_in_sync
        self.augmentation.follow(told["r_t"], batch_size, self.step)
        return {"discriminator_loss": loss, **told}

    def _told(
        self,
        real: dict[str, tf.Tensor],
        real_label: tf.Tensor | None,
        fake: dict[str, tf.Tensor],
        fake_label: tf.Tensor | None,
    ) -> dict[str, tf.Tensor]:
        """What the discriminator's answers tell of how well it knows the training images."""
        real, fake = self.logit_of(real, real_label), self.logit_of(fake, fake_label)
        return {
            "discriminator_accuracy": losses.accuracy(self.adversarial_loss, real, fake),
            "real_logit": tf.reduce_mean(real),
            "generated_logit": tf.reduce_mean(fake),
            "r_t": losses.overfitting(self.adversarial_loss, real, fake),
        }

    def _seed(self, stream: int, number: tf.Tensor) -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        return seeds.fold_in(seeds.step_seed(self.seed, number, replica), stream)

    def _shared(self, loss: tf.Tensor) -> tf.Tensor:
        # Replicas add their gradients up, so each brings its share of the mean.
        return loss / tf.distribute.get_strategy().num_replicas_in_sync

    def _track(
        self, batch: Batch, judged: dict[str, tf.Tensor], **values: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Updates the running means; `judged` are the answers to the generated batch."""
        if "sigma" in self.trackers:
            values["sigma"] = tf.reduce_mean(self.prior.marginal_scale)
        if "augment_probability" in self.trackers:
            values["augment_probability"] = self.augmentation.probability
        if "component_usage" in self.trackers:
            values["component_usage"] = batch.draw.component
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}
