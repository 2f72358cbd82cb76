"""The generative adversarial network that every model but PixelCNN is."""

import functools

import keras
import numpy as np
import tensorflow as tf

from tfmix import losses, seeds
from tfmix.checks import number, one_of, positive_int
from tfmix.models import ema
from tfmix.models.component_usage import ComponentUsage
from tfmix.models.critic import STATISTICS, Critic
from tfmix.models.game import Game
from tfmix.models.hooks import Hooks
from tfmix.models.loss_threshold import LossThreshold
from tfmix.models.optimizers import Optimizers
from tfmix.models.requirements import check_own_losses
from tfmix.models.sampler import Sampler, deserialized
from tfmix.priors import Labels, Prior
from tfmix.priors.mixture import LocationScaleMixture

BALANCES = ("none", "loss_threshold")


@keras.saving.register_keras_serializable(package="tfmix")
class GAN(Hooks, Game, Optimizers):
    """A prior, a generator and a discriminator, trained against each other.

    One `train_step` updates the discriminator, then the generator and the prior's parameters on
    the same generated batch (Goodfellow et al., 2014, Algorithm 1). Noise is a function of
    (seed, step, replica), so that a run resumed from any step goes on bit by bit.

    A model of another paper derives from this class, or from `ClassConditionalGAN` where it learns
    classes, and overrides what differs:

    - losses: `sample_losses` and `generator_penalty` of the generator, `discriminator_loss` and
      `real_penalty` of the discriminator, `latent_losses` of both;
    - the discriminator: `discriminator_inputs`, such as classes beside the images,
      `discriminator_outputs`, and `discriminator_logit` where several logits are given;
    - latents: `draw_batch`, and `code_width` for the columns that it adds to the prior's;
    - steps: `generator_step`, `discriminator_step` and `train_step`, each to be extended around
      `super()`, with noise from `noise_seed`; what they train is `generator_variables`, of which
      `prior_variables` are a part, and `discriminator_variables`;
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
        balance: "none", or "loss_threshold": each of a step's updates, discriminator_steps +
            generator_steps of them, goes to the network that lags; see `LossThreshold`.
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
        balance: str = "none",
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
        self.balance = one_of("balance", balance, BALANCES)
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
        if balance == "loss_threshold":
            self.loss_threshold = LossThreshold()
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

    def clusterer(self) -> keras.Model | None:
        """What sorts images into the prior's components; None: this model learns no such thing."""
        return None

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
            "balance": self.balance,
            "seed": self.seed,
            **self.critic.get_config(),
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        """Makes a model from `get_config`."""
        parts = ["prior", "generator", "discriminator"]
        parts += [
            name for name in ("r1_penalty", "r2_penalty") if isinstance(config.get(name), dict)
        ]
        return cls(**deserialized(config, parts, custom_objects))
