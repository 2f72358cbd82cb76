"""The configs that there are, as a table."""

import importlib
import pathlib
from collections.abc import Mapping
from typing import Any

_HERE = pathlib.Path(__file__).resolve().parents[2] / "zoo" / "configs"
_NOT_EXPERIMENTS = ("__init__", "base")
_SIZES = (("K", "num_components"), ("D", "latent_dim"))
_HEAD = ("config", "model", "data", "size", "images", "prior", "steps", "what it is")


def names() -> list[str]:
    """Names of the experiments in zoo/configs, sorted."""
    found = sorted(path.stem for path in _HERE.glob("*.py"))
    return [name for name in found if name not in _NOT_EXPERIMENTS]


def table() -> str:
    """A line for each experiment, in columns."""
    lines = [_HEAD, *(_line(name) for name in names())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _line(name: str) -> tuple[str, ...]:
    module = importlib.import_module(f"zoo.configs.{name}")
    config = module.get_config()
    return (
        name,
        config.model,
        config.dataset,
        f"{config.image_size} px" if config.image_size else "own",
        str(config.train_size or "all"),
        _prior(config.prior),
        f"{config.num_steps:,}",
        " ".join(module.__doc__.split()),
    )


def _prior(block: Mapping[str, Any]) -> str:
    if block["name"] == "none":
        return "-"
    counts = [f"{key}={block[k]}" for key, k in _SIZES if k in block]
    return f"{block['name']}({', '.join(counts)})"
