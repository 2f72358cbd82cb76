"""Finds the model that --model names."""

import pathlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tfmix

SHIPPED = pathlib.Path(__file__).resolve().parents[1] / "saved_models"
HELP = "A folder of saved_models/ or its name, a workdir, a .keras file or a SavedModel."


def find(name: str) -> pathlib.Path:
    """Finds the .keras file or the SavedModel's folder that a name stands for.

    Args:
        name: A path, or the bare name of a folder of the repository's saved_models/.

    Raises:
        ValueError: There is none.
    """
    path = pathlib.Path(name)
    if not name:
        raise ValueError("--model names a model. Received: nothing.")
    if len(path.parts) == 1 and path.suffix != ".keras":
        path = SHIPPED / name
    if (path / "saved_model.pb").exists() or path.is_file():
        return path
    for candidate in (path / f"{path.resolve().name}.keras", path / "model.keras"):
        if candidate.is_file():
            return candidate
    shipped = sorted(each.parent.name for each in SHIPPED.glob("*/*.keras"))
    raise ValueError(
        f"There is no model at {path}. --model takes a path to a folder with a .keras file, "
        f"a .keras file or a SavedModel, or a name: {', '.join(shipped) or 'none is shipped'}."
    )


def load(name: str) -> "tfmix.Sampler | tfmix.PixelCNN | tfmix.serving.SavedSampler":
    """Loads what a name stands for; call `command_line.import_tfmix` before.

    Raises:
        ValueError: There is no such model, or its file is damaged or something else.
    """
    import keras

    import tfmix

    path = find(name)
    if path.is_dir():
        return tfmix.serving.SavedSampler(path)
    try:
        model = keras.models.load_model(path, compile=False)
    # Keras raises whatever the broken part does: zip, JSON, HDF5 and type errors among them.
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"{path} cannot be read as a Keras model ({type(error).__name__}: {first}). "
            "Export or copy it again."
        ) from error
    if isinstance(model, tfmix.GAN):
        return model.sampler()
    if not isinstance(model, tfmix.Sampler | tfmix.PixelCNN):
        raise ValueError(f"{path} holds a {type(model).__name__}, not a model of tfmix.")
    return model


def with_clusterer(path: pathlib.Path) -> "tfmix.serving.SavedSampler | None":
    """The newest SavedModel at or beside a path, where it has a clusterer."""
    import tfmix

    versions = [
        each
        for each in path.parent.iterdir()
        if re.fullmatch(r"[1-9]\d*", each.name) and (each / "saved_model.pb").exists()
    ]
    newest = path if path.is_dir() else max(versions, key=lambda v: int(v.name), default=None)
    saved = newest and tfmix.serving.SavedSampler(newest)
    return saved if saved and saved.clusters else None
