"""The generative adversarial network that every model but PixelCNN is."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import losses, seeds
from tfmix.models.sampler import Sampler, revived
from tfmix.priors import Draw, Prior

_TRAINING, _EVALUATION = 0, 1  # streams of one seed, so that the two never share a draw


@keras.saving.register_keras_serializable(package="tfmix")
class GAN(keras.Model):
    """A prior, a generator and a discriminator, trained against each other.

    One `train_step` updates the discriminator, then the generator and the prior's parameters on
    the same generated batch judged anew (Goodfellow et al., 2014, Algorithm 1). Noise is a
    function of (seed, step, replica), so that a run resumed from any step goes on bit by bit.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
        discriminator: A Keras model, images -> logits [B, 1].
        loss: Name of the adversarial loss; see `tfmix.losses`.
        ema_momentum: Keeps an exponential moving average of prior and generator, batch statistics
            included, for `sample` and `sampler`; a number such as 0.999, or None for no average.
        seed: Seed of the training noise, an int32.
        **kwargs: Of `keras.Model`.

    Raises:
        ValueError: Networks that do not fit each other, an unknown loss, a momentum outside (0, 1).
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        loss: str = "non_saturating",
        ema_momentum: float | None = None,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})  # latents are never rounded
        if generator.output_shape[1:] != discriminator.input_shape[1:]:
            raise ValueError(
                f"The generator makes images of shape {generator.output_shape[1:]}, the "
                f"discriminator takes {discriminator.input_shape[1:]}. Make the two equal."
            )
        if discriminator.output_shape != (None, 1):
            raise ValueError(
                "The discriminator of a GAN gives logits [B, 1]. "
                f"Received: a discriminator that gives {discriminator.output_shape}."
            )
        if ema_momentum is not None and not 0 < ema_momentum < 1:
            raise ValueError(
                f"ema_momentum lies between 0 and 1, or is None. Received: {ema_momentum}."
            )
        self.prior = prior
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial_loss = losses.adversarial(loss)
        self.loss_name = loss
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
            Sampler(prior, generator)
            if ema_momentum is None
            else Sampler(_copy(prior), _copy(generator))
        )
        self.trackers = {
            name: keras.metrics.Mean(name=name) for name in ("generator_loss", "discriminator_loss")
        }
        self.built = True

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Turns latents [B, L] into images [B, H, W, C] with the trained weights."""
        return self.generator(z, training=training)

    def compile(
        self,
        generator_optimizer: str | keras.optimizers.Optimizer = "adam",
        discriminator_optimizer: str | keras.optimizers.Optimizer = "adam",
        **kwargs,
    ) -> None:
        """Sets the two optimizers, the generator's for the prior's parameters as well.

        Args:
            generator_optimizer: A Keras optimizer or its name.
            discriminator_optimizer: A Keras optimizer or its name, not the same object.
            **kwargs: `jit_compile`, `steps_per_execution`, `run_eagerly` of `keras.Model.compile`.

        Raises:
            ValueError: One optimizer object is given for both.
        """
        generator_optimizer = keras.optimizers.get(generator_optimizer)
        discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        if generator_optimizer is discriminator_optimizer:
            raise ValueError("Each network has an optimizer of its own; one was given for both.")
        super().compile(optimizer=None, loss=None, **kwargs)
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        # Built at once: weights that are loaded, and replicas, need the slots to be there.
        self.generator_optimizer.build(self.generator_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self._compile_arguments = kwargs

    @property
    def generator_variables(self) -> list[keras.Variable]:
        """What the generator's optimizer trains: the generator and the prior."""
        return self.generator.trainable_variables + self.prior.trainable_variables

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The losses' running means, without Keras's own tracker of a loss that we do not have."""
        return list(self.trackers.values())

    def train_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Updates the discriminator, then generator and prior.

        Args:
            data: Images [B, H, W, C] in [-1, 1], alone or with labels, which are ignored.

        Returns:
            The running means of the losses.
        """
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        seed = self._seed(_TRAINING, self.step)
        with tf.GradientTape() as tape:
            latent = self.prior.draw(tf.shape(images)[0], seed)
            generated = self.generator(latent.z, training=True)
            with tape.stop_recording():
                discriminator_loss = self._train_discriminator(images, generated)
            logits = self.discriminator(generated, training=True)
            generator_loss = self.generator_loss(latent, logits)
            surrogate = self.prior.score_surrogate(latent, self.adversarial_losses(logits))
            total = self._shared(generator_loss + self.penalty() + surrogate)
        # Dense: a gathered prior's gradient comes in slices, one a row, which Adam would square
        # before it adds up those of one component.
        gradients = [
            tf.convert_to_tensor(each) for each in tape.gradient(total, self.generator_variables)
        ]
        self.generator_optimizer.apply(gradients, self.generator_variables)
        self.step.assign_add(1)
        if self.ema_momentum is not None:
            self._follow()
        return self._track(generator_loss=generator_loss, discriminator_loss=discriminator_loss)

    def test_step(self, data: tf.Tensor | tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Both losses on held-out data, with no update.

        Args:
            data: As of `train_step`.

        Returns:
            The running means of the losses.
        """
        images = keras.utils.unpack_x_y_sample_weight(data)[0]
        batch = self.trackers["generator_loss"].count  # batches seen in this evaluation
        latent = self.prior.draw(tf.shape(images)[0], self._seed(_EVALUATION, batch))
        logits = self.discriminator(self.generator(latent.z, training=False), training=False)
        return self._track(
            generator_loss=self.generator_loss(latent, logits),
            discriminator_loss=self.discriminator_loss(
                self.discriminator(images, training=False), logits
            ),
        )

    def generator_loss(self, latent: Draw, logits: tf.Tensor) -> tf.Tensor:
        """The generator's loss on a generated batch, a scalar, from its latents and logits."""
        return tf.reduce_mean(self.adversarial_losses(logits))

    def adversarial_losses(self, logits: tf.Tensor) -> tf.Tensor:
        """The generator's adversarial loss of each generated image, [B], from its logits."""
        return self.adversarial_loss.generator(logits)

    def discriminator_loss(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """The discriminator's loss on a real and a generated batch, a scalar."""
        return tf.reduce_mean(self.adversarial_loss.real(real_logits)) + tf.reduce_mean(
            self.adversarial_loss.fake(fake_logits)
        )

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
        return Sampler(self.sampled.prior, self.sampled.generator, provenance=provenance)

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "loss": self.loss_name,
            "ema_momentum": self.ema_momentum,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Makes a model from `get_config`."""
        parts = ("prior", "generator", "discriminator")
        return cls(**revived(config, parts, custom_objects))

    def get_compile_config(self) -> dict | None:
        """The arguments of `compile`, so that a loaded model goes on training; None before it."""
        if not self.compiled:
            return None
        return {
            "generator_optimizer": keras.saving.serialize_keras_object(self.generator_optimizer),
            "discriminator_optimizer": keras.saving.serialize_keras_object(
                self.discriminator_optimizer
            ),
            **self._compile_arguments,
        }

    def compile_from_config(self, config: dict) -> None:
        """Compiles from `get_compile_config`."""
        self.compile(**revived(config, ("generator_optimizer", "discriminator_optimizer")))

    def _train_discriminator(self, images: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self.discriminator_loss(
                self.discriminator(images, training=True),
                self.discriminator(generated, training=True),
            )
            shared = self._shared(loss)
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(shared, variables), variables)
        return loss

    def _follow(self) -> None:
        """Moves the averaged weights towards the trained ones, faster in the first steps."""
        step = tf.cast(self.step, tf.float32)
        momentum = tf.minimum(self.ema_momentum, (1.0 + step) / (10.0 + step))
        trained = self.prior.weights + self.generator.weights
        averaged = self.sampled.prior.weights + self.sampled.generator.weights
        for average, weight in zip(averaged, trained, strict=True):
            average.assign(momentum * average + (1.0 - momentum) * weight)

    def _seed(self, stream: int, number: tf.Tensor) -> tf.Tensor:
        context = tf.distribute.get_replica_context()
        replica = 0 if context is None else context.replica_id_in_sync_group
        return seeds.fold_in(seeds.step_seed(self.seed, number, replica), stream)

    def _shared(self, loss: tf.Tensor) -> tf.Tensor:
        # Replicas add their gradients up, so each brings its share of the mean.
        return loss / tf.distribute.get_strategy().num_replicas_in_sync

    def _track(self, **values: tf.Tensor) -> dict[str, tf.Tensor]:
        for name, value in values.items():
            self.trackers[name].update_state(value)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def _copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    copy = type(layer).from_config(layer.get_config())
    copy.set_weights(layer.get_weights())
    copy.trainable = False
    return copy
