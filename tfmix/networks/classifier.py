"""Small classifiers of images: the architectures of the shipped extractors and of clusterers."""

import itertools
from collections.abc import Sequence

import keras
from keras import layers

from tfmix.checks import positive_int


def image_classifier(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    convolutions: Sequence[tuple[int, int, int]] = ((32, 3, 2), (64, 3, 2), (64, 3, 1)),
    width: int = 128,
    dropout: float = 0.3,
    seed: int = 0,
    name: str = "classifier",
) -> keras.Model:
    """Convolutions with batch norm, pooling, a hidden layer and a softmax, as a plain Keras model.

    Args:
        image_shape: (H, W, C), H and W at least 2 after the strides of all convolutions.
        num_classes: K.
        convolutions: Filters, kernel size and stride of each convolution.
        width: Width of the last hidden layer.
        dropout: Share of the pooled features that is dropped in training, in [0, 1).
        seed: Seed of the initial weights and of dropout.
        name: Name of the model.

    Returns:
        Images [B, H, W, C] in [-1, 1] -> class probabilities [B, K].

    Raises:
        ValueError: An argument outside its range.
    """
    num_classes = positive_int("num_classes", num_classes)
    seeds = itertools.count(1000 * seed)
    images = x = keras.Input(image_shape, name="images")
    for filters, kernel, stride in convolutions:
        x = _convolution(x, filters, kernel, next(seeds), stride)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    x = _dense(positive_int("width", width), "relu", "features", next(seeds))(x)
    return keras.Model(images, _dense(num_classes, "softmax", "probs", next(seeds))(x), name=name)


def residual_classifier(
    image_shape: tuple[int, int, int],
    num_classes: int,
    *,
    stem: int = 24,
    widths: Sequence[int] = (64, 128, 192),
    seed: int = 0,
    name: str = "classifier",
) -> keras.Model:
    """A small ResNet (He et al., CVPR 2016): a stem, a stage per width, pooling, a softmax.

    A stage is a convolution followed by max pooling, which halves the sides, and a second one that
    is added to its own input; all are 3x3 with batch norm and ReLU. The largest activation of each
    channel over the last stage's pixels is the hidden layer before the softmax.

    Args:
        image_shape: (H, W, C), H and W at least 2 for each stage's halving.
        num_classes: K.
        stem: Filters of the first convolution.
        widths: Filters of each stage; the last is the width of the hidden layer.
        seed: Seed of the initial weights.
        name: Name of the model.

    Returns:
        Images [B, H, W, C] in [-1, 1] -> class probabilities [B, K].

    Raises:
        ValueError: An argument outside its range.
    """
    num_classes = positive_int("num_classes", num_classes)
    seeds = itertools.count(1000 * seed)
    images = keras.Input(image_shape, name="images")
    x = _convolution(images, positive_int("stem", stem), 3, next(seeds))
    for width in widths:
        x = _convolution(x, positive_int("widths", width), 3, next(seeds), halved=True)
        x = layers.Add()([x, _convolution(x, width, 3, next(seeds))])
    x = layers.GlobalMaxPooling2D(name="features")(x)
    return keras.Model(images, _dense(num_classes, "softmax", "probs", next(seeds))(x), name=name)


def mirrored(classifier: keras.Model) -> keras.Model:
    """The same classifier on the mean of the features of an image and its mirror image.

    It shares the weights of `classifier`, a Functional model from images [B, H, W, C] to class
    probabilities by a last Dense layer.
    """
    *_, last = classifier.layers
    backbone = keras.Model(classifier.input, last.input, name="backbone")
    images = keras.Input(classifier.input_shape[1:], name="images")
    both = [backbone(images), backbone(keras.ops.flip(images, axis=2))]
    return keras.Model(images, last(layers.Average(name="features")(both)), name=classifier.name)


def _convolution(
    x: keras.KerasTensor,
    filters: int,
    kernel: int,
    seed: int,
    stride: int = 1,
    halved: bool = False,
) -> keras.KerasTensor:
    given = {"use_bias": False, "kernel_initializer": keras.initializers.HeNormal(seed)}
    x = layers.Conv2D(filters, kernel, stride, "same", **given)(x)
    x = layers.MaxPooling2D()(x) if halved else x
    return layers.ReLU()(layers.BatchNormalization()(x))


def _dense(units: int, activation: str, name: str, seed: int) -> layers.Dense:
    weights = keras.initializers.HeNormal(seed)
    return layers.Dense(units, activation, kernel_initializer=weights, name=name)
