"""TF-GAN's Inception, on whose features the published scores of colour pictures rest."""

import hashlib
import http.client
import os
import pathlib
import tarfile
import urllib.request
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfmix import files
from tfmix.evaluation.extractors.network import Network, in_one_line

# As in TF-GAN's inception_metrics.py, which cannot be imported without all of TF-Hub.
HANDLE = "https://tfhub.dev/tensorflow/tfgan/eval/inception/1"
_LOGITS, _POOL, _SIZE = "logits", "pool_3", 299

_SIGNATURES = ("serving_default", "default")
_BATCH = 64  # 256 images of 299 x 299 would take gigabytes in the first convolutions
_PATIENCE = 10  # seconds that a server may be silent


def inception(handle_or_path: str) -> tuple[Network, str]:
    """Loads a SavedModel of the interface of TF-GAN's Inception.

    Args:
        handle_or_path: A folder, or a TF-Hub handle that begins with http; what it leads to is kept
            in TFHUB_CACHE_DIR, or else in ~/.cache/tfhub_modules. The SavedModel, or its signature
            "serving_default" or "default", takes images float32 [N, H, W, 3] in [-1, 1] (299 x 299
            unless it says otherwise) and gives a dict with "logits" [N, K] and "pool_3" [N, F]. As
            in TF-GAN, both are flattened, and classes are a softmax over all K.

    Returns:
        The network, and the SHA-256 in hexadecimal of the folder: of the sorted relative names of
        all its files, each with the SHA-256 of its contents.

    Raises:
        OSError: The handle cannot be downloaded, or no SavedModel is in the folder.
        ValueError: The SavedModel cannot be read or has another interface.
    """
    if handle_or_path.startswith(("http://", "https://")):
        folder = _downloaded(handle_or_path)
    else:
        folder = pathlib.Path(handle_or_path).expanduser()
    if not tf.saved_model.contains_saved_model(folder):
        raise FileNotFoundError(f"Inception is a folder with a SavedModel. None is in {folder}.")
    return _network(folder), _sha256(folder)


def _downloaded(handle: str) -> pathlib.Path:
    # Laid out as TF-Hub's cache is, so that one copy serves TF-GAN, too. tensorflow_hub itself
    # would wait for a silent server without end, and imports pkg_resources and Keras 2.
    cache = pathlib.Path(os.environ.get("TFHUB_CACHE_DIR", "~/.cache/tfhub_modules"))
    folder = cache.expanduser() / hashlib.sha1(handle.encode()).hexdigest()
    if tf.saved_model.contains_saved_model(folder):
        return folder
    archive = f"{handle}?tf-hub-format=compressed"
    try:
        with (
            urllib.request.urlopen(archive, timeout=_PATIENCE) as answer,
            tarfile.open(fileobj=answer, mode="r|gz") as packed,
            files.atomic_write(folder) as beside,
        ):
            packed.extractall(beside, filter="data")
    except (OSError, EOFError, http.client.HTTPException, tarfile.TarError, zlib.error) as error:
        raise OSError(
            f"Inception cannot be downloaded here from {handle} ({in_one_line(error)}). With a "
            "local copy of its SavedModel, --extractor=inception:PATH does without."
        ) from error
    return folder


def _network(folder: pathlib.Path) -> Network:
    try:
        loaded = tf.saved_model.load(folder)
    # TensorFlow raises whatever the broken part does: parse, key and op errors among them.
    except Exception as error:
        raise ValueError(
            "Inception is a SavedModel that TensorFlow can read. "
            f"Received: {folder} ({in_one_line(error)})."
        ) from error
    found = []
    for name, call, specs in _calls(loaded):
        height, width = _image_size(specs)
        try:
            outputs = call(tf.zeros([1, height, width, 3]))
        except (TypeError, ValueError, tf.errors.OpError) as error:
            found.append(f"{name}, which takes no images ({in_one_line(error)})")
            continue
        if isinstance(outputs, Mapping) and {_LOGITS, _POOL} <= outputs.keys():
            return Network(
                image_shape=(height, width, 3),
                feature_width=_flat(outputs[_POOL]).shape[1],
                num_classes=_flat(outputs[_LOGITS]).shape[1],
                see=lambda images, call=call: _seen(call(tf.constant(images))),
                logits=lambda outputs: outputs["logits"],
                batch_size=_BATCH,
                any_size=True,
            )
        shapes = tf.nest.map_structure(lambda each: list(each.shape), outputs)
        found.append(f"{name}, which gives {shapes}")
    raise ValueError(
        f"Inception takes images [N, H, W, 3] and gives a dict with {_LOGITS!r} and {_POOL!r}. "
        f"Received: {folder}, with {'; '.join(found) or 'nothing that can be called'}."
    )


def _calls(loaded: Any) -> Iterator[tuple[str, Callable[[tf.Tensor], Any], list[tf.TensorSpec]]]:
    """What can be called in a SavedModel: its name, it, and its inputs as far as it names them."""
    if callable(loaded):
        traces = getattr(loaded.__call__, "concrete_functions", [])
        inputs = [trace.structured_input_signature for trace in traces]
        yield "a call", loaded, tf.nest.flatten(inputs)
    for name in _SIGNATURES:
        if name in loaded.signatures:
            signature = loaded.signatures[name]
            _, inputs = signature.structured_input_signature
            yield f"signature {name!r}", _by_keyword(signature, inputs), tf.nest.flatten(inputs)


def _by_keyword(signature: Callable[..., Any], inputs: Mapping[str, Any]) -> Callable:
    """A signature of one input, which it only takes by name, as a function of it."""
    return lambda images: signature(**dict.fromkeys(inputs, images))


def _image_size(specs: list[Any]) -> tuple[int, int]:
    for spec in specs:
        if isinstance(spec, tf.TensorSpec) and spec.shape.rank == 4 and None not in spec.shape[1:3]:
            return tuple(spec.shape[1:3])
    return _SIZE, _SIZE


def _seen(outputs: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {"features": _flat(outputs[_POOL]), "logits": _flat(outputs[_LOGITS])}


def _flat(tensor: tf.Tensor) -> np.ndarray:
    return tf.reshape(tensor, [tensor.shape[0], -1]).numpy()


def _sha256(folder: pathlib.Path) -> str:
    digest = hashlib.sha256()
    inside = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    for name in sorted(name for name, path in inside.items() if path.is_file()):
        with inside[name].open("rb") as file:
            contents = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{name}\0{contents}\n".encode())
    return digest.hexdigest()
