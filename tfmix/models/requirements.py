"""What a GAN requires of its prior, networks and data."""

import keras
import tensorflow as tf
from keras.optimizers.schedules import LearningRateSchedule

from tfmix.checks import number
from tfmix.priors import Prior
from tfmix.priors.mixture import LocationScaleMixture


def require_mixture(model: str, prior: Prior) -> LocationScaleMixture:
    """Returns a prior of locations and scales, or raises a ValueError where it is another."""
    if not isinstance(prior, LocationScaleMixture):
        raise ValueError(
            f"{model}'s prior is a mixture with scales, such as GaussianMixture. "
            f"Received: {type(prior).__name__}."
        )
    return prior


def check_networks(
    generator: keras.Model, discriminator: keras.Model, packing: int, outputs: dict[str, int]
) -> None:
    """Checks that two networks fit each other and the model.

    Args:
        generator: Latents -> images.
        discriminator: Packs of images, alone or as its first input -> `outputs`.
        packing: Images in a pack.
        outputs: Width of each output that the model asks for.

    Raises:
        ValueError: Images, packs or outputs of another shape.
    """
    for role, network in (("generator", generator), ("discriminator", discriminator)):
        if not hasattr(network, "output_shape"):
            raise ValueError(
                f"The {role} is a Keras model that knows its shapes, as Functional ones do; give a "
                f"Sequential its keras.Input. Received: {network!r}."
            )
    *inner, channels = generator.output_shape[1:]
    due, taken = (*inner, packing * channels), tuple(discriminator.inputs[0].shape[1:])
    if due != taken:
        raise ValueError(
            f"The generator makes images of shape {generator.output_shape[1:]}, the "
            f"discriminator takes {taken}, and should take {due}"
            + (f" in packs of {packing}." if packing > 1 else ". Make the two equal.")
        )
    given = discriminator.output
    given = given if isinstance(given, dict) else {"logit": given}
    given = {name: tuple(output.shape) for name, output in given.items()}
    if given != {name: (None, width) for name, width in outputs.items()}:
        wanted = ", ".join(f"{name} [B, {width}]" for name, width in outputs.items())
        raise ValueError(
            f"The discriminator of such a model gives {wanted}. "
            f"Received: a discriminator that gives {given}."
        )


def check_own_losses(prior: Prior, packing: int) -> None:
    """Raises a ValueError where a prior needs each sample's own loss, and packs share theirs."""
    mixture = isinstance(prior, LocationScaleMixture)
    if packing > 1 and mixture and prior.learn_weights and prior.gradient == "marginal":
        raise ValueError(
            "Weights that learn by gradient='marginal' need a loss of each sample by itself, and a "
            f"pack shares one. Received: packing={packing}; take 1."
        )


def check_images(images: tf.Tensor, shape: tuple[int, ...]) -> None:
    """Raises a ValueError where images, or points, are no floats, or not of the given shape."""
    if not images.shape.is_compatible_with([None, *shape]):
        raise ValueError(
            f"Images are [B, {', '.join(map(str, shape))}], as the generator's. "
            f"Received: {tf.as_dtype(images.dtype).name} of shape {tuple(images.shape)}."
        )
    if not tf.as_dtype(images.dtype).is_floating:
        raise ValueError(
            "Images are floats in [-1, 1], x / 127.5 - 1 of whole numbers. "
            f"Received: {tf.as_dtype(images.dtype).name} of shape {tuple(images.shape)}."
        )


def checked_labels(labels: tf.Tensor, num_classes: int) -> tf.Tensor:
    """Returns the classes of a batch as int32 [B], from any integers [B] or [B, 1].

    Raises:
        ValueError: Labels of another type or shape, such as one-hot rows.
        tf.errors.InvalidArgumentError: A class outside [0, C); XLA leaves this check out.
    """
    labels = tf.convert_to_tensor(labels)
    if labels.shape.rank == 2 and labels.shape[1] == 1:  # as keras.datasets.cifar10 has them
        labels = labels[:, 0]
    wanted = f"Labels are integers [B], a class in [0, {num_classes}) each"
    if labels.shape.rank != 1 or not labels.dtype.is_integer:
        raise ValueError(f"{wanted}. Received: {labels.dtype.name} of shape {tuple(labels.shape)}.")
    labels = tf.cast(labels, tf.int32)
    good = tf.reduce_all((labels >= 0) & (labels < num_classes))
    with tf.control_dependencies([tf.debugging.Assert(good, [f"{wanted}. Received:", labels])]):
        return tf.identity(labels)  # else a graph is free to fail elsewhere first


def checked_penalty(
    name: str, weight: float | LearningRateSchedule, discriminator: keras.Model
) -> float | LearningRateSchedule:
    """Returns the weight of a penalty on gradients, or raises a ValueError where none can be."""
    if not isinstance(weight, LearningRateSchedule):
        wanted = f"{name} is at least 0 and finite"
        weight = number(name, wanted, weight, lambda x: x >= 0)
    if weight and _has_batch_normalization(discriminator):
        raise ValueError(
            f"{name} needs a discriminator without batch normalisation, under which the gradient "
            f"at one image is not its own; take norm='none', 'layer' or 'spectral', or {name}=0. "
            f"Received: {name}={weight} with {discriminator.name}."
        )
    return weight


def mixes_rows(network: keras.Model) -> bool:
    """Whether a row's outputs depend on the other rows of a batch, in training.

    So they do where a layer has batch statistics, or says so by an attribute `mixes_rows`.
    """
    return _has_batch_normalization(network) or has_mixing_layer(network)


def has_mixing_layer(network: keras.Model) -> bool:
    """Whether a layer says that it mixes rows, after training too, as batch statistics do not."""
    return any(getattr(each, "mixes_rows", False) for each in sublayers(network))


def sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """A layer or network and all layers within it, those too that wrappers and blocks hold."""
    found, waiting = {}, [layer]
    while waiting:
        value = waiting.pop()
        if isinstance(value, keras.layers.Layer) and id(value) not in found:
            found[id(value)] = value
            waiting += vars(value).values()
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple):
            waiting += value
    return list(found.values())


def _has_batch_normalization(network: keras.Model) -> bool:
    return any(isinstance(each, keras.layers.BatchNormalization) for each in sublayers(network))
