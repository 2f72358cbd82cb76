"""Extractors: a classifier's predictions and last hidden layer, on which the metrics rest."""

import hashlib
import os
import pathlib

import keras
import numpy as np

from tfmix import data, pictures

_SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "saved_models" / "extractors"
_BATCH = 256  # images at a time through the network; bounds the memory, changes no result
_HALF_LEVEL = 1 / 255  # half of an 8-bit grey level in [-1, 1]: rounding error, not a wrong range


def load_extractor(name_or_path: str | os.PathLike) -> "Extractor":
    """Loads a shipped classifier by name, or a user's own from its file.

    Args:
        name_or_path: The name of a folder of the repository's `saved_models/extractors/`, as
            `"mnist"`; or the path, ending in `.keras`, of a Keras classifier whose input is one
            batch of images in [-1, 1] and whose last layer is a Dense of logits or a softmax.

    Returns:
        The extractor.

    Raises:
        ValueError: No extractor of that name is shipped, or the file holds no such classifier.
        FileNotFoundError: There is no file at the path.
    """
    if os.fspath(name_or_path).endswith(".keras"):
        return Extractor(pathlib.Path(name_or_path))
    shipped = sorted(path.stem for path in _SHIPPED.glob("*/*.keras"))
    if name_or_path not in shipped:
        raise ValueError(
            f"An extractor is one of {', '.join(shipped)} or the path of a classifier's .keras "
            f"file. Received: {os.fspath(name_or_path)!r}."
        )
    return Extractor(_SHIPPED / name_or_path / f"{name_or_path}.keras")


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
    """A classifier seen as two functions of images: class probabilities and features.

    Images are float32 [N, H, W, C] in [-1, 1], rounded to 8-bit grey levels before the network sees
    them. Other shapes, integer images, NaN, Inf and values out of the range are ValueErrors.

    Attributes:
        name: The file's name without `.keras`.
        sha256: Of the file, in hexadecimal.
        image_shape: (H, W, C).
        num_classes: Width of `probs`.
        feature_width: Width of `features`.
    """

    def __init__(self, path: pathlib.Path):
        if not path.is_file():
            raise FileNotFoundError(f"An extractor is a .keras file. There is none at {path}.")
        self.name = path.stem
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        classifier = _read(path)
        self._to_logits = _checked_last_layer(classifier, path)
        self._to_features = keras.Model(classifier.inputs, self._to_logits.input)
        self.image_shape = tuple(self._to_features.input_shape[1:])
        self.num_classes = self._to_logits.units
        self.feature_width = self._to_features.output_shape[-1]

    def probs(self, images: np.ndarray) -> np.ndarray:
        """Class probabilities, float64 [N, num_classes]; rows sum to 1."""
        return self.probs_and_features(images)[0]

    def features(self, images: np.ndarray) -> np.ndarray:
        """The last hidden layer, float64 [N, feature_width]."""
        return self.probs_and_features(images)[1]

    def probs_and_features(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Both in one pass through the network."""
        images = self._checked(images)
        features = self._to_features.predict(quantize(images), batch_size=_BATCH, verbose=0)
        features = features.astype(np.float64)
        # The last layer again, in float64: a float32 softmax leaves rows that sum to 1 +- 1e-7.
        kernel, *bias = (w.astype(np.float64) for w in self._to_logits.get_weights())
        logits = features @ kernel + (bias[0] if bias else 0)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True), features

    def _checked(self, images: np.ndarray) -> np.ndarray:
        images = np.asarray(images)
        if images.shape[1:] != self.image_shape or not len(images):
            due = ", ".join(map(str, self.image_shape))
            raise ValueError(
                f"Extractor {self.name!r} takes images [N, {due}], N at least 1. "
                f"Received: shape {list(images.shape)}."
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


def _read(path: pathlib.Path) -> keras.Model:
    try:
        return keras.models.load_model(path, compile=False)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        raise ValueError(
            "An extractor is a classifier that Keras can read. "
            f"Received: {path} ({type(error).__name__}: {first})."
        ) from error


def _checked_last_layer(classifier: keras.Model, path: pathlib.Path) -> keras.layers.Dense:
    layer = classifier.layers[-1] if classifier.layers else classifier
    if (
        not isinstance(layer, keras.layers.Dense)
        or layer.activation not in (keras.activations.softmax, keras.activations.linear)
        or len(layer.input.shape) != 2
    ):
        raise ValueError(
            "An extractor has a last layer Dense, of logits or a softmax, over features [N, F]. "
            f"Received: {path}, which ends in {layer.name!r}."
        )
    shapes = [list(each.shape[1:]) for each in classifier.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or None in shapes[0]:
        raise ValueError(
            "An extractor has one input, images of one shape [H, W, C]. "
            f"Received: {path}, with inputs {shapes}."
        )
    return layer
