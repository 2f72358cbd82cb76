"""Batches of images by tfmix and by tf.data written by hand, as contenders."""

import tempfile
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfmix import data


def batches(rows: int, batch: int) -> Callable[..., None]:
    """Makes what takes batches from `tfmix.data.batches`, of uint8 images in memory."""
    return _taking(data.batches(_images(rows), batch, seed=0))


def plain_batches(rows: int, batch: int) -> Callable[..., None]:
    """Makes what takes batches from a shuffled tf.data.Dataset."""
    images = tf.data.Dataset.from_tensor_slices(_images(rows)).shuffle(rows).repeat()
    images = images.batch(batch).map(data.from_uint8, tf.data.AUTOTUNE)
    return _taking(images.prefetch(tf.data.AUTOTUNE))


def folder(folder: str, side: int, cached: bool = True) -> Callable[..., None]:
    """Makes what reads a folder of pictures by `tfmix.data.load`, from its cache or without."""
    kept = tempfile.mkdtemp(dir=folder)  # which the benchmark removes

    def work(number: int) -> None:
        for _ in range(number):
            where = kept if cached else tempfile.mkdtemp(dir=kept)
            data.load(f"folder:{folder}", image_size=side, data_dir=where)

    return work


def plain_folder(folder: str, side: int) -> Callable[..., None]:
    """Makes what reads a folder of JPEG pictures by tf.data."""

    def decoded(path: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.image.resize(image, [side, side], antialias=True) / 127.5 - 1.0

    images = tf.data.Dataset.list_files(f"{folder}/*.jpg").map(decoded, tf.data.AUTOTUNE)
    images = images.batch(64).prefetch(tf.data.AUTOTUNE)

    def work(number: int) -> None:
        for _ in range(number):
            for _ in images:
                pass

    return work


def _images(rows: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, [rows, 28, 28, 1], np.uint8)


def _taking(images: tf.data.Dataset) -> Callable[..., None]:
    taken = iter(images)

    def work(number: int) -> None:
        for _ in range(number):
            next(taken)

    return work
