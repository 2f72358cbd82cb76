"""The generative adversarial network that every model but PixelCNN is."""

import functools

import keras
import numpy as np
import tensorflow as tf

from tfmix import losses, seeds
from tfmix.checks import number, positive_int
from tfmix.models import ema
from tfmix.models.component_usage import ComponentUsage
from tfmix.models.critic import STATISTICS, Critic
from tfmix.models.hooks import Batch, Hooks
from tfmix.models.optimizers import Optimizers
from tfmix.models.requirements import check_images, check_own_losses
from tfmix.models.sampler import Sampler, deserialized
from tfmix.priors import Labels, Prior
from tfmix.priors.mixture import LocationScaleMixture

_TRAINING, _EVALUATION = 0, 1  # streams of one seed, so that the two never share a draw
# Streams of a step's seed. The prior takes 0 and 1, labels take 2.
_BETWEEN, _AUGMENT_REAL, _AUGMENT_GENERATED, _AUGMENT_AGAIN, _REAL_PENALTY = range(3, 8)
_FURTHER = 100  # of the updates of a step after the first of each network, and their negatives


@keras.saving.register_keras_serializable(package="tfmix")
class GAN(Hooks, Optimizers):
    """A prior, a generator and a discriminator, trained against each other.

    One `train_step` updates the discriminator, then the generator and the prior's parameters on
    the same generated batch (Goodfellow et al., 2014, Algorithm 1). Noise is a function of
    (seed, step, replica), so that a run resumed from any step goes on bit by bit.

    A model of another paper derives from this class, or from `ClassConditionalGAN` where it learns
    classes, and overrides what differs:

    - losses: `sample_losses` and `generator_penalty` of the generator, `discriminator_loss`;
    - the discriminator: `discriminator_inputs`, such as classes beside the images,
      `discriminator_outputs`, and `discriminator_logit` where several logits are given;
    - latents: `draw_batch`, and `code_width` for the columns that it adds to the prior's;
    - steps: `discriminator_step` and `train_step`, each to be extended around `super()`, with noise
      from `noise_seed`; what they train is `generator_variables` and `discriminator_variables`;
    - metrics: the constructor adds one to `trackers`, `batch_metrics` gives what updates it;
    - arguments of its own: `get_config`.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
        discriminator: A Keras model, images -> logits [B, 1].
        loss: Name of the adversarial loss; see `tfmix.losses`.
        label_smoothing: s in [0, 1): the target of real data is 1 - s (one-sided label smoothing);
            see `tfmix.losses.adversarial`.
        ema_momentum: Keeps an exponential moving average of prior and generator, batch statistics
            included, for `sample` and `sampler`; a number such as 0.999, or None for no average.
        discriminator_steps: Updates of the discriminator in a training step, each against a
            generated batch of its own.
        generator_steps: Updates of generator and prior in a training step, the first on the batch
            of the last update of the discriminator.
        seed: Seed of the training noise, an int32.
        name: Of the model.
        **kwargs: Packing, augmentation, penalties and frozen layers of the discriminator; see
            `tfmix.models.critic.Critic`.

    Raises:
        ValueError: Networks that do not fit each other, an unknown loss, or an argument outside its
            range.
    """

    labels: Labels | None = None  # how latents get a class; `ClassConditionalGAN` sets it

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str = "non_saturating",
        label_smoothing: float = 0.0,
        ema_momentum: float | None = None,
        discriminator_steps: int = 1,
        generator_steps: int = 1,
        seed: int = 0,
        name: str | None = None,
        **kwargs,
    ):
        super().__init__(name=name, dtype="float32")  # latents are never rounded
        if ema_momentum is not None:
            wanted = "ema_momentum lies between 0 and 1, or is None"
            ema_momentum = number("ema_momentum", wanted, ema_momentum, lambda x: 0 < x < 1)
        self.adversarial_loss = losses.adversarial(loss, label_smoothing)
        self.loss_name = loss
        self.label_smoothing = label_smoothing
        self.ema_momentum = ema_momentum
        self.discriminator_steps = positive_int("discriminator_steps", discriminator_steps)
        self.generator_steps = positive_int("generator_steps", generator_steps)
        self.seed = seeds.check(seed)
        num_classes = None if self.labels is None else self.labels.num_classes
        outputs = functools.partial(
            self.discriminator_outputs, num_classes, prior=prior, **self.output_arguments
        )
        self.critic = Critic(
            discriminator, generator, self, outputs, self.adversarial_loss, **kwargs
        )
        check_own_losses(prior, self.critic.packing)
        # A file stores variables under these names, and `weights` has them in this order.
        self.prior = prior
        self.generator = generator
        self.discriminator = discriminator
        self.penalties = self.critic.penalties
        self.augmentation = self.critic.augmentation
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        # The prior and generator to sample from: averaged copies, or those that are trained.
        self.sampled = (
            Sampler(prior, generator, self.labels)
            if ema_momentum is None
            else Sampler(ema.copy(prior), ema.copy(generator), self.labels)
        )
        names = ["generator_loss", "discriminator_loss", *STATISTICS]
        names += ["sigma"] * isinstance(prior, LocationScaleMixture)
        names += ["augment_probability"] * self.augmentation.adaptive
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        if prior.num_components > 1:
            self.trackers["component_usage"] = ComponentUsage(prior.num_components)
        self.built = True

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
        for i in range(1, self.discriminator_steps):
            own = seeds.fold_in(seed, _FURTHER + i)
            batch = self.draw_batch(tf.shape(images)[0], own)
            generated = self.generator(batch.inputs, training=True)
            self.discriminator_step(images, label, generated, batch, own)
        logs = self.generator_step(images, label, seed, with_discriminator=True)
        for i in range(1, self.generator_steps):
            self.generator_step(images, label, seeds.fold_in(seed, -_FURTHER - i))
        self.step.assign_add(1)
        if self.ema_momentum is not None:
            ema.follow(
                self.sampled.prior.weights + self.sampled.generator.weights,
                self.prior.weights + self.generator.weights,
                self.ema_momentum,
                self.step,
            )
        batch, outputs, values = logs
        return self._track(batch, outputs, values)

    def generator_step(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        seed: tf.Tensor,
        *,
        with_discriminator: bool = False,
    ) -> tuple[Batch, dict[str, tf.Tensor], dict[str, tf.Tensor]]:
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
            outputs, opposed = self._against(images, label, generated, batch, seed)
            sample_losses = self.sample_losses(opposed, batch.label)
            generator_loss = tf.reduce_mean(sample_losses)
            surrogate = self.prior.score_surrogate(batch.draw, sample_losses)
            latent_loss = tf.reduce_mean(self.latent_losses(outputs, batch.draw))
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

        shown = augmented(images, True)
        both = (images, label, generated, batch.label)
        with tf.GradientTape() as tape:
            real, fake = self.critic.outputs_of_both(
                shown, label, augmented(generated, False), batch.label, training=True
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
            penalty = self.critic.penalty(*both, augmented, logits, between, self.step)
            penalty += tf.reduce_mean(self.latent_losses(fake, batch.draw))
            penalty += self.real_penalty(shown, real, seeds.fold_in(seed, _REAL_PENALTY))
            total = self.discriminator_optimizer.scale_loss(_share(loss + penalty))
        variables = self.discriminator_variables
        self.discriminator_optimizer.apply(tape.gradient(total, variables), variables)
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
        return self._track(batch, fake, values)

    def noise_seed(self, stream: int, number: tf.Tensor) -> tf.Tensor:
        """The seed of a step's noise, int32 [2], another one for each replica.

        Args:
            stream: What it is for: 0 is training, 1 evaluation; a model's own steps take others.
            number: Of the step.
        """
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        return seeds.fold_in(seeds.step_seed(self.seed, number, replica), stream)

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Turns latents [B, L] into images [B, H, W, C] with the trained weights."""
        return self.generator(z, training=training)

    def logits(self, images: np.ndarray, label: np.ndarray | None = None) -> np.ndarray:
        """The discriminator's logits outside training, with no augmentation.

        Args:
            images: float32 [N, H, W, C] in [-1, 1], or points [N, P].
            label: Their classes, ints [N], for models that learn classes.

        Returns:
            The logit by which each image, or whole pack of them, counts as real, [N / packing].

        Raises:
            ValueError: Images that are no floats, or no labels where the model learns classes.
            tf.errors.InvalidArgumentError: Fewer images than a pack.
        """
        images, label = self._unpack((tf.convert_to_tensor(images), label))
        outputs = self.critic.outputs(images, label, training=False)
        return self.discriminator_logit(outputs, label).numpy()[:, 0]

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

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The metrics of `trackers`, without Keras's own tracker of a loss that we do not have."""
        return list(self.trackers.values())

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "loss": self.loss_name,
            "label_smoothing": self.label_smoothing,
            "ema_momentum": self.ema_momentum,
            "discriminator_steps": self.discriminator_steps,
            "generator_steps": self.generator_steps,
            "seed": self.seed,
            **self.critic.get_config(),
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Makes a model from `get_config`."""
        parts = ["prior", "generator", "discriminator"]
        parts += [name for name in ("r1_penalty", "r2_penalty") if isinstance(config.get(name), dict)]
        return cls(**deserialized(config, parts, custom_objects))

    def _unpack(
        self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        images, label, _ = keras.utils.unpack_x_y_sample_weight(data)
        check_images(images)
        return self.critic.whole_packs(images, self.batch_label(label))

    def _against(
        self,
        images: tf.Tensor,
        label: tf.Tensor | None,
        generated: tf.Tensor,
        batch: Batch,
        seed: tf.Tensor,
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """The discriminator's outputs for a generated batch, plain and against real images."""
        shown = self.augmentation(generated, seeds.fold_in(seed, _AUGMENT_AGAIN))
        if not self.adversarial_loss.paired:
            outputs = self.critic.outputs(shown, batch.label, training=True)
            return outputs, outputs
        images = self.augmentation(images, seeds.fold_in(seed, _AUGMENT_REAL))
        both = (images, label, shown, batch.label)
        real, outputs = self.critic.outputs_of_both(*both, training=True)
        return outputs, self.critic.opposed(outputs, batch.label, real, label)

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
