"""Requests that TF Serving runs as it loads a model, so that the first user does not wait."""

import os
import pathlib
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from tfmix.sampling import PARAMETERS

FILE = "assets.extra/tf_serving_warmup_requests"  # where TF Serving looks below a SavedModel


def write(
    signatures: Mapping[str, Callable], latent_dim: int | None, path: str | os.PathLike
) -> None:
    """Writes one request of one row for each signature: what is slow is the first run of each.

    Args:
        signatures: Functions with an input signature, by name.
        latent_dim: Width of latents, which signatures leave open; None for a model without.
        path: Folder of the SavedModel.
    """
    file = pathlib.Path(path) / FILE
    file.parent.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(file)) as writer:
        for name, function in signatures.items():
            log = prediction_log_pb2.PredictionLog()
            log.predict_log.request.CopyFrom(_request(name, function, latent_dim))
            writer.write(log.SerializeToString())


def _request(name: str, function: Callable, latent_dim: int | None) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = name
    for spec in tf.nest.flatten(function.input_signature):
        shape = [1, *(latent_dim if size is None else size for size in spec.shape[1:])]
        value = PARAMETERS[spec.name].neutral if spec.name in PARAMETERS else 0
        row = np.full(shape, value, spec.dtype.as_numpy_dtype)
        request.inputs[spec.name].CopyFrom(tf.make_tensor_proto(row))
    return request
