"""Extractors: a network's predictions and features of images, on which the metrics rest."""

import dataclasses
import hashlib
import json
import os
import pathlib

import numpy as np
import tensorflow as tf

from tfmix import data, pictures
from tfmix.evaluation.extractors import inception, keras_network
from tfmix.evaluation.extractors.network import Network

_SHIPPED = pathlib.Path(__file__).resolve().parent / "weights"
_HALF_LEVEL = 1 / 255  # half of an 8-bit grey level in [-1, 1]: rounding error, not a wrong range


def load_extractor(name_or_path: str | os.PathLike) -> "Extractor":
    """Loads a shipped classifier by name, TF-GAN's Inception, or a user's own network.

    Args:
        name_or_path: One of
            - the name of a folder of the `weights/` beside this file, as `"mnist"`;
            - the path, ending in `.keras`, of a Keras network whose input is one batch of images
              in [-1, 1]. If its last layer is a Dense, of logits or a softmax, it is a classifier,
              whose features are what that layer sees. If it gives [N, F] otherwise, these are
              features, and it knows no classes;
            - `"features:PATH"`, where what that network gives is features whatever its last layer
              is, as of an embedding;
            - `"inception"`, from TF-Hub, or `"inception:PATH_OR_HANDLE"`, a local copy of its
              SavedModel or another handle.

    Returns:
        The extractor.

    Raises:
        ValueError: No extractor of that name is shipped, or the file holds no such network.
        OSError: There is no file at the path, or Inception cannot be downloaded.
    """
    given = os.fspath(name_or_path)
    kind, colon, where = given.partition(":")
    if kind == "inception":
        network, sha256 = inception.inception(where if colon else inception.HANDLE)
        return Extractor(kind, sha256, network)
    if kind == "features" and colon:
        path = _existing(where)
        # A name of its own: scores and cached features of the two readings of a file never meet.
        return Extractor(f"{path.stem}_features", _sha256(path), keras_network.features(path))
    own = given.endswith(".keras")
    path = _existing(given if own else _SHIPPED / _shipped(given) / f"{given}.keras")
    network = keras_network.classifier_or_features(path)
    return Extractor(path.stem, _sha256(path), network, None if own else _class_names(given))


def default_extractor(dataset: str, channels: int) -> "Extractor":
    """Loads the extractor for a data set where the user names none.

    Args:
        dataset: As of `tfmix.data.load`.
        channels: Of its images, 1 or 3.

    Returns:
        The extractor that is shipped for the data set. For a user's own images, `folder:PATH` and
        `npz:PATH`, that of `mnist` where they are grey and of `cifar10` where they have colours:
        of these the features alone, since its classes are not those of the images.

    Raises:
        ValueError: No extractor is shipped for the data set.
    """
    kind = str(dataset).partition(":")[0]
    if kind in ("folder", "npz"):
        return load_extractor("mnist" if channels == 1 else "cifar10").without_classes()
    if kind not in _names():
        raise ValueError(
            "Extractors are shipped for the data sets "
            f"{', '.join(_names())}, folder:PATH and npz:PATH. Name one for others, as `extractor` "
            "or --extractor: the path of a Keras classifier or feature network, or inception:PATH. "
            f"Received: {dataset}."
        )
    return load_extractor(kind)


def quantize(images: np.ndarray) -> np.ndarray:
    """Rounds images to the 256 grey levels of a PNG, so that real and generated ones take one path.

    Args:
        images: Floats of any shape in [-1, 1]; half a level outside is clipped.

    Returns:
        float32 of the same shape; images that were made from uint8 by `x / 127.5 - 1` come back
        unchanged.
    """
    return data.from_uint8(pictures.to_uint8(images)).numpy()


class Extractor:
    """A network seen as two functions of images: class probabilities and features.

    Images are float32 [N, H, W, C] in [-1, 1], rounded to 8-bit grey levels before the network sees
    them. Other shapes, integer images, NaN, Inf and values out of the range are ValueErrors. With
    `resize`, and always by Inception, images of every H and W are taken, and grey ones for colour.

    Attributes:
        name: The file's name without `.keras`, `"inception"`, or of `features:PATH` the file's
            name and `_features`.
        sha256: Of the file or the folder, in hexadecimal.
        image_shape: (H, W, C) as the network sees them.
        num_classes: Width of `probs`; None where the network knows no classes.
        class_names: Of its classes, for those that are shipped; None where they are not known.
        feature_width: Width of `features`.
    """

    def __init__(
        self,
        name: str,
        sha256: str,
        network: Network,
        class_names: tuple[str, ...] | None = None,
    ):
        self.name = name
        self.sha256 = sha256
        self.image_shape = network.image_shape
        self.num_classes = network.num_classes
        self.class_names = class_names
        self.feature_width = network.feature_width
        self._network = network

    def without_classes(self) -> "Extractor":
        """The same extractor with its features alone, for images that are of other classes."""
        network = dataclasses.replace(self._network, num_classes=None, logits=None)
        return Extractor(self.name, self.sha256, network)

    def probs(self, images: np.ndarray) -> np.ndarray:
        """Class probabilities, float64 [N, num_classes]; rows sum to 1.

        Raises:
            ValueError: The network knows no classes, or the images are none that it takes.
        """
        if self.num_classes is None:
            raise ValueError(
                f"Extractor {self.name!r} knows no classes, only features. KID, FID, precision, "
                "recall, density, coverage, Vendi and nearest neighbours go without classes; for "
                "other scores choose a classifier."
            )
        return self.probs_and_features(images)[0]

    def features(self, images: np.ndarray) -> np.ndarray:
        """Of a classifier the last hidden layer, float64 [N, feature_width]."""
        return self.probs_and_features(images)[1]

    def probs_and_features(
        self, images: np.ndarray, *, resize: bool = False
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Both in one pass through the network.

        Args:
            images: Floats [N, H, W, C] in [-1, 1].
            resize: Whether to resize images of another size with antialiasing, after they were
                rounded, and to repeat the channel of grey ones where the network takes colour.

        Returns:
            As of `probs`, None where the network knows no classes, and as of `features`.

        Raises:
            ValueError: Images that the network does not take.
        """
        resize = resize or self._network.any_size
        images = self._checked(images, resize)
        seen = []
        for start in range(0, len(images), self._network.batch_size):
            some = quantize(images[start : start + self._network.batch_size])
            seen.append(self._network.see(_resized(some, self.image_shape) if resize else some))
        outputs = {
            name: np.concatenate([each[name] for each in seen]).astype(np.float64)
            for name in seen[0]
        }
        if self._network.logits is None:
            return None, outputs["features"]
        logits = self._network.logits(outputs)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True), outputs["features"]

    def _checked(self, images: np.ndarray, resize: bool) -> np.ndarray:
        images = np.asarray(images)
        height, width, channels = self.image_shape
        fits = images.shape[1:] == self.image_shape
        if resize:
            height, width = "H", "W"
            also_grey = (1, 3) if channels == 3 else (channels,)
            fits = images.ndim == 4 and images.shape[3] in also_grey
            channels = " or ".join(map(str, also_grey))
        if not fits or not images.size:
            raise ValueError(
                f"Extractor {self.name!r} takes images [N, {height}, {width}, {channels}], "
                f"N at least 1. Received: shape {list(images.shape)}."
            )
        if not np.issubdtype(images.dtype, np.floating):
            raise ValueError(
                "An extractor takes floats in [-1, 1]; from uint8, x / 127.5 - 1. "
                f"Received: {images.dtype}."
            )
        outside = np.argwhere(~(np.abs(images) <= 1 + _HALF_LEVEL))  # NaN is outside, too
        if len(outside):
            where = tuple(map(int, outside[0]))
            raise ValueError(
                f"An extractor takes images in [-1, 1]. Received: {images[where]} at {where} "
                f"({len(outside)} outside in all)."
            )
        return images


def _resized(images: np.ndarray, image_shape: tuple[int, int, int]) -> np.ndarray:
    size, channels = image_shape[:2], image_shape[2]
    if images.shape[1:3] != size:
        images = tf.image.resize(images, size, "bilinear", antialias=True).numpy()
    return images if images.shape[3] == channels else np.repeat(images, channels, axis=3)


def _names() -> list[str]:
    return sorted(p.stem for p in _SHIPPED.glob("*/*.keras") if p.stem == p.parent.name)


def _shipped(name: str) -> str:
    if name not in _names():
        raise ValueError(
            f"An extractor is one of {', '.join(_names())} or the path of a network's .keras "
            "file, features:PATH of one, inception, or inception:PATH of its SavedModel. "
            f"Received: {name!r}."
        )
    return name


def _class_names(name: str) -> tuple[str, ...]:
    return tuple(json.loads((_SHIPPED / name / "report.json").read_text())["class_names"])


def _existing(path: str | os.PathLike) -> pathlib.Path:
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"An extractor is a .keras file. There is none at {path}.")
    return path


def _sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
