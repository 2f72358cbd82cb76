"""Models of tfmix, and their generators alone, as contenders; TensorFlow is imported here."""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

import tfmix
from tfmix import loading
from tfmix.training import build
from tfmix.training import config as configs
from zoo.benchmarks.contenders import keras_io

_CLASSES = 10


def step(config: dict[str, Any], shape: Sequence[int], precision: str = "") -> Callable[..., None]:
    """Makes what trains a config's model on random images.

    Args:
        config: Of `tfmix.training`.
        shape: (H, W, C) of images.
        precision: In place of the config's; empty: the config's.
    """
    model = build_model(config, shape, precision)
    return _fitting(model, config, shape)


def keras_io_step(config: dict[str, Any], shape: Sequence[int]) -> Callable[..., None]:
    """Makes what trains the networks of a config as keras.io's example does, in float32."""
    return _fitting(keras_io.model(build_model(config, shape, "float32")), config, shape)


def build_model(config: dict[str, Any], shape: Sequence[int], precision: str) -> tfmix.GAN:
    """A config's model, compiled; arguments as of `step`."""
    config = {**config, **({"precision": precision} if precision else {})}
    return build.build(configs.checked(config), tuple(shape), [1 / _CLASSES] * _CLASSES)


def _fitting(
    model: tf.keras.Model, config: dict[str, Any], shape: Sequence[int]
) -> Callable[..., None]:
    size = [config["batch_size"], *shape]
    images = np.random.default_rng(0).uniform(-1, 1, size).astype(np.float32)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread would be waited for; see `tfmix.data.batches`
    batches = tf.data.Dataset.from_tensors(images).repeat().with_options(options)

    def work(number: int) -> None:
        model.fit(batches, steps_per_epoch=number, verbose=0, shuffle=False)

    return work


def sample(model: str) -> Callable[..., None]:
    """Makes what draws images by `sample`, of a .keras file or a SavedModel's folder."""
    sampler = loading.load(model)

    def work(number: int, each: int = 0) -> None:
        for _ in range(0, number, each or number):
            sampler.sample(each or number, seed=0)

    return work


def sample_of_k(model: str) -> Callable[..., Callable[[], dict[str, float]]]:
    """Makes what draws images by a model's generator and a mixture of K components.

    The work returns how many seconds "drawing" the latents takes alone.
    """
    loaded = loading.load(model)
    width = loaded.generator.input_shape[-1]

    @functools.cache
    def sampler(components: int) -> tfmix.Sampler:
        prior = tfmix.priors.GaussianMixture(components, width)
        return tfmix.Sampler(prior, loaded.generator)

    def work(number: int, components: int) -> Callable[[], dict[str, float]]:
        sampler(components).sample(number, seed=0)
        row_seeds = tfmix.seeds.row_seeds(0, number)

        def drawing() -> dict[str, float]:
            draw = _drawn(sampler(components).prior)
            draw(row_seeds)
            begun = time.perf_counter()
            draw(row_seeds)
            return {"drawing": time.perf_counter() - begun}

        return drawing

    return work


@functools.cache
def _drawn(prior: tfmix.priors.Prior) -> Callable[[tf.Tensor], tf.Tensor]:
    """A prior's latents of seeds, as a graph."""
    return tf.function(
        lambda seed: prior.sample_rows(seed, tf.fill(seed.shape, -1), tf.ones(seed.shape)).z
    )


def generate(model: str) -> Callable[..., None]:
    """Makes what a model's generator makes of latents at hand, in batches of a size."""
    network = loading.load(model).generator
    latents = tf.random.normal([1024, network.input_shape[-1]])

    @tf.function(reduce_retracing=True, autograph=False)
    def images(latents: tf.Tensor) -> tf.Tensor:
        return network(latents, training=False)

    def work(number: int, batch: int) -> None:
        kept = [images(latents[: min(batch, number - i)]) for i in range(0, number, batch)]
        np.concatenate([each.numpy() for each in kept])

    return work
