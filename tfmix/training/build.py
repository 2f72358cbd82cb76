"""Builds the model that a training config describes."""

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tfmix import models, networks, priors, schedules, seeds
from tfmix.checks import one_of
from tfmix.models.critic import Critic
from tfmix.training import config as configs
from tfmix.training import precision

_PRIOR, _GENERATOR, _DISCRIMINATOR, _NOISE = range(4)  # parts that config["seed"] governs


def build(
    config: Mapping[str, Any], shape: tuple[int, ...], class_weights: Sequence[float] | None = None
) -> models.GAN | models.PixelCNN:
    """Makes the model that a config describes, compiled.

    Args:
        config: From `tfmix.training.config.checked`.
        shape: (H, W, C) of the training images, or (P,) of points.
        class_weights: Share of each class in the training data, [C]; None without labels.

    Returns:
        A GAN or a model derived from it, or a PixelCNN.

    Raises:
        ValueError: A block names no class, or gives arguments that its class does not take, or a
            model that learns classes gets data without labels.
    """
    model = configs.MODELS[config["model"]["name"]]
    if model is models.PixelCNN:
        return _pixel_cnn(config, tuple(shape), class_weights and len(class_weights))
    return _gan(model, config, tuple(shape), class_weights)


def _gan(
    model: type[models.GAN],
    config: Mapping[str, Any],
    shape: tuple[int, ...],
    class_weights: Sequence[float] | None,
) -> models.GAN:
    seed, dtype, is_images = config["seed"], precision.chosen(config), len(shape) == 3
    if "num_classes" in _parameters(model)[1] and class_weights is None:
        raise ValueError(
            f"{model.__name__} learns classes, and {config['dataset']} has no labels. Choose a "
            "model without classes, such as GMGAN, or data with labels."
        )
    known = _classes(priors, priors.Prior)
    prior = _make("prior", known, config["prior"], seed=seeds.spawn(seed, _PRIOR))
    num_classes = None if class_weights is None else len(class_weights)
    arguments = {
        "prior": prior,
        "generator": None,
        "discriminator": None,
        "num_classes": num_classes,
        "class_weights": class_weights,
        "ema_momentum": config["ema_momentum"] or None,
        "seed": seeds.spawn(seed, _NOISE),
    }
    block, itself = _with_schedules(config["model"], config["num_steps"]), {model.__name__: model}
    _check_block("model", itself, block, arguments)
    given = {"packing": 1, **_without_name(block)}
    packing = given["packing"]
    outputs = model.discriminator_outputs(num_classes, prior=prior, **given)
    packed = (*shape[:-1], shape[-1] * packing)
    known = _classes(networks, keras.Model)
    arguments["generator"] = _make(
        *("generator", known, config["generator"]),
        input_dim=prior.latent_dim + model.code_width(num_classes, **_without_name(block)),
        **({"image_shape": shape} if is_images else {"output_dim": shape[-1]}),
        dtype=dtype,
        seed=seeds.spawn(seed, _GENERATOR),
    )
    arguments["discriminator"] = _make(
        *("discriminator", known, config["discriminator"]),
        **({"image_shape": packed} if is_images else {"input_dim": packed[-1]}),
        num_outputs=outputs.pop("logit"),
        num_classes=outputs.pop("class_logits", None),
        heads=outputs or None,
        dtype=dtype,
        seed=seeds.spawn(seed, _DISCRIMINATOR),
    )
    gan = _make("model", itself, block, **arguments)
    rates = _rates(config["optimizer"])
    shares = gan.generator_steps, gan.discriminator_steps  # of the updates of a step
    if gan.balance != "none":  # either may take all, and no rate is to end before the run does
        shares = [sum(shares)] * 2
    updates = [config["num_steps"] * share for share in shares]
    optimizers = [
        _optimizer("optimizer", config["optimizer"], count, rate)
        for count, rate in zip(updates, rates, strict=True)
    ]
    if config["prior_optimizer"] != {"name": "none"}:
        own = config["prior_optimizer"]
        optimizers.append(_optimizer("prior_optimizer", own, updates[0], _rates(own)[0]))
    gan.compile(*optimizers)
    return gan


def _with_schedules(block: Mapping[str, Any], num_steps: int) -> dict[str, Any]:
    """A block `model` whose penalties that have a first and a last value are schedules."""
    block = dict(block)
    for name in ("r1_penalty", "r2_penalty"):
        if isinstance(block.get(name), Sequence):
            block[name] = schedules.between(f"model.{name}", block[name], num_steps)
    return block


def _pixel_cnn(
    config: Mapping[str, Any], shape: tuple[int, ...], known_classes: int | None
) -> models.PixelCNN:
    for key in ("prior", "generator", "discriminator", "prior_optimizer"):
        if config[key] != {"name": "none"}:
            raise ValueError(
                f"PixelCNN has no {key}: the block is {{'name': 'none'}} alone. "
                f"Received: {config[key]}."
            )
    if momentum := config["ema_momentum"]:
        raise ValueError(f"PixelCNN keeps no average: ema_momentum is 0. Received: {momentum}.")
    num_classes = config["model"].get("num_classes")
    if num_classes not in (None, known_classes):
        raise ValueError(
            f"model.num_classes is that of {config['dataset']}, {known_classes}, or is left out. "
            f"Received: {num_classes}."
        )
    pixel_cnn = _make(
        *("model", {"PixelCNN": models.PixelCNN}, config["model"]),
        image_shape=shape,
        provenance=None,
        dtype=precision.chosen(config),
        seed=seeds.spawn(config["seed"], _GENERATOR),
    )
    rate, _ = _rates(config["optimizer"])
    pixel_cnn.compile(_optimizer("optimizer", config["optimizer"], config["num_steps"], rate))
    return pixel_cnn


def _make(part: str, known: dict[str, type], block: Mapping[str, Any], **offered: Any) -> Any:
    """Calls the class that a block names with its entries, and with what it takes of `offered`."""
    taken = _check_block(part, known, block, offered)
    offered = {key: value for key, value in offered.items() if key in taken}
    name, arguments = block["name"], _without_name(block)
    try:
        return known[name](**offered, **arguments)
    except TypeError as error:  # such as a text in place of a number
        raise ValueError(f"{name} cannot be made of {arguments}: {error}.") from error


def _check_block(
    part: str, known: Mapping[str, type], block: Mapping[str, Any], offered: Mapping[str, Any]
) -> set[str]:
    """Checks that a block names a class and gives its arguments; returns the names of all."""
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
            kinds = ("images", "points")
            kind, other = kinds if "image_shape" in missing else kinds[::-1]
            raise ValueError(f"{name} is a network for {kind}, and the data are {other}.")
        raise ValueError(f"{name} needs {', '.join(sorted(missing))} in the block {part}.")
    return taken


def _parameters(cls: type) -> tuple[set[str], set[str]]:
    """Names of a class's arguments, its bases' keywords among them: all, and the required ones."""
    definers = [
        base
        for base in (*cls.__mro__, *[Critic] * issubclass(cls, models.GAN))
        if base.__module__.startswith("tfmix.") and "__init__" in vars(base)
    ]
    parameters = dict(inspect.signature(definers[0]).parameters)
    for base in definers:
        own = inspect.signature(base).parameters.items()
        parameters |= {name: each for name, each in own if each.kind is each.KEYWORD_ONLY}
    for key in ("kwargs", "name"):  # a block's name is that of its class
        parameters.pop(key, None)
    return set(parameters), {n for n, each in parameters.items() if each.default is each.empty}


def _classes(module: Any, base: type) -> dict[str, type]:
    members = {name: getattr(module, name) for name in module.__all__ if name != "Prior"}
    classes = {name: each for name, each in members.items() if isinstance(each, type)}
    return {name: each for name, each in classes.items() if issubclass(each, base)}


def _rates(block: Mapping[str, Any]) -> tuple[Any, Any]:
    """The generator's and the discriminator's learning rates."""
    rate = block.get("learning_rate", 1e-3)
    return rate, block.get("discriminator_learning_rate") or rate


def _optimizer(
    part: str, block: Mapping[str, Any], num_updates: int, rate: Any
) -> keras.optimizers.Optimizer:
    name, arguments = block["name"], _without_name(block)
    cls = getattr(keras.optimizers, str(name), None)
    if not (isinstance(cls, type) and issubclass(cls, keras.optimizers.Optimizer)):
        raise ValueError(f"{part}.name is one of Keras's, such as Adam. Received: {name!r}.")
    schedule = {key: arguments.pop(key) for key in ("schedule", "hold") if key in arguments}
    if arguments.pop("discriminator_learning_rate", None) and part != "optimizer":
        raise ValueError(
            f"discriminator_learning_rate stands in the block optimizer. Received: in {part}."
        )
    arguments["learning_rate"] = rate
    if unknown := arguments.keys() - inspect.signature(cls).parameters.keys():
        raise ValueError(f"{name} takes no {', '.join(sorted(unknown))}; see keras.optimizers.")
    beta_2 = arguments.get("beta_2")
    if isinstance(beta_2, Sequence):
        if cls is not keras.optimizers.Adam:
            raise ValueError(f"{part}.beta_2 of two values is Adam's. Received: {name}.")
        arguments["beta_2"] = schedules.between(f"{part}.beta_2", beta_2, num_updates)
        cls = schedules.ScheduledAdam
    given = [(key, v) for key, v in arguments.items() if not callable(v)]
    given += [("beta_2", v) for v in beta_2] if isinstance(beta_2, Sequence) else []
    for key, value in given:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if key == "learning_rate" and not (number and 0 < value < math.inf):
            raise ValueError(f"{part}.{key} is finite and above 0. Received: {value!r}.")
        if key.startswith("beta_") and not (number and 0 <= value < 1):
            raise ValueError(f"{part}.{key} lies in [0, 1). Received: {value!r}.")
    return cls(**{**arguments, "learning_rate": schedules.make(rate, num_updates, **schedule)})


def _without_name(block: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in block.items() if key != "name"}
