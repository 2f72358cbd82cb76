"""Packs of images that a discriminator sees together (PacGAN, NeurIPS 2018)."""

import tensorflow as tf


def pack(images: tf.Tensor, packing: int) -> tf.Tensor:
    """Joins each `packing` rows to one along the last axis: [B, ..., C] -> [B / m, ..., m C]."""
    if packing == 1:
        return images
    *inner, channels = images.shape[1:]
    packs = tf.reshape(images, [-1, packing, *inner, channels])
    order = [0, *range(2, len(inner) + 2), 1, len(inner) + 2]
    return tf.reshape(tf.transpose(packs, order), [-1, *inner, packing * channels])


def whole_packs(
    images: tf.Tensor, label: tf.Tensor | None, packing: int
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The first images of a batch, and their classes [B] or None, that fill whole packs.

    Raises:
        tf.errors.InvalidArgumentError: Fewer images than a pack.
    """
    if packing == 1:
        return images, label
    tf.debugging.assert_greater_equal(
        tf.shape(images)[0],
        packing,
        f"A batch holds one pack at least, of {packing} images: give fit a larger batch_size, or "
        "the last batch the size of the others.",
    )
    whole = tf.shape(images)[0] // packing * packing
    return images[:whole], None if label is None else label[:whole]
