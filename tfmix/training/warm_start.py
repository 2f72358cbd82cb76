"""Starts a model from the weights of one that was trained on other data."""

import os

import keras
import numpy as np

from tfmix import models, priors
from tfmix.priors.mixture import LocationScaleMixture
from tfmix.priors.scale import reparametrize


def warm_start(model: models.GAN, path: str | os.PathLike, seed: int) -> list[str]:
    """Gives a new model the weights of another one, as far as they fit.

    The generator has to fit except for the width of the class's code. Components that the other
    prior lacks are put where it draws a z, with the scale of the component that z is drawn from. A
    discriminator with other layers, heads that the other one lacks or has for another number of
    classes or components, and a prior of another class are re-initialised: they keep their random
    weights.

    Args:
        model: A GAN that was not trained yet; it is changed.
        path: A .keras file of a GAN, whose discriminator comes along, or of a Sampler.
        seed: Seed of the places of further components, an int32.

    Returns:
        A sentence for each part that does not fit and is re-initialised; none where all fits.

    Raises:
        ValueError: No such model, or one whose generator does not fit.
        OSError: The file cannot be read.
    """
    source = _loaded(path)
    whole = isinstance(source, models.GAN)
    pairs = [(source.sampler() if whole else source, model.sampled)]
    if model.ema_momentum is not None:  # the trained weights beside their average
        pairs.append((source if whole else pairs[0][0], model))
    for old, new in pairs:
        notes = _prior(old.prior, new.prior, seed)
        notes += _generator(old.generator, new.generator, path)
    if whole:
        return [*notes, *_discriminator(source.discriminator, model)]
    reason = f"{path} holds no discriminator (a run's model.keras does)"
    return [*notes, _reinitialized(model, reason)]


def _loaded(path: str | os.PathLike) -> models.GAN | models.Sampler:
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"init_from is the .keras file of a model of tfmix. Received: {path}, which is none."
        )
    try:
        source = keras.models.load_model(path, compile=False)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        raise ValueError(f"init_from={path} cannot be read as a Keras model.") from error
    if not isinstance(source, models.GAN | models.Sampler):
        received = f"Received: {path}, a {type(source).__name__}."
        raise ValueError(f"init_from takes a GAN or a Sampler of tfmix. {received}")
    return source


def _generator(old: keras.Model, new: keras.Model, path: str | os.PathLike) -> list[str]:
    if len(old.weights) != len(new.weights):
        raise ValueError(
            f"The generator of init_from={path} has {len(old.weights)} weights, this one "
            f"{len(new.weights)}. Take its config's generator and image_size."
        )
    notes = []
    for number, (was, now) in enumerate(zip(old.weights, new.weights, strict=True)):
        value = keras.ops.convert_to_numpy(was)
        if number == 0 and was.shape != now.shape and was.shape[1:] == now.shape[1:]:
            # Rows of z, then of the class's code, of which each side has as many as it has classes.
            mixed, common = keras.ops.convert_to_numpy(now).copy(), min(len(value), now.shape[0])
            mixed[:common] = value[:common]
            value = mixed
            if len(mixed) > common:
                notes.append(
                    f"The generator's weights for inputs {common} to {len(mixed) - 1}, of the "
                    "class's code, are re-initialised."
                )
        if value.shape != tuple(now.shape):
            raise ValueError(
                f"The generator of init_from={path} does not fit: {was.path} is "
                f"{tuple(was.shape)}, here {tuple(now.shape)}. Take its config's generator, "
                "image_size and channels."
            )
        now.assign(value)
    return notes


def _prior(old: priors.Prior, new: priors.Prior, seed: int) -> list[str]:
    if old.latent_dim != new.latent_dim:
        raise ValueError(
            f"The prior of init_from draws z of width {old.latent_dim}. "
            f"Received: prior.latent_dim={new.latent_dim}."
        )
    if type(old) is not type(new):
        both = f"{type(old).__name__} there, {type(new).__name__} here"
        return [f"The prior is re-initialised: {both}."]
    if isinstance(new, priors.OneHotNormal) and old.num_components != new.num_components:
        raise ValueError(
            f"The one-hot part of init_from's z has {old.num_components} places. "
            f"Received: prior.num_components={new.num_components}."
        )
    if not isinstance(new, LocationScaleMixture):
        return []
    kept = min(old.num_components, new.num_components)
    more = old.sample(new.num_components - kept, seed=seed)
    rows = np.concatenate([np.arange(kept), more.component.numpy()])
    notes = []
    known = {variable.name: variable for variable in old.weights}
    for now in new.weights:  # in another order where other parts are learned
        value = keras.ops.convert_to_numpy(known[now.name])
        if now.name == "raw_scale" and old.scale_parametrization != new.scale_parametrization:
            ways = old.scale_parametrization, new.scale_parametrization
            value = reparametrize(value, old.covariance, *ways)
        if now.name == "loc":
            value = np.concatenate([value[:kept], more.z.numpy()])
        elif value.shape[:1] == (old.num_components,):
            value = value[rows]
        if value.shape == tuple(now.shape):
            now.assign(value)
        else:
            shapes = f"{tuple(known[now.name].shape)} there, {tuple(now.shape)} here"
            notes.append(f"The prior's {now.name} is re-initialised: {shapes}.")
    if new.num_components > kept:
        added = f"Components {kept} to {new.num_components - 1}"
        notes.append(f"{added} start at random places of the other {kept}.")
    return notes


def _discriminator(old: keras.Model, model: models.GAN) -> list[str]:
    (body, heads), (new_body, new_heads) = map(_layers, (old, model.discriminator))
    shapes = [[w.shape for layer in layers for w in layer.weights] for layers in (body, new_body)]
    if shapes[0] != shapes[1]:
        return [_reinitialized(model, "that of init_from has other layers")]
    for was, now in zip(body, new_body, strict=True):
        now.set_weights(was.get_weights())
    notes = []
    for name, head in new_heads.items():
        before = [w.shape for w in heads[name].weights] if name in heads else None
        if before == [w.shape for w in head.weights]:
            head.set_weights(heads[name].get_weights())
        else:
            notes.append(f"The discriminator's head {name} is re-initialised.")
    return notes


def _reinitialized(model: models.GAN, reason: str) -> str:
    if model.critic.frozen_layers:
        raise ValueError(
            f"frozen_layers={model.critic.frozen_layers} holds layers that were trained, and the "
            f"discriminator is re-initialised: {reason}."
        )
    return f"The discriminator is re-initialised: {reason}."


def _layers(network: keras.Model) -> tuple[list[keras.layers.Layer], dict[str, keras.layers.Layer]]:
    """The layers with weights below the heads, and the heads by their names."""
    names = {*network.output} if isinstance(network.output, dict) else {"logit"}
    heads = {each.name: each for each in network.layers if each.name in names}
    return [each for each in network.layers if each.weights and each.name not in heads], heads
