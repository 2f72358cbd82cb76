"""What a training config says, checked before anything is built from it."""

import inspect
import math
from collections.abc import Mapping
from typing import Any

import keras

from tfmix import models, networks, priors, seeds
from tfmix.checks import one_of

KEYS = {
    "batch_size",
    "channels",
    "checkpoint_every",
    "data_dir",
    "dataset",
    "discriminator",
    "ema_momentum",
    "generator",
    "image_size",
    "log_every",
    "loss",
    "model",
    "num_steps",
    "optimizer",
    "precision",
    "prior",
    "sample_every",
    "seed",
    "strategy",
    "train_size",
}
FREE_TO_DIFFER = {"data_dir", "log_every", "sample_every", "checkpoint_every", "strategy"}
_COUNTS = ("batch_size", "num_steps", "checkpoint_every", "sample_every", "log_every")
_BLOCKS = ("prior", "generator", "discriminator", "optimizer", "loss")
_PRECISIONS = ("float32", "mixed_bfloat16")
_STRATEGIES = ("none", "mirrored")
_PRIOR, _GENERATOR, _DISCRIMINATOR, _NOISE = range(4)  # parts that config["seed"] governs


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config as a plain dict.

    Args:
        config: Any nested mapping with the keys of KEYS; see `zoo/configs/base.py` for each.

    Raises:
        ValueError: Keys that are unknown or missing, or values outside their range.
    """
    config = _plain(config)
    for problem, keys in (("unknown", config.keys() - KEYS), ("missing", KEYS - config.keys())):
        if keys:
            raise ValueError(
                f"Config keys {problem}: {', '.join(sorted(keys))}. "
                f"A config has the keys {', '.join(sorted(KEYS))}."
            )
    for key in _COUNTS:
        if not isinstance(config[key], int) or config[key] < 1:
            raise ValueError(f"{key} is an integer of at least 1. Received: {config[key]!r}.")
    for key in _BLOCKS:
        if not isinstance(config[key], dict) or "name" not in config[key]:
            raise ValueError(
                f"{key} is a mapping with a name and arguments. Received: {config[key]!r}."
            )
    for key, known in (
        ("model", _classes(models, models.GAN)),
        ("precision", _PRECISIONS),
        ("strategy", _STRATEGIES),
    ):
        one_of(key, config[key], known)
    seeds.check(config["seed"])
    return config


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names of the keys in which a run may not go on under another config.

    Args:
        old: Config that a run began with.
        new: Config to go on with.

    Returns:
        Dotted names, such as "prior.num_components"; none where `new` may go on.
    """
    names = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            names += [f"{key}.{name}" for name in differences(before, after)]
        elif before != after and key not in FREE_TO_DIFFER:
            names.append(key)
    return names


def build(config: Mapping[str, Any], image_shape: tuple[int, int, int]) -> models.GAN:
    """Makes the model that a config describes, compiled.

    Args:
        config: From `checked`.
        image_shape: (H, W, C) of the training images.

    Returns:
        A GAN or a model derived from it.

    Raises:
        ValueError: A name that there is not, or arguments that it does not take.
    """
    seed, dtype = config["seed"], config["precision"]
    prior = _make(
        "prior",
        _classes(priors, priors.Prior),
        config["prior"],
        seed=seeds.spawn(seed, _PRIOR),
    )
    generator = _make(
        "generator",
        _classes(networks, keras.Model),
        config["generator"],
        input_dim=prior.latent_dim,
        image_shape=image_shape,
        dtype=dtype,
        seed=seeds.spawn(seed, _GENERATOR),
    )
    discriminator = _make(
        "discriminator",
        _classes(networks, keras.Model),
        config["discriminator"],
        image_shape=image_shape,
        dtype=dtype,
        seed=seeds.spawn(seed, _DISCRIMINATOR),
    )
    model = _make(
        "loss",
        _classes(models, models.GAN),
        {**config["loss"], "name": config["model"]},
        prior=prior,
        generator=generator,
        discriminator=discriminator,
        loss=config["loss"]["name"],
        ema_momentum=config["ema_momentum"] or None,
        seed=seeds.spawn(seed, _NOISE),
    )
    model.compile(_optimizer(config["optimizer"]), _optimizer(config["optimizer"]))
    return model


def _make(part: str, known: dict[str, type], block: Mapping[str, Any], **offered: Any) -> Any:
    """Calls the class that a block names with the block's entries and with what is offered.

    Of what is offered, a class takes what it knows: a prior without random numbers takes no seed.
    """
    name, arguments = block["name"], _without_name(block)
    one_of(f"{part}.name", name, known)
    taken = _parameters(known[name])
    unknown = arguments.keys() - taken
    if unknown:
        raise ValueError(
            f"{name} takes no {', '.join(sorted(unknown))}. "
            f"The block {part} may set {', '.join(sorted(taken - offered.keys()))}."
        )
    offered = {key: value for key, value in offered.items() if key in taken}
    return known[name](**{**offered, **arguments})


def _parameters(cls: type) -> set[str]:
    """Names of a class's arguments, with the keywords that it passes on to its bases here."""
    definers = [
        base
        for base in cls.__mro__
        if base.__module__.startswith("tfmix.") and "__init__" in vars(base)
    ]
    names = set(inspect.signature(definers[0]).parameters)
    for base in definers:
        parameters = inspect.signature(base).parameters.values()
        names |= {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
    return names - {"kwargs"}


def _classes(module: Any, base: type) -> dict[str, type]:
    members = {name: getattr(module, name) for name in module.__all__}
    return {
        name: member
        for name, member in members.items()
        if isinstance(member, type) and issubclass(member, base) and member is not priors.Prior
    }


def _optimizer(block: Mapping[str, Any]) -> keras.optimizers.Optimizer:
    name, arguments = block["name"], _without_name(block)
    cls = getattr(keras.optimizers, str(name), None)
    if not (isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)):
        raise ValueError(f"optimizer.name is one of Keras's, such as Adam. Received: {name!r}.")
    if not 0 < arguments.get("learning_rate", 1) < math.inf:
        raise ValueError(
            "optimizer.learning_rate is finite and above 0. "
            f"Received: {arguments['learning_rate']!r}."
        )
    unknown = arguments.keys() - inspect.signature(cls).parameters.keys()
    if unknown:
        raise ValueError(f"{name} takes no {', '.join(sorted(unknown))}; see keras.optimizers.")
    return cls(**arguments)


def _without_name(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "name"}


def _plain(config: Any) -> Any:
    """A nested mapping as plain dicts and lists, as JSON would give it back."""
    if hasattr(config, "items"):  # a mapping, also ml_collections' that does not call itself one
        return {str(key): _plain(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_plain(value) for value in config]
    return config
