"""The lowest layers of a discriminator are not trained: FreezeD (Mo, Cho, Shin, 2020)."""

import keras

from tfmix.checks import integers


def freeze(discriminator: keras.Model, num_layers: int) -> int:
    """Freezes a network's lowest layers with a kernel, and all layers below the next one.

    A batch normalisation among them uses its moving statistics from then on.

    Args:
        discriminator: A Keras model; it is changed.
        num_layers: How many layers with a kernel, at least 0 and fewer than there are.

    Returns:
        `num_layers`.

    Raises:
        ValueError: As many layers as there are, or more, or a negative number.
    """
    kernels = [layer for layer in discriminator.layers if _has_kernel(layer)]
    wanted = f"frozen_layers is an integer in 0 .. {len(kernels) - 1}, of {len(kernels)} layers"
    value = integers("frozen_layers", wanted, num_layers)
    if value.ndim or not 0 <= value < max(len(kernels), 1):
        raise ValueError(f"{wanted}. Received: frozen_layers={num_layers!r}.")
    if num_layers:
        first_trained = kernels[num_layers]
        for layer in discriminator.layers:
            if layer is first_trained:
                break
            layer.trainable = False
    return int(num_layers)


def _has_kernel(layer: keras.layers.Layer) -> bool:
    # All weights, not the trainable ones: layers from a file may be frozen already.
    return any(len(variable.shape) > 1 for variable in layer.weights)
