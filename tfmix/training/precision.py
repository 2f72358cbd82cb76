"""The precision of a run whose config leaves the choice to the machine."""

import pathlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

PRECISIONS = ("auto", "float32", "mixed_bfloat16")
_CPU = pathlib.Path("/proc/cpuinfo")  # of Linux
_UNITS = {"avx512_bf16", "amx_bf16"}  # its words for units that compute in bfloat16
_NETWORKS = {"DCGANGenerator"}  # whose images were shown to be as good in both; docs/training.md


def chosen(config: Mapping[str, Any]) -> str:
    """The fastest precision in which the networks of a config are known to train as well.

    Args:
        config: From `tfmix.training.config.checked`.

    Returns:
        The config's own unless that is "auto". Then "mixed_bfloat16" for the networks of DCGAN on a
        processor that computes in bfloat16 and has no GPU beside it, and "float32" otherwise.
    """
    if config["precision"] != "auto":
        return config["precision"]
    known = config["generator"]["name"] in _NETWORKS
    fast = _processor_has_bfloat16() and not tf.config.list_physical_devices("GPU")
    return "mixed_bfloat16" if known and fast else "float32"


def _processor_has_bfloat16() -> bool:
    return _CPU.exists() and not _UNITS.isdisjoint(_CPU.read_text().split())
