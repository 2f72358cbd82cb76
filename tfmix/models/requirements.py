"""What a GAN asks of its parts."""

import keras

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
    generator: keras.Model, discriminator: keras.Model, packing: int, answers: dict[str, int]
) -> None:
    """Checks that two networks fit each other and the model.

    Args:
        generator: Latents -> images.
        discriminator: Packs of images -> what `answers` names.
        packing: Images in a pack.
        answers: Width of each output that is due.

    Raises:
        ValueError: Images, packs or outputs of another shape.
    """
    *inner, channels = generator.output_shape[1:]
    due = (*inner, packing * channels)
    if due != discriminator.input_shape[1:]:
        raise ValueError(
            f"The generator makes images of shape {generator.output_shape[1:]}, the "
            f"discriminator takes {discriminator.input_shape[1:]}, and should take {due}"
            + (f" in packs of {packing}." if packing > 1 else ". Make the two equal.")
        )
    given = discriminator.output
    given = given if isinstance(given, dict) else {"logit": given}
    given = {name: tuple(output.shape) for name, output in given.items()}
    if given != {name: (None, width) for name, width in answers.items()}:
        wanted = ", ".join(f"{name} [B, {width}]" for name, width in answers.items())
        raise ValueError(
            f"The discriminator of such a model gives {wanted}. "
            f"Received: a discriminator that gives {given}."
        )


def checked_penalty(name: str, weight: float, discriminator: keras.Model) -> float:
    """Returns the weight of a penalty on gradients, or raises a ValueError where none can be."""
    weight = number(name, f"{name} is at least 0 and finite", weight, lambda x: x >= 0)
    if weight and _has_batch_normalization(discriminator):
        raise ValueError(
            f"{name} needs a discriminator without batch normalisation, under which the gradient "
            f"at one image is not its own; take norm='none', 'layer' or 'spectral'. "
            f"Received: {name}={weight} with {discriminator.name}."
        )
    return weight


def _has_batch_normalization(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, keras.layers.BatchNormalization):
        return True
    wrapped = [layer.layer] if isinstance(layer, keras.layers.Wrapper) else []
    return any(map(_has_batch_normalization, [*getattr(layer, "layers", []), *wrapped]))
