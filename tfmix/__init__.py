"""Generative adversarial networks whose latent prior is a mixture.

Importing the package registers every class with Keras, so that `keras.models.load_model` finds it.
`data`, `evaluation`, `metrics` and `training`, which a model needs for nothing, are imported when
they are first named.
"""

import importlib
from types import ModuleType

from tfmix import augment, losses, networks, priors, schedules, seeds, serving
from tfmix.loading import load
from tfmix.models import ACGAN, GAN, GMGAN, TGAN, DeLiGAN, PixelCNN, Sampler, SupervisedGMGAN
from tfmix.pictures import grid

__version__ = "0.1.0"

__all__ = [
    "ACGAN",
    "GAN",
    "GMGAN",
    "TGAN",
    "DeLiGAN",
    "PixelCNN",
    "Sampler",
    "SupervisedGMGAN",
    "augment",
    "data",
    "evaluation",
    "grid",
    "load",
    "losses",
    "metrics",
    "networks",
    "priors",
    "schedules",
    "seeds",
    "serving",
    "training",
]

_WHEN_NAMED = ("data", "evaluation", "metrics", "training")


def __getattr__(name: str) -> ModuleType:
    if name in _WHEN_NAMED:
        return importlib.import_module(f"tfmix.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
