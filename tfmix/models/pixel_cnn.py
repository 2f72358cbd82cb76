"""PixelCNN, the baseline that knows the likelihood of an image (van den Oord et al., 2016)."""

import math

import keras
import numpy as np
import tensorflow as tf

from tfmix import seeds
from tfmix.checks import all_good, integers, one_of, one_per_row, positive_int
from tfmix.models.pixel_sampling import PixelSampling
from tfmix.models.requirements import checked_labels
from tfmix.networks.layers import dtype_name, glorot_initializers, image_shape_of
from tfmix.networks.pixel_cnn import PixelStacks
from tfmix.networks.pixel_likelihood import (
    LIKELIHOODS,
    DiscretizedLogistic,
    PixelHead,
    Softmax,
    to_levels,
    to_values,
)

_NETWORK = 2  # role of the network among those that one seed makes
_KEPT = (  # arguments that a config holds as they are
    *("filters", "num_blocks", "kernel_size", "vertical_residual", "num_levels", "num_classes"),
    *("likelihood", "num_mixtures", "seed", "provenance"),
)
_CHUNK = 64  # images whose likelihood is computed at a time

Data = tf.Tensor | tuple[tf.Tensor, tf.Tensor]


@keras.saving.register_keras_serializable(package="tfmix")
class PixelCNN(PixelSampling, keras.Model):
    """A gated PixelCNN: p(x) as a product over pixels and channels, each given those before it.

    Two stacks of causal convolutions leave no blind spot, and a class shifts every gate
    (Conditional Image Generation with PixelCNN Decoders, NeurIPS 2016, section 2). It is no GAN:
    it minimises the negative log likelihood, in bits per dimension.

    An image is a function of its seed, label and temperature alone; on the CPU it has the same bits
    in a batch of any size or order. Sampling is in float32 whatever the policy.

    Attributes:
        receptive_field: Pixels that a pixel sees upwards and to each side, S + 1 and S, where S is
            3 + num_blocks (k // 2): (9, 8) with k = 3 and five blocks, (22, 21) with 5 and nine.

    Args:
        image_shape: (H, W, C).
        filters: Features of a pixel.
        num_blocks: Layers of both stacks after the first.
        kernel_size: k, width of their kernels, odd and at least 3; the paper's is 5. The first
            layer's is 7.
        vertical_residual: Whether the vertical stack has residual connections like the horizontal
            one's, without which deep stacks learn slowly; the paper has none there.
        num_levels: L, 2 to 256: what a channel can be, 2 l / (L - 1) - 1 for l = 0 to L - 1.
            Images are rounded to these.
        num_classes: K for a model that is conditioned on the class; None for one that is not.
        likelihood: "softmax", a probability for each level, or "discretized_logistic", a mixture of
            logistics cut into levels (PixelCNN++, ICLR 2017, section 2.1).
        num_mixtures: Logistics in the mixture.
        seed: Seed of the initial weights, an int32.
        provenance: What is known of its training: plain values that JSON can hold.
        dtype: A Keras dtype policy, such as "mixed_bfloat16"; None takes the global one. Variables,
            the head and the likelihood are float32 under any.
        **kwargs: Of `keras.Model`.

    Raises:
        ValueError: An argument outside its range, or an unknown likelihood.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        *,
        filters: int,
        num_blocks: int,
        kernel_size: int = 3,
        vertical_residual: bool = False,
        num_levels: int = 256,
        num_classes: int | None = None,
        likelihood: str = "softmax",
        num_mixtures: int = 5,
        seed: int = 0,
        provenance: dict | None = None,
        dtype: str | None = None,
        **kwargs,
    ):
        # Without autocast, which would round the images and not only what is computed of them.
        super().__init__(dtype=dtype_name(dtype), autocast=False, **kwargs)
        self.image_shape = image_shape_of(image_shape)
        self.filters = positive_int("filters", filters)
        self.num_blocks = positive_int("num_blocks", num_blocks)
        self.kernel_size = _kernel_size(kernel_size)
        self.vertical_residual = bool(vertical_residual)
        self.num_levels = _levels(num_levels)
        self.num_classes = None if num_classes is None else positive_int("num_classes", num_classes)
        self.likelihood = one_of("likelihood", likelihood, LIKELIHOODS)
        self.num_mixtures = positive_int("num_mixtures", num_mixtures)
        self.seed = seeds.check(seed)
        self.provenance = dict(provenance or {})
        if likelihood == "softmax":
            self.distribution = Softmax(num_levels)
        else:
            self.distribution = DiscretizedLogistic(num_levels, num_mixtures)
        weights = glorot_initializers(seed, _NETWORK)
        options = {"initializers": weights, "dtype": self.dtype_policy, "name": "stacks"}
        options |= {"kernel_size": self.kernel_size, "vertical_residual": self.vertical_residual}
        self.stacks = PixelStacks(self.image_shape, filters, num_blocks, num_classes, **options)
        self.receptive_field = self.stacks.receptive_field
        self.head = PixelHead(
            filters, self.image_shape[-1], self.distribution, initializers=weights, name="head"
        )
        self.step = self.add_weight(
            name="step",
            shape=(),
            dtype="int64",
            initializer="zeros",
            trainable=False,
            aggregation="only_first_replica",
        )
        self.trackers = {"bits_per_dim": keras.metrics.Mean(name="bits_per_dim")}
        self.built = True

    def call(self, inputs: Data) -> tf.Tensor:
        """Gives the distribution of every channel of every pixel, given those before it.

        Args:
            inputs: Images [B, H, W, C] in [-1, 1], or (images, labels int [B]).

        Returns:
            float32 [B, H, W, C, P], P being L logits, or the logits, means and log scales of the
            logistics.
        """
        images, labels = self._unpack((inputs,))
        return self._parameters(self._quantized(images), labels)

    def compile(self, optimizer: str | keras.optimizers.Optimizer = "adam", **kwargs) -> None:
        """Sets the optimizer.

        Args:
            optimizer: A Keras optimizer or its name.
            **kwargs: `jit_compile`, `steps_per_execution`, `run_eagerly` of `keras.Model.compile`.
        """
        super().compile(optimizer=optimizer, loss=None, **kwargs)
        # Built at once: weights that are loaded, and replicas, need the slots to be there.
        self.optimizer.build(self.trainable_variables)
        self._compile_arguments = kwargs

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The loss's running mean, without Keras's own tracker of a loss that we do not have."""
        return list(self.trackers.values())

    def train_step(self, data: Data) -> dict[str, tf.Tensor]:
        """Takes one step down the bits per dimension.

        Args:
            data: Images [B, H, W, C] in [-1, 1], alone or with labels int [B], which a model
                without classes ignores and one with classes needs.

        Returns:
            The running mean of the loss.
        """
        images, labels = self._unpack(data)
        with tf.GradientTape() as tape:
            loss = self._loss(images, labels)
            # Replicas add their gradients up, so each brings its share of the mean.
            shared = loss / tf.distribute.get_strategy().num_replicas_in_sync
            scaled = self.optimizer.scale_loss(shared)
        variables = self.trainable_variables
        self.optimizer.apply(tape.gradient(scaled, variables), variables)
        self.step.assign_add(1)
        return self._track(loss)

    def test_step(self, data: Data) -> dict[str, tf.Tensor]:
        """The loss on held-out data, as of `train_step`, with no update."""
        return self._track(self._loss(*self._unpack(data)))

    def predict_step(self, data: Data) -> tf.Tensor:
        """The parameters that `call` gives, of data as of `train_step`."""
        images, labels = self._unpack(data)
        return self._parameters(self._quantized(images), labels)

    def log_prob(self, images: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Log probability of images, rounded to the levels.

        Args:
            images: [N, H, W, C] in [-1, 1].
            labels: int [N], for a model with classes.

        Returns:
            float32 [N], in nats.

        Raises:
            ValueError: Images of another shape, of integers or with NaN or Inf, or labels missing
                or outside [0, K).
        """
        images = np.asarray(images)
        if labels is not None and self.num_classes is not None:
            wanted = f"labels are integers in [0, {self.num_classes}), one an image"
            labels = integers("labels", wanted, labels)
            all_good("labels", wanted, labels, (labels >= 0) & (labels < self.num_classes))
            labels = one_per_row("labels", labels, len(images))
        images, labels = self._unpack((images, labels))
        all_good("images", "images are finite, in [-1, 1]", images, np.isfinite(images))
        parts = (images,) if labels is None else (images, labels)
        starts = range(0, len(images), _CHUNK)
        chunks = [self._chunk(*(part[i : i + _CHUNK] for part in parts)).numpy() for i in starts]
        return np.concatenate([np.zeros([0], np.float32), *chunks])

    def bits_per_dim(self, images: np.ndarray, labels: np.ndarray | None = None) -> float:
        """Mean bits that a channel of a pixel takes; arguments as of `log_prob`."""
        nats = np.mean(self.log_prob(images, labels), dtype=np.float64)
        return float(-nats / (math.log(2.0) * math.prod(self.image_shape)))

    def describe(self) -> dict:
        """Describes what the model draws.

        Returns:
            "model", "prior" and "components" (None: it has no latents), "image_shape", "classes"
            (None where it has none), "num_levels", "likelihood" and "provenance".
        """
        described = {"model": "PixelCNN", "prior": None, "components": None}
        described |= {"image_shape": list(self.image_shape), "classes": self.num_classes}
        described |= {"num_levels": self.num_levels, "likelihood": self.likelihood}
        return {**described, "provenance": self.provenance}

    def sampler(self, provenance: dict | None = None) -> "PixelCNN":
        """The model to keep once training is over: a copy without the optimizer.

        Args:
            provenance: What to note of the training; None keeps the provenance of this model.
        """
        config = self.get_config()
        if provenance is not None:
            config["provenance"] = provenance
        copy = PixelCNN(**config)
        copy.set_weights(self.get_weights())
        return copy

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        kept = {name: getattr(self, name) for name in _KEPT}
        shape, dtype = list(self.image_shape), self.dtype_policy.name
        return {"name": self.name, "image_shape": shape, **kept, "dtype": dtype}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "PixelCNN":
        """Makes a model from `get_config`."""
        return cls(**config)

    def get_compile_config(self) -> dict | None:
        """The arguments of `compile`, so that a loaded model goes on training; None before it."""
        if not self.compiled:
            return None
        optimizer = keras.saving.serialize_keras_object(self.optimizer)
        return {"optimizer": optimizer, **self._compile_arguments}

    def compile_from_config(self, config: dict) -> None:
        """Compiles from `get_compile_config`."""
        optimizer = keras.saving.deserialize_keras_object(config["optimizer"])
        self.compile(**{**config, "optimizer": optimizer})

    def _unpack(self, data: tuple | tf.Tensor) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Images and labels of data, which give them as a pair or as x and y."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if isinstance(images, tuple | list):
            images, labels = images
        dtype = tf.as_dtype(images.dtype)
        if images.shape[1:] != self.image_shape or not dtype.is_floating:
            raise ValueError(
                f"Images are [B, {', '.join(map(str, self.image_shape))}], floats in [-1, 1]. "
                f"Received: {dtype.name} of shape {tuple(images.shape)}."
            )
        if self.num_classes is None:
            return images, None
        if labels is None:
            raise ValueError(
                f"This PixelCNN has {self.num_classes} classes: its data are pairs (images, "
                "labels), labels int [B]. Received: images alone."
            )
        return images, checked_labels(labels, self.num_classes)

    def _quantized(self, images: tf.Tensor) -> tf.Tensor:
        return to_values(to_levels(images, self.num_levels), self.num_levels)

    def _one_hot(self, labels: tf.Tensor | None) -> tf.Tensor | None:
        if labels is None:
            return None
        # Unlike one_hot, this fails on the CPU for a label out of range.
        return tf.gather(tf.eye(self.num_classes), tf.cast(labels, tf.int32))

    def _parameters(self, values: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        return self.head(self.stacks(values, self._one_hot(labels)), values)

    def _log_prob(self, images: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        levels = to_levels(images, self.num_levels)
        parameters = self._parameters(to_values(levels, self.num_levels), labels)
        return tf.reduce_sum(self.distribution.log_prob(parameters, levels), axis=[1, 2, 3])

    @tf.function(reduce_retracing=True, autograph=False)
    def _chunk(self, images: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        return self._log_prob(*self._unpack((images, labels)))

    def _loss(self, images: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor:
        nats = tf.reduce_mean(self._log_prob(images, labels))
        return -nats / (math.log(2.0) * math.prod(self.image_shape))

    def _track(self, loss: tf.Tensor) -> dict[str, tf.Tensor]:
        self.trackers["bits_per_dim"].update_state(loss)
        return {name: tracker.result() for name, tracker in self.trackers.items()}


def _kernel_size(kernel_size: int) -> int:
    wanted = "kernel_size is an odd integer of at least 3"
    size = integers("kernel_size", wanted, kernel_size)
    if size.ndim or size < 3 or size % 2 == 0:
        raise ValueError(f"{wanted}. Received: kernel_size={kernel_size}.")
    return int(size)


def _levels(num_levels: int) -> int:
    wanted = "num_levels is an integer in [2, 256]"
    levels = integers("num_levels", wanted, num_levels)
    if levels.ndim or not 2 <= levels <= 256:
        raise ValueError(f"{wanted}. Received: num_levels={num_levels}.")
    return int(levels)
