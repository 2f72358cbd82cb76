"""Endless batches whose order depends only on seed and step, so that they start at any step."""

import numbers

import numpy as np
import tensorflow as tf

from tfmix import checks, seeds
from tfmix.data.image_set import ImageSet, RowSet
from tfmix.data.toy import PointSet

_PREFETCH = 2  # batches that are prepared while a training step runs


def from_uint8(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Scales pixels to the range of the networks; `tfmix.pictures.to_uint8` is the inverse.

    Args:
        images: uint8, of any shape.

    Returns:
        float32 in [-1, 1], of the same shape: x / 127.5 - 1.
    """
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def batches(
    data: ImageSet | PointSet | np.ndarray | tuple[np.ndarray, np.ndarray],
    batch_size: int,
    seed: int,
    start_step: int = 0,
) -> tf.data.Dataset:
    """Gives endless batches, each epoch in another order.

    Epoch e is `tf.random.experimental.stateless_shuffle` of the N rows with seed [seed, e]. Epochs
    are joined end to end before they are divided into batches, so every batch is full, and batch s
    is the same at whichever step the pipeline started.

    Args:
        data: An `ImageSet`, a `PointSet`, an array, or an array with integer labels [N]. uint8
            [N, ...] is scaled to [-1, 1]; float32 [N, ...], such as points [N, 2], is used as it
            is.
        batch_size: B, at least 1. It may be larger than N.
        seed: An int32.
        start_step: The number of the first batch, at least 0; earlier ones are not computed.

    Returns:
        A `tf.data.Dataset` of float32 [B, ...] or, with labels, of (float32 [B, ...], int32 [B]).

    Raises:
        ValueError: The arrays are of another type or shape, have no rows or numbers that are not
            finite, or an argument is out of range.
    """
    if not isinstance(batch_size, numbers.Integral) or batch_size < 1:
        raise ValueError(f"batch_size is an integer of at least 1. Received: {batch_size=!r}.")
    if not isinstance(start_step, numbers.Integral) or start_step < 0:
        raise ValueError(f"start_step is an integer of at least 0. Received: {start_step=!r}.")
    seed = seeds.check(seed)
    values, labels = _arrays(data)
    count = len(values)
    first_epoch, skipped = divmod(int(start_step) * int(batch_size), count)

    def order(epoch: tf.Tensor) -> tf.Tensor:
        rows = tf.random.experimental.stateless_shuffle(
            # The same on every device; by default TensorFlow chooses an algorithm for each.
            tf.range(count),
            seed=tf.stack([seed, tf.cast(epoch, tf.int32)]),
            alg="philox",
        )
        return rows[tf.where(epoch == first_epoch, skipped, 0) :]

    with tf.device("CPU:0"):  # where tf.data runs, so that nothing is copied from a GPU
        values = tf.constant(values)
        labels = None if labels is None else tf.constant(labels, tf.int32)

    def take(rows: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        taken = tf.gather(values, rows)
        taken = from_uint8(taken) if taken.dtype == tf.uint8 else taken
        return taken if labels is None else (taken, tf.gather(labels, rows))

    epochs = tf.data.Dataset.counter(start=first_epoch)
    rows = epochs.map(order).rebatch(int(batch_size), drop_remainder=True)
    # Nothing here is tuned, but the tuner's thread sleeps twice as long each time, up to a minute,
    # and whatever ends an iteration, such as `fit`, waits until it wakes.
    options = tf.data.Options()
    options.autotune.enabled = False
    return rows.map(take).prefetch(_PREFETCH).with_options(options)


def _arrays(
    data: ImageSet | PointSet | np.ndarray | tuple[np.ndarray, np.ndarray],
) -> tuple[np.ndarray, np.ndarray | None]:
    if isinstance(data, RowSet):
        return data.values, data.labels
    values, labels = data if isinstance(data, tuple) else (data, None)
    values = np.asarray(values)
    good = values.dtype in (np.uint8, np.float32) and values.ndim >= 2 and len(values)
    wanted = "Batches are taken from uint8 or float32 arrays [N, ...], N at least 1"
    checks.array(wanted, values, good)
    if not np.isfinite(values).all():
        raise ValueError(
            "Batches are taken from finite numbers. "
            f"Received: {np.sum(~np.isfinite(values))} that are NaN or infinite."
        )
    if labels is None:
        return values, None
    labels = np.asarray(labels)
    good = np.issubdtype(labels.dtype, np.integer) and labels.shape == values.shape[:1]
    wanted = f"{len(values)} rows take integer labels of shape ({len(values)},)"
    checks.array(wanted, labels, good)
    return values, labels
