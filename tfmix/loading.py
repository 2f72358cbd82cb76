"""Finds and loads models: those that are shipped by name, any other by its path."""

import functools
import json
import os
import pathlib
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tfmix import shipped
from tfmix.models import GAN, PixelCNN, Sampler
from tfmix.serving import SavedSampler

HELP = "A folder of saved_models/ or its name, a workdir, a .keras file or a SavedModel."


def load(model: str | os.PathLike) -> Sampler | PixelCNN | SavedSampler:
    """Loads a model to draw from.

    Args:
        model: The name of a shipped model, such as "gmgan_mnist", or a path to a folder of
            saved_models/, a workdir of training, a .keras file or a SavedModel. A name is looked
            up among the shipped models, never in the current folder.

    Returns:
        A `tfmix.Sampler`, also of a .keras file that holds a whole GAN; a `tfmix.PixelCNN`; or a
        `tfmix.serving.SavedSampler` of a SavedModel.

    Raises:
        ValueError: There is no such model, or its file is damaged or holds something else.
    """
    path = find(model)
    if path.is_dir():
        return SavedSampler(path)
    loaded = read(path)
    sampler = loaded.sampler() if isinstance(loaded, GAN) else loaded
    sampler.provenance = sampler.provenance or _of_run(path)
    return sampler


def _of_run(path: pathlib.Path) -> dict[str, Any]:
    """What a workdir tells of the training of a model in it, its config; nothing elsewhere."""
    config = path.parent / "config.json"
    if not ((path.parent / "checkpoints").is_dir() and config.is_file()):
        return {}
    try:
        found = json.loads(config.read_text())
    except ValueError as error:
        raise ValueError(f"{config} is damaged. Received: {error}") from error
    return {"config": {key: value for key, value in found.items() if key != "data_dir"}}


def read(path: pathlib.Path) -> GAN | Sampler | PixelCNN:
    """Reads a .keras file that `find` gave, a whole GAN as it is.

    Raises:
        ValueError: The file is damaged, or holds something else.
    """
    try:
        loaded = keras.models.load_model(path, compile=False)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"{path} cannot be read as a Keras model ({type(error).__name__}: {first}). "
            "Export or copy it again."
        ) from error
    if not isinstance(loaded, GAN | Sampler | PixelCNN):
        raise ValueError(f"{path} holds a {type(loaded).__name__}, not a model of tfmix.")
    return loaded


def find(model: str | os.PathLike) -> pathlib.Path:
    """Finds the .keras file or the SavedModel's folder that `load` would read.

    Args:
        model: As of `load`.

    Raises:
        ValueError: There is none.
    """
    path = pathlib.Path(model)
    if not os.fspath(model):
        raise ValueError("A model is given by its name or its path. Received: nothing.")
    bare = not os.path.dirname(os.fspath(model)) and path.suffix != ".keras"  # not so ./NAME
    if bare:
        path = shipped.folder("saved_models") / path
    if (path / "saved_model.pb").exists() or path.is_file():
        return path
    for candidate in (path / f"{path.resolve().name}.keras", path / "model.keras"):
        if candidate.is_file():
            return candidate
    missing = f"named {model}; a folder here is ./{model}" if bare else f"at {path}"
    raise ValueError(
        f"There is no model {missing}. A model is given by the path to a folder with a .keras "
        "file, to a .keras file or to a SavedModel, or by the name of a shipped one: "
        f"{', '.join(names()) or 'none is shipped'}."
    )


def names() -> list[str]:
    """Names of the shipped models, sorted."""
    return sorted(path.parent.name for path in shipped.folder("saved_models").glob("*/*.keras"))


def clusterer(path: pathlib.Path) -> Callable[[np.ndarray], np.ndarray] | None:
    """What came with a model to sort images into its components.

    It is the component head of a whole GAN (see `tfmix.MixtureGAN`), as the workdir of a run has
    it, or else what the newest SavedModel at or beside the path offers as `cluster`.

    Args:
        path: Of a model, from `find`.

    Returns:
        A function of images [N, H, W, C] in [-1, 1] that gives their probabilities [N, K], both
        float32; None where there is no clusterer.
    """
    loaded = None if path.is_dir() else read(path)
    head = loaded.clusterer() if isinstance(loaded, GAN) else None
    if head is not None:
        return functools.partial(head.predict, verbose=0)
    saved = with_clusterer(path)
    return saved and saved.cluster


def with_clusterer(path: pathlib.Path) -> SavedSampler | None:
    """The newest SavedModel at or beside a path, where it has a clusterer."""
    newest = newest_saved_model(path)
    saved = newest and SavedSampler(newest)
    return saved if saved and saved.clusters else None


def newest_saved_model(path: pathlib.Path) -> pathlib.Path | None:
    """The newest SavedModel at or beside a path from `find`; None where there is none."""
    saved = [file.parent for file in path.parent.glob("*/saved_model.pb")]
    versions = [each for each in saved if re.fullmatch(r"[1-9]\d*", each.name)]
    return path if path.is_dir() else max(versions, key=lambda v: int(v.name), default=None)
