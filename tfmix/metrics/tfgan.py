"""TF-GAN's inception score, FID and KID as functions of float64 arrays.

`import tensorflow_gan` fails on today's TensorFlow, because the root of TF-GAN 2.1 imports
`tensorflow.estimator`, which no longer exists. So its module of metrics is imported without the
packages above it.
"""

import contextlib
import functools
import importlib
import importlib.util
import logging
import pathlib
import sys
import threading
import types
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

_PACKAGES = ("tensorflow_gan", "tensorflow_gan.python", "tensorflow_gan.python.eval")
_LOADING = threading.Lock()
_LEAST = 1e-100  # replaces a probability of 0, whose logarithm would give 0 x -inf = NaN


def inception_score(probs: np.ndarray) -> float:
    """exp(E KL(p(y|x) || p(y))) of class probabilities [N, C] (Salimans et al. 2016, section 4)."""
    logits = np.log(np.maximum(probs, _LEAST))
    return float(_classifier_metrics().classifier_score_from_logits(logits))


def frechet_distance(real: np.ndarray, fake: np.ndarray) -> float:
    """FID of activations [N, F] (Heusel et al. 2017, equation 6)."""
    # TF-GAN takes eigenvalues below 1e-10 as 0, so features are scaled to a mean variance of 1.
    scale = np.sqrt((real.var(axis=0).mean() + fake.var(axis=0).mean()) / 2) or 1.0
    distance = _classifier_metrics().frechet_classifier_distance_from_activations
    return float(distance(real / scale, fake / scale)) * float(scale) ** 2


def kernel_distance(real: np.ndarray, fake: np.ndarray, max_block_size: int) -> tuple[float, float]:
    """KID of activations [N, F] and its standard error over blocks (Bińkowski et al. 2018)."""
    distance = _classifier_metrics().kernel_classifier_distance_and_std_from_activations
    with _without_deprecation_notes():
        value, std_error = distance(tf.constant(real), tf.constant(fake), max_block_size)
    return float(value), float(std_error)


@functools.cache
def _classifier_metrics() -> types.ModuleType:
    """TF-GAN's module of metrics. It leaves sys.modules as it was, also when it fails."""
    found = importlib.util.find_spec("tensorflow_gan")  # finds it without running it
    if found is None:
        raise ImportError("tensorflow-gan is missing: pip install tensorflow-gan==2.1.0")
    with _LOADING:
        return _loaded(pathlib.Path(found.origin).parents[1])


def _loaded(root: pathlib.Path) -> types.ModuleType:
    before = _tfgan_modules()
    try:
        for name in before:
            del sys.modules[name]
        for name in _PACKAGES:
            sys.modules[name] = package = types.ModuleType(name)
            package.__path__ = [str(root.joinpath(*name.split(".")))]
        return importlib.import_module("tensorflow_gan.python.eval.classifier_metrics")
    finally:
        for name in _tfgan_modules():
            del sys.modules[name]
        sys.modules.update(before)


def _tfgan_modules() -> dict[str, types.ModuleType]:
    return {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "tensorflow_gan"}


@contextlib.contextmanager
def _without_deprecation_notes() -> Iterator[None]:
    """Keeps TensorFlow from logging that TF-GAN calls map_fn with deprecated arguments."""

    def keep(record: logging.LogRecord) -> bool:
        return "deprecat" not in str(record.msg)

    logger = tf.get_logger()
    logger.addFilter(keep)
    try:
        yield
    finally:
        logger.removeFilter(keep)
