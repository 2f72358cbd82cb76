"""Packs of images that a discriminator judges together (PacGAN, NeurIPS 2018)."""

import tensorflow as tf


def pack(images: tf.Tensor, packing: int) -> tf.Tensor:
    """Joins each `packing` rows to one along the last axis: [B, ..., C] -> [B / m, ..., m C]."""
    if packing == 1:
        return images
    *inner, channels = images.shape[1:]
    packs = tf.reshape(images, [-1, packing, *inner, channels])
    order = [0, *range(2, len(inner) + 2), 1, len(inner) + 2]
    return tf.reshape(tf.transpose(packs, order), [-1, *inner, packing * channels])
