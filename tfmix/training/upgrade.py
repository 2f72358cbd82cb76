"""Reads training configs that earlier versions wrote."""

from collections.abc import Mapping
from typing import Any


def upgraded(config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a config in this version's form.

    Earlier versions named the model apart from its arguments, which stood in a block `loss`, or for
    a PixelCNN in the block `generator`. In this example "model" becomes
    {"name": "DeLiGAN", "loss": "hinge", "sigma_penalty": 0.3}, and the block "loss" goes:

        {"model": "DeLiGAN", "loss": {"name": "hinge", "sigma_penalty": 0.3}, ...}

    Args:
        config: A config of this version, which is returned as it is, or of an earlier one.
    """
    config = dict(config)
    if not (isinstance(config.get("model"), str) and isinstance(config.get("loss"), Mapping)):
        return config
    loss = dict(config.pop("loss"))
    if loss == {"name": "likelihood"}:  # PixelCNN's, which has no other
        config["model"], config["generator"] = config["generator"], {"name": "none"}
    else:
        name = {"loss": loss.pop("name")} if "name" in loss else {}
        config["model"] = {"name": config["model"], **name, **loss}
    return config
