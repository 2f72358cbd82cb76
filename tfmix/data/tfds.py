"""TensorFlow Datasets, read in a fixed order, without a network where they are prepared."""

import os
import re
import textwrap

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfmix.data import fitting, toy
from tfmix.data.image_set import ImageSet

_NAME = re.compile(r"\w+(/[\w.\-]+)?(:\d+\.\d+\.\d+)?", re.ASCII)  # set/config:version
_BATCH = 512  # pictures; decoding them in batches is fastest


def load(
    name: str, split: str, *, data_dir: str | os.PathLike | None, image_size: int, channels: int
) -> ImageSet:
    """Reads a split of a data set that TFDS knows, or that is prepared in `data_dir`.

    Arguments and errors are those of `tfmix.data.load`; a name may have a `/config` and a
    `:version`. The feature `image` is read and, where it is a ClassLabel that every example has,
    `label`.
    """
    if data_dir is not None and not os.path.isdir(data_dir):
        raise FileNotFoundError(
            "data_dir must be an existing folder; create it if data sets are to be downloaded. "
            f"Received: {data_dir}."
        )
    builder = _builder(name, data_dir)
    _check_pictures(builder, name, image_size)
    _prepare(builder, name)
    splits = builder.info.splits  # empty under tfds.testing.mock_data, which makes any split
    if splits and split not in splits:
        raise ValueError(f"{name} has the splits {', '.join(splits)}. Received: split={split!r}.")
    images, labels = _read(builder, split, image_size, channels)
    name = builder.info.full_name.removesuffix(f"/{builder.version}")
    source = {"name": name, "version": str(builder.version), "split": split}
    class_names = None if labels is None else tuple(builder.info.features["label"].names)
    return ImageSet(images, labels, class_names, source | {"count": len(images)})


def _builder(name: str, data_dir: str | os.PathLike | None) -> tfds.core.DatasetBuilder:
    unknown = (
        f"dataset is 'digits', a toy set ({', '.join(toy.NAMES)}), a TFDS name such as 'mnist', "
        "'cifar10' or 'stl10', 'stacked_mnist', 'folder:PATH' or 'npz:PATH'. "
        f"Received: dataset={name!r}."
    )
    if not _NAME.fullmatch(name):
        raise ValueError(unknown)
    try:
        return tfds.builder(name, data_dir=data_dir, try_gcs=False)
    except tfds.core.DatasetNotFoundError as error:
        raise ValueError(unknown) from error
    except (ValueError, AssertionError) as error:
        raise ValueError(
            f"TFDS has no such config or version. Received: dataset={name!r} ({_one_line(error)})."
        ) from error


def _check_pictures(builder: tfds.core.DatasetBuilder, name: str, image_size: int) -> None:
    """Raises a ValueError for a data set that could not be used, before it is downloaded."""
    features = dict(builder.info.features)
    image = features.get("image")
    if not isinstance(image, tfds.features.Image) or image.np_dtype != np.uint8:
        raise ValueError(
            f"A TFDS data set needs a feature 'image' of 8-bit pictures. Received: {name}, with "
            f"{', '.join(f'{key} ({type(value).__name__})' for key, value in features.items())}."
        )
    if None in image.shape and not image_size:
        raise ValueError(
            f"image_size is needed for {name}, whose pictures are of several sizes. "
            "Received: image_size=0."
        )


def _prepare(builder: tfds.core.DatasetBuilder, name: str) -> None:
    """Downloads the data set, unless it is there."""
    tfds.disable_progress_bar()
    try:
        builder.download_and_prepare()
    except Exception as error:  # of networks, checksums, archives, disks, manual downloads
        raise OSError(
            f"{name} is not in {builder.data_dir} and could not be downloaded; data_dir or "
            "TFDS_DATA_DIR can point at a prepared copy. "
            f"Received: {type(error).__name__}: {_one_line(error)}."
        ) from error


def _read(
    builder: tfds.core.DatasetBuilder, split: str, image_size: int, channels: int
) -> tuple[np.ndarray, np.ndarray | None]:
    features = builder.info.features
    labelled = isinstance(dict(features).get("label"), tfds.features.ClassLabel)
    wanted = ("image", "label") if labelled else ("image",)
    examples = builder.as_dataset(
        split=split,
        shuffle_files=False,
        # One file after the other, so that the order is that of the files.
        read_config=tfds.ReadConfig(interleave_cycle_length=1, try_autocache=False),
    )
    examples = examples.map(lambda example: {key: example[key] for key in wanted})
    examples = examples.batch(1 if None in features["image"].shape else _BATCH)
    images, labels = [], []
    try:
        for batch in examples.as_numpy_iterator():
            images.append(fitting.fit(batch["image"], image_size, channels))
            labels.append(batch.get("label"))
    except tf.errors.OpError as error:
        raise OSError(
            "A data set cannot be read; remove it to have it downloaded again. "
            f"Received: {builder.data_dir} ({_one_line(error)})."
        ) from error
    images = np.concatenate(images)
    if not labelled:
        return images, None
    labels = np.concatenate(labels).astype(np.int32)
    return images, None if labels.min() < 0 else labels  # -1 means no class, as in stl10


def _one_line(error: Exception) -> str:
    return textwrap.shorten(str(error), 300).rstrip(" .:") or type(error).__name__
