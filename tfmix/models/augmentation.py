"""Augmentation of the discriminator's images, always or with a probability that adapts (ADA)."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfmix import augment
from tfmix.checks import number, positive_int

_EVERY = 4  # steps from one correction of the probability to the next (ADA, section 3)


class Augmentation(keras.layers.Layer):
    """Augments batches, with a probability that is 1 or adapts to the discriminator.

    ADA (Karras et al., NeurIPS 2020, section 3): r_t is the mean of sign(D(x)) over training
    images, which nears 1 as the discriminator overfits. While it is above its target, the
    probability of augmentation rises; while it is below, the probability falls.

    Args:
        operations: See `tfmix.augment.chosen`; None or "": images are left as they are.
        image_shape: (H, W, C), or (P,) of points, which cannot be augmented.
        ada_target: Target of r_t, in (0, 1); 0: each operation is applied to each image.
        ada_images: Images over which the probability may rise from 0 to 1; the paper's 500,000.

    Raises:
        ValueError: An argument outside its range, an unknown operation, or operations on points.
    """

    def __init__(
        self,
        operations: str | Sequence[str] | None,
        image_shape: tuple[int, ...],
        ada_target: float,
        ada_images: int,
    ):
        super().__init__(dtype="float32", name="augmentation")
        if not isinstance(operations, str | Sequence | None):
            wanted = "augment is names of operations, or None"
            raise ValueError(f"{wanted}. Received: augment={operations!r}.")
        listed = [operations] if isinstance(operations, str) else map(str, operations or ())
        self.name_given = ",".join(listed)
        if self.name_given and len(image_shape) != 3:
            raise ValueError(
                f"Augmentation is for images, [H, W, C]. Received: augment={self.name_given!r} "
                f"with samples of shape {tuple(image_shape)}."
            )
        self.operations = augment.chosen(self.name_given, image_shape[-1]) if operations else ()
        wanted = "ada_target lies in [0, 1)"
        self.ada_target = number("ada_target", wanted, ada_target, lambda x: 0 <= x < 1)
        self.ada_images = positive_int("ada_images", ada_images)
        self.adaptive = self.ada_target > 0
        if self.adaptive and not self.operations:
            raise ValueError(
                "ada_target adapts the probability of augmentation: set augment as well. "
                f"Received: ada_target={ada_target}, augment={operations!r}."
            )
        if self.adaptive:
            state = {"initializer": "zeros", "trainable": False, "aggregation": "mean"}
            self.probability = self.add_weight(name="probability", shape=(), **state)
            self.overfitting = self.add_weight(name="overfitting", shape=(), **state)
        self.built = True

    def call(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Augments a batch [B, H, W, C] by a seed, int32 [2]."""
        if not self.operations:
            return images
        probability = tf.convert_to_tensor(self.probability) if self.adaptive else 1.0
        return augment.augment(
            images, seed=seed, operations=self.operations, probability=probability
        )

    def follow(self, r_t: tf.Tensor, batch_size: tf.Tensor, step: tf.Tensor) -> None:
        """Adapts the probability to a training batch's r_t, where there is a target.

        Args:
            r_t: Of the batch, a scalar in [-1, 1]; each replica gives its own.
            batch_size: Images in it, over all replicas.
            step: Training steps before this one.
        """
        if not self.adaptive:
            return
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            context = tf.distribute.get_replica_context()
            r_t = context.all_reduce(tf.distribute.ReduceOp.MEAN, r_t)
        # No branches: replicas meet in each assignment, which a branch would not allow.
        due = tf.cast((step + 1) % _EVERY == 0, tf.float32)
        seen = self.overfitting + r_t / _EVERY
        change = tf.sign(seen - self.ada_target) * tf.cast(batch_size * _EVERY, tf.float32)
        moved = tf.clip_by_value(self.probability + due * change / self.ada_images, 0.0, 1.0)
        self.probability.assign(moved)
        self.overfitting.assign((1.0 - due) * seen)
