"""The keys of a training config, what they may be, and which of them a resumed run may change."""

import inspect
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfmix import models, seeds
from tfmix.checks import one_of, positive_int
from tfmix.models.critic import Critic
from tfmix.training.precision import PRECISIONS
from tfmix.training.upgrade import upgraded

# Values of keys that may be left out: the first runs were written before these keys came.
DEFAULTS = {
    **{"evaluate_every": 0, "validation_size": 1_000, "extractor": "", "init_from": ""},
    **{"prior_optimizer": {"name": "none"}, "train_choice": "random"},
}
_BLOCKS = ("model", "prior", "generator", "discriminator", "optimizer", "prior_optimizer")
_COUNTS = ("batch_size", "num_steps", "checkpoint_every", "sample_every", "log_every")
KEYS = {
    *(*DEFAULTS, *_BLOCKS, *_COUNTS, "channels", "data_dir", "dataset", "ema_momentum"),
    *("image_size", "precision", "seed", "strategy", "train_size"),
}
MODELS = {
    name: member
    for name, member in vars(models).items()
    if isinstance(member, type) and issubclass(member, models.GAN | models.PixelCNN)
}
FREE_TO_DIFFER = {"data_dir", "log_every", "sample_every", "checkpoint_every", "strategy"}
_LEAST = {"evaluate_every": 0, "validation_size": 6}  # coverage looks at 5 neighbours


def checked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config as a plain dict, in this version's form.

    Args:
        config: Any nested mapping with the keys of KEYS, of which those of DEFAULTS may be left
            out; `tfmix/programs/presets.py` says what each means. One that an earlier version wrote
            is taken too.

    Raises:
        ValueError: Keys that are unknown or missing, or values outside their range.
    """
    if not hasattr(config, "items"):
        raise ValueError(f"A config is a mapping. Received: {config!r}.")
    config = {**DEFAULTS, **upgraded(_plain(config, "config"))}
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
            wanted = f"{key} is a mapping with a name and arguments."
            raise ValueError(f"{wanted} Received: {config[key]!r}.")
    one_of("model.name", config["model"]["name"], MODELS)
    if config["prior_optimizer"]["name"] == "none":  # whatever is set beside it
        config["prior_optimizer"] = {"name": "none"}
    if config["model"].get("frozen_layers") and not config["init_from"]:
        raise ValueError(
            "model.frozen_layers holds layers that were trained before: name their model with "
            f"init_from. Received: frozen_layers={config['model']['frozen_layers']}."
        )
    if config["init_from"] and config["model"]["name"] == "PixelCNN":
        raise ValueError("init_from is for GANs. Received: model.name=PixelCNN.")
    momentum = config["ema_momentum"] or 0.0
    if not (isinstance(momentum, float) and 0 <= momentum < 1):
        raise ValueError(f"ema_momentum lies in [0, 1); 0: no average. Received: {momentum!r}.")
    one_of("train_choice", config["train_choice"], ("random", "last"))
    if config["train_choice"] == "last" and (config["evaluate_every"] or not config["train_size"]):
        raise ValueError(
            "train_choice='last' takes the last images of each class, train_size of them, and "
            f"holds none out. Received: train_size={config['train_size']}, "
            f"evaluate_every={config['evaluate_every']}."
        )
    one_of("precision", config["precision"], PRECISIONS)
    one_of("strategy", config["strategy"], ("none", "mirrored"))
    seeds.check(config["seed"])
    packing = positive_int("model.packing", config["model"].get("packing", 1))
    if config["batch_size"] % packing:
        raise ValueError(
            f"A batch is made of whole packs: batch_size is a multiple of model.packing={packing}. "
            f"Received: batch_size={config['batch_size']}."
        )
    return config


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Names the keys whose values keep a run from being resumed with another config.

    Args:
        old: Config that the run was started with, from `checked`.
        new: Config to resume it with, from `checked`.

    Returns:
        Dotted names, such as "prior.num_components"; none where the run may be resumed.
    """
    names, free = [], FREE_TO_DIFFER | _free_of_evaluation(old, new)
    if old.get("init_from"):  # a run that has started does not read it again
        free |= {"init_from"}
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if key in free or before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            defaults = _model_defaults(before["name"]) if key == "model" else {}
            for name in sorted(before.keys() | after.keys()):
                values = [each.get(name, defaults.get(name)) for each in (before, after)]
                was, now = ("" if value is None else value for value in values)  # both say none
                names += [f"{key}.{name}"] * (was != now)
        else:
            names.append(key)
    return names


def follows_length(config: Mapping[str, Any]) -> bool:
    """Whether a rate, a beta_2 or a penalty of a checked config changes up to its last step."""
    optimizers = [config["optimizer"], config["prior_optimizer"]]
    pairs = [each.get("beta_2") for each in optimizers]
    pairs += [config["model"].get(name) for name in ("r1_penalty", "r2_penalty")]
    schedules = {each.get("schedule", "constant") for each in optimizers}
    return schedules != {"constant"} or any(isinstance(each, list) for each in pairs)


def _model_defaults(name: str) -> dict[str, Any]:
    """Values of a model's arguments where they are not given, as in runs older than an argument."""
    defaults = {}
    bases = [each for each in reversed(MODELS[name].__mro__) if "__init__" in vars(each)]
    for cls in (Critic, *(each for each in bases if each.__module__.startswith("tfmix."))):
        for key, parameter in inspect.signature(cls).parameters.items():
            defaults[key] = None if parameter.default is parameter.empty else parameter.default
    return defaults


def _free_of_evaluation(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Keys of validation that may differ.

    While it is on, that is how often it comes. While it is off, it is its settings. To turn it on
    or off changes the training images, and another extractor's KID is on another scale.
    """
    on = {bool(each["evaluate_every"]) for each in (old, new)}
    if len(on) == 2:
        return set()
    return {"evaluate_every"} if on == {True} else {"validation_size", "extractor"}


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
