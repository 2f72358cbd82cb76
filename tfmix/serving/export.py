"""A sampler as files: .keras for Python, a SavedModel for TF Serving."""

import os
import pathlib
import re
from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf

from tfmix.files import replacing
from tfmix.models import PixelCNN, Sampler

MAX_ROWS = 4096  # of one request


class _Input(NamedTuple):
    """One input of a signature, a value a row.

    Attributes:
        dtype: Of the values.
        good: Which of them are good, [B] -> bool [B].
        wanted: What a good one is.
    """

    dtype: tf.DType
    good: Callable[[tf.Tensor], tf.Tensor]
    wanted: str


def export(
    sampler: Sampler | PixelCNN, path: str | os.PathLike, clusterer: keras.Model | None = None
) -> pathlib.Path:
    """Writes DIR/<name of DIR>.keras, and a SavedModel DIR/1/, or DIR/2/ where there is a 1.

    Args:
        sampler: What to export.
        path: DIR.
        clusterer: As of `export_saved_model`.

    Returns:
        The folder of the SavedModel.

    Raises:
        ValueError: As of `export_saved_model`; nothing is written.
        OSError: The folder cannot be written to.
    """
    _check_clusterer(clusterer, sampler)
    path = pathlib.Path(path)
    with replacing(path / f"{path.resolve().name}.keras") as beside:
        sampler.save(beside)
    version = path / str(max(_versions(path), default=0) + 1)
    with replacing(version) as beside:
        export_saved_model(sampler, beside, clusterer)
    return version


def export_saved_model(
    sampler: Sampler | PixelCNN, path: str | os.PathLike, clusterer: keras.Model | None = None
) -> None:
    """Writes a SavedModel whose signatures keep no state and treat each row by itself.

    `serving_default`: seed int32 [B] -> images float32 [B, H, W, C] in [0, 1], component int32 [B].
    `sample`: seed, component int32 [B] (-1: draw it), scale float32 [B] -> the same, and latent
    float32 [B, L]. Models that know classes also take and give label int32 [B] (-1: draw it).
    `decode`: latent float32 [B, L] -> images, exactly those of `sample` for that latent.
    `cluster`, where there is a clusterer: images float32 [B, H, W, C] in [0, 1] -> probabilities
    float32 [B, K].

    A model of points gives `points` float32 [B, P], as they are, in place of images. PixelCNN has
    `serving_default` and `sample` alone: seed, temperature float32 [B] and, where it knows classes,
    label -> images and label.

    An input out of range, inputs of different lengths or more than MAX_ROWS rows are answered with
    InvalidArgument and the value.

    Args:
        sampler: What to export.
        path: A folder that is not there yet.
        clusterer: What `tfmix.evaluation.fit_clusterer` made of the sampler, or None.

    Raises:
        ValueError: A clusterer of other images, or of another number of components.
    """
    _check_clusterer(clusterer, sampler)
    endpoints = (_of_pixel_cnn if isinstance(sampler, PixelCNN) else _of_sampler)(sampler)
    archive = keras.export.ExportArchive()
    archive.track(sampler)
    if clusterer is not None:
        archive.track(clusterer)
        endpoints["cluster"] = _cluster(clusterer)
    for name, endpoint in endpoints.items():
        archive.add_endpoint(name, endpoint)
    archive.write_out(str(path), verbose=False)


def _check_clusterer(clusterer: keras.Model | None, sampler: Sampler | PixelCNN) -> None:
    if clusterer is None:
        return
    described = sampler.describe()
    wanted = tuple(described["image_shape"]), described.get("components")
    given = clusterer.input_shape[1:], clusterer.output_shape[-1]
    if given != wanted:
        raise ValueError(
            f"This model's clusterer takes images {list(wanted[0])} to {wanted[1]} components. "
            f"Received: one of {list(given[0])} to {given[1]}."
        )


def _cluster(clusterer: keras.Model) -> Callable:
    @tf.function(input_signature=[_rows("images", tf.float32, *clusterer.input_shape[1:])])
    def cluster(images):
        good = (images >= 0) & (images <= 1)  # NaN is neither
        bad = tf.boolean_mask(images, ~good)
        (images,) = _checked([images], _few(images), (good, "images in [0, 1]", bad))
        probabilities = tf.map_fn(  # row by row, so that a row's bits depend on no other
            lambda image: clusterer(2.0 * image[None] - 1.0, training=False)[0],
            images,
            fn_output_signature=tf.TensorSpec(clusterer.output_shape[1:], tf.float32),
        )
        return {"probabilities": probabilities}

    return cluster


def _of_sampler(sampler: Sampler) -> dict[str, Callable]:
    components, width, labels = sampler.prior.num_components, sampler.latent_dim, sampler.labels

    def served(drawn: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        drawn = dict(drawn)
        images = drawn.pop("images")
        shown = {"images": _to_unit(images)} if images.shape.rank == 4 else {"points": images}
        return {**shown, **drawn}

    def draw(seed, component, scale, label=None):
        label = tf.fill(tf.shape(seed), -1) if label is None else label
        return served(sampler.rows(seed, component, label, scale))

    def default(seed):
        drawn = draw(seed, tf.fill(tf.shape(seed), -1), tf.ones(tf.shape(seed)))
        return {name: drawn[name] for name in drawn if name not in ("latent", "label")}

    @tf.function(input_signature=[_rows("latent", tf.float32, None)])
    def decode(latent):
        shape = tf.shape(latent)
        fits = (shape[1] == width, f"latents of width {width}", shape)
        (latent,) = _checked([latent], _few(latent), fits)
        latent = tf.ensure_shape(latent, [None, width])
        return served({"images": sampler.decode_rows(latent)})

    inputs = {
        "seed": _SEED,
        "component": _Input(
            tf.int32,
            lambda k: (k >= -1) & (k < components),
            f"a component in [-1, {components})",
        ),
        "scale": _Input(
            tf.float32,
            lambda scale: tf.math.is_finite(scale) & (scale >= 0),
            "a finite scale of at least 0",
        ),
    }
    if labels is not None:
        inputs["label"] = _label(labels.num_classes)

    def agree(component, label=None, **_):
        """A component and a class that contradict each other are refused."""
        if labels is None:
            return []
        good = labels.agree(component, label)
        pairs = tf.boolean_mask(tf.stack([component, label], axis=1), ~good)
        wanted = "a component of the class that is asked for, (component, label)"
        return [(good, wanted, tf.reshape(pairs, [-1]))]

    return {
        "serving_default": _signature(default, {"seed": _SEED}),
        "sample": _signature(draw, inputs, agree),
        "decode": decode,
    }


def _of_pixel_cnn(model: PixelCNN) -> dict[str, Callable]:
    def draw(seed, temperature, label=None):
        label = tf.fill(tf.shape(seed), -1) if label is None else label
        drawn = model.rows(seed, label, temperature)
        return {**drawn, "images": _to_unit(drawn["images"])}

    def default(seed):
        return {"images": draw(seed, tf.ones(tf.shape(seed)))["images"]}

    inputs = {
        "seed": _SEED,
        "temperature": _Input(
            tf.float32,
            # Smaller ones are flushed to 0, by which logits cannot be divided.
            lambda t: tf.math.is_finite(t) & (t >= tf.float32.as_numpy_dtype(1.2e-38)),
            "a finite temperature of at least 1.2e-38",
        ),
    }
    if model.num_classes is not None:
        inputs["label"] = _label(model.num_classes)
    return {
        "serving_default": _signature(default, {"seed": _SEED}),
        "sample": _signature(draw, inputs),
    }


_SEED = _Input(tf.int32, lambda seed: tf.ones_like(seed, tf.bool), "a seed")


def _label(num_classes: int) -> _Input:
    wanted = f"a label in [-1, {num_classes})"
    return _Input(tf.int32, lambda label: (label >= -1) & (label < num_classes), wanted)


def _signature(
    draw: Callable, inputs: dict[str, _Input], further: Callable = lambda **_: []
) -> Callable:
    """A function of tensors [B], checked first: lengths, ranges, and what `further` requires."""
    specs = {name: _rows(name, each.dtype) for name, each in inputs.items()}

    @tf.function(input_signature=[specs])
    def checked(values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        lengths = tf.stack([tf.size(value) for value in values.values()])
        # In this order: what compares rows must find as many of each.
        requirements = [
            _few(values["seed"]),
            (lengths == lengths[0], f"{_listed(values)} of one length", lengths),
            *((inputs[k].good(v), inputs[k].wanted, v) for k, v in values.items()),
        ]
        values = dict(zip(values, _checked([*values.values()], *requirements), strict=True))
        tensors = _checked([*values.values()], *further(**values))
        return draw(**dict(zip(values, tensors, strict=True)))

    return checked


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


def _listed(names) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _to_unit(images: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value((images + 1.0) / 2.0, 0.0, 1.0)


def _versions(path: pathlib.Path) -> list[int]:
    return [int(each.name) for each in path.iterdir() if re.fullmatch(r"[1-9]\d*", each.name)]
