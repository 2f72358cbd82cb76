"""A small classifier of images: the shape of the shipped extractors and of clusterers."""

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
    """Convolutions with batch norm, a pooling, a hidden layer, a softmax: a plain Keras model.

    Args:
        image_shape: (H, W, C), H and W at least 2 after the strides of all convolutions.
        num_classes: K.
        convolutions: Filters, kernel and stride of each.
        width: Of the last hidden layer.
        dropout: Share of the pooled features that is left out in training, in [0, 1).
        seed: Of the initial weights and of the dropout.
        name: Of the model.

    Returns:
        Images [B, H, W, C] in [-1, 1] -> class probabilities [B, K].

    Raises:
        ValueError: An argument out of its range.
    """
    num_classes = positive_int("num_classes", num_classes)
    seeds = itertools.count(1000 * seed)

    def convolution(filters: int, kernel: int, stride: int) -> layers.Conv2D:
        weights = keras.initializers.HeNormal(next(seeds))
        return layers.Conv2D(
            filters, kernel, stride, "same", use_bias=False, kernel_initializer=weights
        )

    def dense(units: int, activation: str, name: str) -> layers.Dense:
        weights = keras.initializers.HeNormal(next(seeds))
        return layers.Dense(units, activation, kernel_initializer=weights, name=name)

    images = x = keras.Input(image_shape, name="images")
    for shape in convolutions:
        x = layers.ReLU()(layers.BatchNormalization()(convolution(*shape)(x)))
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dropout(dropout, seed=next(seeds))(x)
    x = dense(positive_int("width", width), "relu", "features")(x)
    return keras.Model(images, dense(num_classes, "softmax", "probs")(x), name=name)
