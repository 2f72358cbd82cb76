"""The functions that a SavedModel offers: rows in, rows out, no state.

Row r of the outputs depends on row r of the inputs alone. So a server may batch requests as it
likes, and two servers give the same images.
"""

import functools
import math
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from tfmix.models import PixelCNN, Sampler
from tfmix.models.blocks import in_blocks
from tfmix.sampling import PARAMETERS

MAX_ROWS = 4096  # of one request
_SHOWN = 6  # values that an error names


def signatures_of(
    sampler: Sampler | PixelCNN, clusterer: keras.Model | None = None
) -> dict[str, Callable]:
    """Functions of tensors by the names of their signatures; see `export_saved_model`."""
    parameters, labels = sampler.sampling_parameters, getattr(sampler, "labels", None)

    def draw(**inputs):
        drawn = dict(sampler.draw_rows(**inputs))
        if "scale" in inputs:
            wanted = "scales at which images are finite"
            drawn["images"] = _finite(drawn["images"], wanted, inputs["scale"])
        return _served(drawn)

    def default(seed):
        shape = tf.shape(seed)
        drawn = draw(seed=seed, **{n: tf.fill(shape, PARAMETERS[n].neutral) for n in parameters})
        return {name: drawn[name] for name in drawn if name not in ("latent", "label")}

    def png(**inputs):
        whole = tf.cast(tf.round(255.0 * draw(**inputs)["images"]), tf.uint8)
        return {"png_bytes": tf.io.encode_png(whole)}

    def agree(component=None, label=None, **_):
        """Refuses a component and a class that contradict each other."""
        if labels is None:
            return []
        wanted = "a component of the class that is asked for, (component, label)"
        pairs = tf.stack([component, label], axis=1)
        return [_each(labels.agree(component, label), wanted, pairs)]

    sample = _signature(draw, parameters, agree)
    functions = {"serving_default": _signature(default, {}), "sample": sample}
    if sampler.latent_dim is not None:
        functions |= _of_latents(sampler)
        if len(sampler.generator.output_shape) == 4:  # of points there is no picture
            functions["sample_png"] = _signature(png, parameters, agree)
    if clusterer is not None:
        functions["cluster"] = _cluster(clusterer)
    return functions


def _cluster(clusterer: keras.Model) -> Callable:
    @_function(_rows("images", tf.float32, *clusterer.input_shape[1:]))
    def cluster(images):
        good = (images >= 0) & (images <= 1)  # NaN is neither
        (images,) = _checked([images], _few(images), _each(good, "images in [0, 1]", images))
        classify = functools.partial(clusterer, training=False)
        spec = tf.TensorSpec(clusterer.output_shape[1:])
        return {"probabilities": in_blocks(classify, (2.0 * images - 1.0,), spec)}

    return cluster


def _of_latents(sampler: Sampler) -> dict[str, Callable]:
    components, width = sampler.prior.num_components, sampler.latent_dim

    @_function(_rows("latent", tf.float32, None))
    def decode(latent):
        latent = _latents(latent, width)
        largest = tf.reduce_max(tf.abs(latent), axis=1)
        wanted = "latents of which images are finite, the largest value of each"
        return _served({"images": _finite(sampler.decode_rows(latent), wanted, largest)})

    @_function(_rows("latent", tf.float32, None))
    def posterior(latent):
        z = _latents(latent, width)[:, : sampler.prior.latent_dim]
        return {
            "probabilities": in_blocks(sampler.prior.posterior, (z,), tf.TensorSpec([components]))
        }

    return {"decode": decode, "posterior": posterior}


def _served(drawn: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """What was drawn, with images in [0, 1] or points by that name."""
    images = drawn["images"]
    shown = {"images": _to_unit(images)} if images.shape.rank == 4 else {"points": images}
    return {**shown, **{name: drawn[name] for name in drawn if name != "images"}}


def _signature(
    draw: Callable, parameters: Mapping[str, int | None], further: Callable = lambda **_: []
) -> Callable:
    """`draw` of tensors [B], checked first: lengths, ranges, and what `further` requires."""
    of = {PARAMETERS[name]: count for name, count in parameters.items()}
    specs = {each.name: _rows(each.name, tf.as_dtype(each.dtype)) for each in of}
    specs = {"seed": _rows("seed", tf.int32), **specs}

    @_function(specs)
    def checked(values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        lengths = tf.stack([tf.size(value) for value in values.values()])
        # In this order: what compares rows must find as many of each.
        requirements = [
            _few(values["seed"]),
            (lengths == lengths[0], f"{_listed(values)} of one length", lengths),
        ]
        for each, count in of.items():
            given = values[each.name]
            requirements.append(_each(each.good(given, count), each.wanted(count), given))
        values = dict(zip(values, _checked([*values.values()], *requirements), strict=True))
        tensors = _checked([*values.values()], *further(**values))
        return draw(**dict(zip(values, tensors, strict=True)))

    return checked


def _function(inputs) -> Callable:
    """Decorates what becomes a signature; there is no Python control flow to be converted."""
    return tf.function(input_signature=[inputs], autograph=False)


def _rows(name: str, dtype: tf.DType, *shape: int | None) -> tf.TensorSpec:
    return tf.TensorSpec([None, *shape], dtype, name=name)


def _each(good: tf.Tensor, wanted: str, values: tf.Tensor) -> tuple[tf.Tensor, str, tf.Tensor]:
    """The requirement that all values are good; it names those that are not."""
    return good, wanted, tf.reshape(tf.boolean_mask(values, ~good), [-1])


def _few(rows: tf.Tensor) -> tuple[tf.Tensor, str, tf.Tensor]:
    number = tf.shape(rows)[0]
    return number <= MAX_ROWS, f"at most {MAX_ROWS} rows", number


def _checked(
    tensors: list[tf.Tensor], *requirements: tuple[tf.Tensor, str, tf.Tensor]
) -> list[tf.Tensor]:
    """Passes tensors on once every requirement (condition, what is wanted, value) holds."""
    asserts = [
        tf.debugging.Assert(
            tf.reduce_all(condition), [f"Wanted {wanted}. Received:", value], summarize=_SHOWN
        )
        for condition, wanted, value in requirements
    ]
    with tf.control_dependencies(asserts):  # else a graph is free to fail elsewhere first
        return [tf.identity(each) for each in tensors]


def _latents(latent: tf.Tensor, width: int) -> tf.Tensor:
    """Latents [B, width], checked. Their signature leaves the width open, to name a wrong one."""
    shape = tf.shape(latent)
    (latent,) = _checked(
        [latent],
        _few(latent),
        (shape[1] == width, f"latents of width {width}", shape),
        _each(tf.math.is_finite(latent), "finite latents", latent),
    )
    return tf.ensure_shape(latent, [None, width])


def _finite(images: tf.Tensor, wanted: str, values: tf.Tensor) -> tf.Tensor:
    """Images, once all are finite; else a refusal that names the value [B] of those that are not.

    A finite input may be so large that float32 ends within the generator.
    """
    rows = tf.reshape(tf.math.is_finite(images), [tf.shape(images)[0], math.prod(images.shape[1:])])
    (images,) = _checked([images], _each(tf.reduce_all(rows, axis=1), wanted, values))
    return images


def _listed(names) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _to_unit(images: tf.Tensor) -> tf.Tensor:
    return tf.clip_by_value((images + 1.0) / 2.0, 0.0, 1.0)
