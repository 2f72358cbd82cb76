"""Networks of an extractor from .keras files: classifiers, and such as give features alone."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from tfmix.evaluation.extractors.network import Network, Outputs, in_one_line

# An end in one of these gives scores of classes, which are poor features.
_SCORES = (keras.activations.softmax, keras.activations.sigmoid)


def classifier_or_features(path: pathlib.Path) -> Network:
    """Reads a network from a .keras file and takes it for what its end says that it is.

    A last layer Dense, of logits or a softmax, makes a classifier, whose features are what that
    layer sees; another end that gives [N, F] makes those the features.

    Raises:
        ValueError: The file cannot be read, or the network is neither, or it ends in a softmax or
            sigmoid of another kind, whose outputs may be classes or features.
    """
    model = _read(path)
    last = model.layers[-1] if model.layers else model
    if _is_head(last):
        return _classifier(model, last, path)
    innermost = last
    while isinstance(innermost, keras.Model) and innermost.layers:
        innermost = innermost.layers[-1]
    scores = isinstance(innermost, keras.layers.Softmax) or (
        getattr(innermost, "activation", None) in _SCORES
    )
    if scores or _feature_width(model) is None:
        outputs = [list(each.shape) for each in model.outputs]
        raise ValueError(
            "An extractor has a last layer Dense, of logits or a softmax, over features [N, F], or "
            "gives features [N, F] themselves; features:PATH takes what a network gives for "
            f"features in any case. Received: {path}, which ends in {innermost.name!r} and gives "
            f"{outputs}."
        )
    return _features(model, path)


def features(path: pathlib.Path) -> Network:
    """Reads a network of one output [N, F] from a .keras file: features whatever its last layer is.

    Raises:
        ValueError: The file cannot be read or holds another network.
    """
    model = _read(path)
    if _feature_width(model) is None:
        outputs = [list(each.shape) for each in model.outputs]
        raise ValueError(
            "A network of features gives one output, features [N, F] in floats. "
            f"Received: {path}, which gives {outputs}."
        )
    return _features(model, path)


def _classifier(model: keras.Model, head: keras.layers.Dense, path: pathlib.Path) -> Network:
    image_shape = _image_shape(model, path)
    body = keras.Model(model.inputs, head.input)

    def logits(outputs: Outputs) -> np.ndarray:
        # The last layer again, in float64: a float32 softmax leaves rows that sum to 1 +- 1e-7.
        kernel, *bias = (w.astype(np.float64) for w in head.get_weights())
        return outputs["features"] @ kernel + (bias[0] if bias else 0)

    return Network(image_shape, body.output_shape[-1], head.units, _see(body), logits)


def _features(model: keras.Model, path: pathlib.Path) -> Network:
    return Network(_image_shape(model, path), _feature_width(model), None, _see(model), None)


def _see(model: keras.Model) -> Callable[[np.ndarray], Outputs]:
    # One trace for batches of every size: `predict` makes a data set of each, which takes longer.
    @tf.function(input_signature=[tf.TensorSpec([None, *model.input_shape[1:]])], autograph=False)
    def call(images: tf.Tensor) -> tf.Tensor:
        return model(images, training=False)

    return lambda images: {"features": call(images).numpy()}


def _read(path: pathlib.Path) -> keras.Model:
    try:
        model = keras.models.load_model(path, compile=False)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        raise ValueError(
            "An extractor is a network that Keras can read. "
            f"Received: {path} ({in_one_line(error)})."
        ) from error
    if getattr(model, "outputs", None) is None:
        raise ValueError(
            "An extractor is a functional or Sequential network, whose outputs are known before it "
            f"is called. Received: {path}, a {type(model).__name__}."
        )
    return model


def _is_head(layer: keras.layers.Layer) -> bool:
    return (
        isinstance(layer, keras.layers.Dense)
        and layer.activation in (keras.activations.softmax, keras.activations.linear)
        and len(layer.input.shape) == 2
    )


def _feature_width(model: keras.Model) -> int | None:
    """F of a network that gives floats [N, F], None of another."""
    if len(model.outputs) != 1:
        return None
    (output,) = model.outputs
    return output.shape[1] if len(output.shape) == 2 and "float" in output.dtype else None


def _image_shape(model: keras.Model, path: pathlib.Path) -> tuple[int, int, int]:
    shapes = [list(each.shape[1:]) for each in model.inputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or None in shapes[0]:
        raise ValueError(
            "An extractor has one input, images of one shape [H, W, C]. "
            f"Received: {path}, with inputs {shapes}."
        )
    return tuple(shapes[0])
