"""A table of the configs that come with the package."""

from collections.abc import Mapping
from typing import Any

from tfmix.evaluation import tables
from tfmix.programs import presets

_HEAD = ("config", "model", "data", "size", "images", "prior", "steps", "what it is")


def table() -> str:
    """One line for each config, in columns."""
    return tables.aligned([_HEAD, *(_line(name) for name in presets.names())])


def _line(name: str) -> tuple[str, ...]:
    config = presets.get(name)
    return (
        name,
        config.model.name,
        config.dataset,
        f"{config.image_size} px" if config.image_size else "own",
        str(config.train_size or "all"),
        _prior(config.prior),
        f"{config.num_steps:,}",
        presets.about(name),
    )


def _prior(block: Mapping[str, Any]) -> str:
    if block["name"] == "none":
        return "-"
    sizes = (("K", "num_components"), ("D", "latent_dim"))
    counts = [f"{letter}={block[key]}" for letter, key in sizes if key in block]
    return f"{block['name']}({', '.join(counts)})"
