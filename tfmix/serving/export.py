"""A sampler as files: .keras for Python, a SavedModel for TF Serving."""

import os
import pathlib
import re

import keras
import tensorflow as tf

from tfmix.files import replacing
from tfmix.models import Sampler

MAX_ROWS = 4096  # of one request


def export(sampler: Sampler, path: str | os.PathLike) -> pathlib.Path:
    """Writes DIR/<name of DIR>.keras, and a SavedModel DIR/1/, or DIR/2/ where there is a 1.

    Args:
        sampler: What to export.
        path: DIR.

    Returns:
        The folder of the SavedModel.

    Raises:
        OSError: The folder cannot be written to.
    """
    path = pathlib.Path(path)
    with replacing(path / f"{path.resolve().name}.keras") as beside:
        sampler.save(beside)
    version = path / str(max(_versions(path), default=0) + 1)
    with replacing(version) as beside:
        export_saved_model(sampler, beside)
    return version


def export_saved_model(sampler: Sampler, path: str | os.PathLike) -> None:
    """Writes a SavedModel whose signatures keep no state and treat each row by itself.

    `serving_default`: seed int32 [B] -> images float32 [B, H, W, C] in [0, 1], component int32 [B].
    `sample`: seed, component int32 [B] (-1: draw it), scale float32 [B] -> the same, and latent
    float32 [B, L].
    `decode`: latent float32 [B, L] -> images, exactly those of `sample` for that latent.

    An input out of range, inputs of different lengths or more than MAX_ROWS rows are answered with
    InvalidArgument and the value.

    Args:
        sampler: What to export.
        path: A folder that is not there yet.
    """
    components, width = sampler.prior.num_components, sampler.prior.latent_dim

    @tf.function(input_signature=[_rows("seed", tf.int32)])
    def serving_default(seed):
        (seed,) = _checked([seed], _few(seed))
        drawn = sampler.rows(seed, tf.fill(tf.shape(seed), -1), tf.ones(tf.shape(seed)))
        return {"images": _to_unit(drawn["images"]), "component": drawn["component"]}

    @tf.function(
        input_signature=[
            _rows("seed", tf.int32),
            _rows("component", tf.int32),
            _rows("scale", tf.float32),
        ]
    )
    def sample(seed, component, scale):
        lengths = tf.stack([tf.size(seed), tf.size(component), tf.size(scale)])
        seed, component, scale = _checked(
            [seed, component, scale],
            _few(seed),
            (lengths == lengths[0], "seed, component and scale of one length", lengths),
            (
                (component >= -1) & (component < components),
                f"a component in [-1, {components})",
                component,
            ),
            (tf.math.is_finite(scale) & (scale >= 0), "a finite scale of at least 0", scale),
        )
        drawn = sampler.rows(seed, component, scale)
        return {**drawn, "images": _to_unit(drawn["images"])}

    @tf.function(input_signature=[_rows("latent", tf.float32, None)])
    def decode(latent):
        shape = tf.shape(latent)
        fits = (shape[1] == width, f"latents of width {width}", shape)
        (latent,) = _checked([latent], _few(latent), fits)
        return {"images": _to_unit(sampler.decode_rows(tf.ensure_shape(latent, [None, width])))}

    archive = keras.export.ExportArchive()
    archive.track(sampler)
    for endpoint in (serving_default, sample, decode):
        archive.add_endpoint(endpoint.python_function.__name__, endpoint)
    archive.write_out(str(path), verbose=False)


def _rows(name: str, dtype: tf.DType, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec([None, *shape], dtype, name=name)


def _few(rows: tf.Tensor) -> tuple[tf.Tensor, str, tf.Tensor]:
    number = tf.shape(rows)[0]
    return number <= MAX_ROWS, f"at most {MAX_ROWS} rows", number


def _checked(
    tensors: list[tf.Tensor], *requirements: tuple[tf.Tensor, str, tf.Tensor]
) -> list[tf.Tensor]:
    """Passes tensors on once every requirement (condition, what is wanted, value) holds."""
    asserts = [
        tf.debugging.Assert(tf.reduce_all(condition), [f"Wanted {wanted}. Received:", value])
        for condition, wanted, value in requirements
    ]
    with tf.control_dependencies(asserts):  # else a graph is free to fail elsewhere first
        return [tf.identity(each) for each in tensors]


def _to_unit(images: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value((images + 1.0) / 2.0, 0.0, 1.0)


def _versions(path: pathlib.Path) -> list[int]:
    return [int(each.name) for each in path.iterdir() if re.fullmatch(r"[1-9]\d*", each.name)]
