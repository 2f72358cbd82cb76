"""What a training config says, checked before anything is built from it."""

import inspect
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tfmix import models, networks, priors, seeds
from tfmix.checks import one_of, positive_int
from tfmix.training import schedules

# What a key is where it is not given: these came later than the first runs, which go on.
DEFAULTS = {"evaluate_every": 0, "validation_size": 1_000, "extractor": "", "init_from": ""}
KEYS = DEFAULTS.keys() | {
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
MODELS = {
    name: member
    for name, member in vars(models).items()
    if isinstance(member, type) and issubclass(member, models.GAN | models.PixelCNN)
}
FREE_TO_DIFFER = {"data_dir", "log_every", "sample_every", "checkpoint_every", "strategy"}
_COUNTS = ("batch_size", "num_steps", "checkpoint_every", "sample_every", "log_every")
_LEAST = {"evaluate_every": 0, "validation_size": 6}  # coverage looks at 5 neighbours
_BLOCKS = ("prior", "generator", "discriminator", "optimizer", "loss")
_PRECISIONS = ("float32", "mixed_bfloat16")
_STRATEGIES = ("none", "mirrored")
_PRIOR, _GENERATOR, _DISCRIMINATOR, _NOISE = range(4)  # parts that config["seed"] governs


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config as a plain dict.

    Args:
        config: Any nested mapping with the keys of KEYS, of which those of DEFAULTS may be left
            out; see `zoo/configs/base.py` for each.

    Raises:
        ValueError: Keys that are unknown or missing, or values outside their range.
    """
    if not hasattr(config, "items"):
        raise ValueError(f"A config is a mapping. Received: {config!r}.")
    config = {**DEFAULTS, **_plain(config, "config")}
    for problem, keys in (("unknown", config.keys() - KEYS), ("missing", KEYS - config.keys())):
        if keys:
            raise ValueError(
                f"Config keys {problem}: {', '.join(sorted(keys))}. "
                f"A config has the keys {', '.join(sorted(KEYS))}."
            )
    for key in _COUNTS:
        positive_int(key, config[key])
    for key, least in _LEAST.items():
        value = config[key]
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{key} is an integer of at least {least}. Received: {value!r}.")
    for key, wanted in (("extractor", "a name or a path"), ("init_from", "a path, or empty")):
        if not isinstance(config[key], str):
            raise ValueError(f"{key} is {wanted}. Received: {config[key]!r}.")
    for key in _BLOCKS:
        if not isinstance(config[key], dict) or "name" not in config[key]:
            raise ValueError(
                f"{key} is a mapping with a name and arguments. Received: {config[key]!r}."
            )
    if config["loss"].get("frozen_layers") and not config["init_from"]:
        raise ValueError(
            "loss.frozen_layers holds layers that were trained before: name their model with "
            f"init_from. Received: frozen_layers={config['loss']['frozen_layers']}."
        )
    if config["init_from"] and config["model"] == "PixelCNN":
        raise ValueError("init_from is for GANs. Received: model=PixelCNN.")
    momentum = config["ema_momentum"] or 0.0
    if not (isinstance(momentum, float) and 0 <= momentum < 1):
        raise ValueError(f"ema_momentum lies in [0, 1); 0: no average. Received: {momentum!r}.")
    for key, known in (
        ("model", MODELS),
        ("precision", _PRECISIONS),
        ("strategy", _STRATEGIES),
    ):
        one_of(key, config[key], known)
    seeds.check(config["seed"])
    packing = positive_int("loss.packing", config["loss"].get("packing", 1))
    if config["batch_size"] % packing:
        raise ValueError(
            f"A batch is made of whole packs: batch_size is a multiple of loss.packing={packing}. "
            f"Received: batch_size={config['batch_size']}."
        )
    return config


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names of the keys in which a run may not go on under another config.

    Args:
        old: Config that a run began with.
        new: Config to go on with.

    Returns:
        Dotted names, such as "prior.num_components"; none where `new` may go on.
    """
    names, free = [], FREE_TO_DIFFER | _free_of_evaluation(old, new)
    if old.get("init_from"):  # what a run has begun from is not looked at again
        free |= {"init_from"}
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if key in free or before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            inner = sorted(before.keys() | after.keys())
            unsaid = _model_defaults(old["model"]) if key == "loss" else {}
            names += [
                f"{key}.{name}"
                for name in inner
                if before.get(name, unsaid.get(name)) != after.get(name, unsaid.get(name))
            ]
        else:
            names.append(key)
    return names


def _model_defaults(name: str) -> dict[str, Any]:
    """What a model's further arguments are in runs that began before there were any such."""
    parameters = (
        inspect.signature(MODELS[name]).parameters | inspect.signature(models.GAN).parameters
    )
    defaults = {key: each.default for key, each in parameters.items()}
    return {key: "" if value is None else value for key, value in defaults.items()}


def _free_of_evaluation(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Its rhythm while it is on, which changes no weight, and its settings while it is off.

    Turned on or off it changes the training images; another extractor's KID is another number.
    """
    on = {bool(each["evaluate_every"]) for each in (old, new)}
    if len(on) == 2:
        return set()
    return {"evaluate_every"} if on == {True} else {"validation_size", "extractor"}


def build(
    config: Mapping[str, Any],
    shape: tuple[int, ...],
    class_weights: Sequence[float] | None = None,
) -> models.GAN | models.PixelCNN:
    """Makes the model that a config describes, compiled.

    Args:
        config: From `checked`.
        shape: (H, W, C) of the training images, or (P,) of points.
        class_weights: How frequent each class is in the training data, [C]; None without labels.

    Returns:
        A GAN or a model derived from it, or a PixelCNN.

    Raises:
        ValueError: A name that there is not, arguments that it does not take, or a model that
            learns classes for data without labels.
    """
    model = MODELS[config["model"]]
    make = _pixel_cnn if model is models.PixelCNN else _gan
    return make(model, config, tuple(shape), class_weights)


def _gan(
    model: type[models.GAN],
    config: Mapping[str, Any],
    shape: tuple[int, ...],
    class_weights: Sequence[float] | None,
) -> models.GAN:
    seed, dtype = config["seed"], config["precision"]
    _, needed = _parameters(model)
    if "num_classes" in needed and class_weights is None:
        raise ValueError(
            f"{config['model']} learns classes, and {config['dataset']} has no labels. Choose a "
            "model without classes, such as GMGAN, or data with labels."
        )
    prior = _make(
        "prior", _classes(priors, priors.Prior), config["prior"], seed=seeds.spawn(seed, _PRIOR)
    )
    arguments = {
        "prior": prior,
        "generator": None,
        "discriminator": None,
        "labels": None,
        "num_classes": None if class_weights is None else len(class_weights),
        "class_weights": class_weights,
        "loss": config["loss"]["name"],
        "ema_momentum": config["ema_momentum"] or None,
        "seed": seeds.spawn(seed, _NOISE),
    }
    block = {**config["loss"], "name": config["model"]}
    _check_block("loss", {config["model"]: model}, block, arguments)
    num_classes, packing = arguments["num_classes"], block.get("packing", 1)
    answers = model.answers(num_classes, packing)
    known = _classes(networks, keras.Model)
    arguments["generator"] = _make(
        "generator",
        known,
        config["generator"],
        input_dim=prior.latent_dim + model.code_width(num_classes, **_without_name(block)),
        **({"image_shape": shape} if len(shape) == 3 else {"output_dim": shape[-1]}),
        dtype=dtype,
        seed=seeds.spawn(seed, _GENERATOR),
    )
    packed = (*shape[:-1], shape[-1] * packing)
    arguments["discriminator"] = _make(
        "discriminator",
        known,
        config["discriminator"],
        **({"image_shape": packed} if len(shape) == 3 else {"input_dim": packed[-1]}),
        num_outputs=answers["logit"],
        num_classes=answers.get("class_logits"),
        dtype=dtype,
        seed=seeds.spawn(seed, _DISCRIMINATOR),
    )
    gan = _make("loss", {config["model"]: model}, block, **arguments)
    rates = _rates(config["optimizer"])
    gan.compile(*(_optimizer(config["optimizer"], config["num_steps"], rate) for rate in rates))
    return gan


def _pixel_cnn(
    model: type[models.PixelCNN],
    config: Mapping[str, Any],
    shape: tuple[int, ...],
    class_weights: Sequence[float] | None,
) -> models.PixelCNN:
    for key, name in (("prior", "none"), ("discriminator", "none"), ("loss", "likelihood")):
        if config[key] != {"name": name}:
            raise ValueError(
                f"PixelCNN has no {key}: the block is {{'name': '{name}'}} alone. "
                f"Received: {config[key]}."
            )
    if config["ema_momentum"]:
        raise ValueError(
            f"PixelCNN keeps no average: ema_momentum is 0. Received: {config['ema_momentum']}."
        )
    num_classes = config["generator"].get("num_classes")
    known = None if class_weights is None else len(class_weights)
    if num_classes is not None and num_classes != known:
        raise ValueError(
            f"generator.num_classes is that of {config['dataset']}, {known}, or is left out. "
            f"Received: {num_classes}."
        )
    pixel_cnn = _make(
        "generator",
        {"PixelCNN": model},
        config["generator"],
        image_shape=shape,
        provenance=None,
        dtype=config["precision"],
        seed=seeds.spawn(config["seed"], _GENERATOR),
    )
    rate, _ = _rates(config["optimizer"])
    pixel_cnn.compile(_optimizer(config["optimizer"], config["num_steps"], rate))
    return pixel_cnn


def _make(part: str, known: dict[str, type], block: Mapping[str, Any], **offered: Any) -> Any:
    """Calls the class that a block names with the block's entries and with what is offered.

    Of what is offered, a class takes what it knows: a prior without random numbers takes no seed.
    """
    name, arguments = block["name"], _without_name(block)
    taken = _check_block(part, known, block, offered)
    offered = {key: value for key, value in offered.items() if key in taken}
    try:
        return known[name](**offered, **arguments)
    except TypeError as error:  # a text where a number is due, and the like
        raise ValueError(f"{name} cannot be made of {arguments}: {error}.") from error


def _check_block(
    part: str, known: Mapping[str, type], block: Mapping[str, Any], offered: Mapping[str, Any]
) -> set[str]:
    """Checks that a block names a class and sets what it takes; returns the names of all that."""
    name, arguments = block["name"], _without_name(block)
    one_of(f"{part}.name", name, known)
    taken, needed = _parameters(known[name])
    settable = taken - offered.keys()
    if unknown := arguments.keys() - settable:
        raise ValueError(
            f"{name} takes no {', '.join(sorted(unknown))}. "
            f"The block {part} may set {', '.join(sorted(settable)) or 'nothing but name'}."
        )
    if missing := needed - arguments.keys() - offered.keys():
        if missing & {"image_shape", "output_dim", "input_dim"}:
            kind = "images" if "image_shape" in missing else "points"
            raise ValueError(f"{name} makes and judges {kind}, and the data are others.")
        raise ValueError(f"{name} needs {', '.join(sorted(missing))} in the block {part}.")
    return taken


def _parameters(cls: type) -> tuple[set[str], set[str]]:
    """A class's arguments, with the keywords that it passes on to its bases: all, and required."""
    definers = [
        base
        for base in cls.__mro__
        if base.__module__.startswith("tfmix.") and "__init__" in vars(base)
    ]
    parameters = dict(inspect.signature(definers[0]).parameters)
    for base in definers:
        own = inspect.signature(base).parameters.items()
        parameters |= {name: each for name, each in own if each.kind is each.KEYWORD_ONLY}
    del parameters["kwargs"]
    return set(parameters), {n for n, each in parameters.items() if each.default is each.empty}


def _classes(module: Any, base: type) -> dict[str, type]:
    members = {name: getattr(module, name) for name in module.__all__}
    return {
        name: member
        for name, member in members.items()
        if isinstance(member, type) and issubclass(member, base) and member is not priors.Prior
    }


def _rates(block: Mapping[str, Any]) -> tuple[Any, Any]:
    """The generator's and the discriminator's learning rates."""
    rate = block.get("learning_rate", 1e-3)
    return rate, block.get("discriminator_learning_rate") or rate


def _optimizer(block: Mapping[str, Any], num_steps: int, rate: Any) -> keras.optimizers.Optimizer:
    name, arguments = block["name"], _without_name(block)
    cls = getattr(keras.optimizers, str(name), None)
    if not (isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)):
        raise ValueError(f"optimizer.name is one of Keras's, such as Adam. Received: {name!r}.")
    falling = {key: arguments.pop(key) for key in ("schedule", "hold") if key in arguments}
    arguments.pop("discriminator_learning_rate", None)
    arguments["learning_rate"] = rate
    unknown = arguments.keys() - inspect.signature(cls).parameters.keys()
    if unknown:
        raise ValueError(f"{name} takes no {', '.join(sorted(unknown))}; see keras.optimizers.")
    for key, value in arguments.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key == "learning_rate" and not (number and 0 < value < math.inf):
            raise ValueError(f"optimizer.{key} is finite and above 0. Received: {value!r}.")
        if key.startswith("beta_") and not (number and 0 <= value < 1):
            raise ValueError(f"optimizer.{key} lies in [0, 1). Received: {value!r}.")
    return cls(**{**arguments, "learning_rate": schedules.make(rate, num_steps, **falling)})


def _without_name(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "name"}


def _plain(value: Any, name: str) -> Any:
    """A nested mapping as plain dicts and lists, as JSON would give it back."""
    if hasattr(value, "items"):  # a mapping, also ml_collections' that does not call itself one
        return {str(key): _plain(each, f"{name}.{key}") for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(each, name) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if value is None or isinstance(value, str | int | float):
        return value
    raise ValueError(f"{name} is a number, a text, a list or a mapping. Received: {value!r}.")
