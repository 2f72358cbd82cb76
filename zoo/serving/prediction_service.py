"""A stand-in for TF Serving's gRPC in this process, with faults on demand.

It runs a SavedModel as TF Serving does, through TensorFlow's loader and the names of tensors, knows
nothing of tfmix, and refuses mistakes with TF Serving's codes and words (those of its
`servables/tensorflow/predict_util.cc` and `core/basic_manager.cc`). It does not batch, has one
version of a model and no labels of versions.
"""

import os
import pathlib
import threading
import time
from collections.abc import Callable, Mapping
from concurrent import futures
from typing import Any, NamedTuple, Self

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    model_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

_LONGEST = 1024  # characters of a message, as TF Serving cuts them
_FIELDS = {tf.float32: "float_val", tf.int32: "int_val", tf.string: "string_val"}


class Fault(NamedTuple):
    """The fault of a request for a prediction."""

    delay: float = 0.0  # seconds before anything is done
    code: grpc.StatusCode | None = None  # what it is refused with; None: it is not refused
    computed: bool = False  # whether the response is computed before it is refused, and so lost


def draw_faults(
    seed: int, *, unavailable: float, lost: float, delayed: float, delay: float
) -> Callable[[], Fault]:
    """A function that draws the fault of each request, in the order in which they come.

    Args:
        seed: Of the draws.
        unavailable: Share of requests that are refused with UNAVAILABLE.
        lost: Share of those whose response is computed and lost, also with UNAVAILABLE.
        delayed: Share of those that are delayed.
        delay: Seconds of a delay in the mean; delays are exponential.
    """
    rng, down = np.random.default_rng(seed), grpc.StatusCode.UNAVAILABLE

    def draw() -> Fault:
        kind, seconds = rng.uniform(), rng.exponential(delay)
        if kind < unavailable:
            return Fault(code=down)
        if kind < unavailable + lost:
            return Fault(code=down, computed=True)
        return Fault(delay=seconds if kind < unavailable + lost + delayed else 0.0)

    return draw


class Server(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Serves SavedModels on a port of this machine, as long as it is entered.

    Args:
        models: Folders with saved_model.pb by the names of models. A folder whose name is a number
            is that version, another one version 1.
        faults: Called for each request for a prediction, one at a time.
        port: Where to listen; 0: where it is free.

    Attributes:
        address: host:port, once it is entered.
        faults: May be changed between requests.
        predictions: Requests for a prediction so far, each try by itself.
    """

    def __init__(
        self,
        models: Mapping[str, str | os.PathLike],
        faults: Callable[[], Fault] = Fault,
        port: int = 0,
    ):
        self._models = {name: _Model(name, pathlib.Path(path)) for name, path in models.items()}
        self.faults, self.predictions, self._port = faults, 0, port
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=16),
            # As TF Serving has it: messages may be large. Another server's port is refused.
            options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)],
        )
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port(f'127.0.0.1:{self._port}')}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=None).wait()

    def Predict(  # noqa: N802  (gRPC's name)
        self, request: predict_pb2.PredictRequest, context: grpc.ServicerContext
    ) -> predict_pb2.PredictResponse:
        """Gives the response to a request for a prediction, or its fault."""
        with self._lock:
            self.predictions += 1
            fault = self.faults()
        time.sleep(fault.delay)
        if fault.code and not fault.computed:
            context.abort(fault.code, "An injected fault: not computed.")
        try:
            response = self._model(request.model_spec).predict(request)
        except _Refused as refused:
            context.abort(*refused.args)
        if fault.code:
            context.abort(fault.code, "An injected fault: computed, and lost.")
        return response

    def GetModelMetadata(  # noqa: N802
        self, request: get_model_metadata_pb2.GetModelMetadataRequest, context: grpc.ServicerContext
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """Gives a model's signatures."""
        try:
            return self._model(request.model_spec).metadata
        except _Refused as refused:
            context.abort(*refused.args)

    def _model(self, spec: model_pb2.ModelSpec) -> "_Model":
        if spec.version_label:
            label = spec.version_label
            raise _Refused("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
        model, version = self._models.get(spec.name), spec.version.value
        numbered = spec.HasField("version")
        if model is None or (numbered and version != model.version):
            wanted = f"Specific({spec.name}, {version})" if numbered else f"Latest({spec.name})"
            raise _Refused("NOT_FOUND", f"Servable not found for request: {wanted}")
        return model


class _Refused(Exception):
    """A mistake, with what it is refused with: a code of gRPC and a message."""

    def __init__(self, code: str, message: str):
        super().__init__(grpc.StatusCode[code], message[:_LONGEST])


class _Model:
    """A SavedModel in a session of its own."""

    def __init__(self, name: str, path: pathlib.Path):
        self.version = int(path.name) if path.name.isdigit() else 1
        self._spec = model_pb2.ModelSpec(name=name, version={"value": self.version})
        self._session = tf.compat.v1.Session(graph=tf.Graph())
        loaded = tf.compat.v1.saved_model.loader.load(self._session, ["serve"], str(path))
        self._signatures = dict(loaded.signature_def)
        self.metadata = get_model_metadata_pb2.GetModelMetadataResponse(model_spec=self._spec)
        signatures = get_model_metadata_pb2.SignatureDefMap(signature_def=self._signatures)
        self.metadata.metadata["signature_def"].Pack(signatures)

    def predict(self, request: predict_pb2.PredictRequest) -> predict_pb2.PredictResponse:
        name = request.model_spec.signature_name or "serving_default"
        if name not in self._signatures:
            raise _Refused("FAILED_PRECONDITION", f'Serving signature key "{name}" not found.')
        signature = self._signatures[name]
        outputs = request.output_filter or signature.outputs.keys()
        if unknown := set(outputs) - signature.outputs.keys():
            said = f"output tensor alias not found in signature: {min(unknown)}"
            raise _Refused("INVALID_ARGUMENT", said)
        fetched = {output: signature.outputs[output].name for output in outputs}
        try:
            values = self._session.run(fetched, _feed(signature.inputs, request.inputs))
        except (tf.errors.InvalidArgumentError, ValueError) as error:
            raise _Refused("INVALID_ARGUMENT", str(error)) from error
        response = predict_pb2.PredictResponse(model_spec=self._spec)
        response.model_spec.signature_name = name
        for output, value in values.items():
            _write(response.outputs[output], value)
        return response


def _feed(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Values by the names of tensors, from a request's by the names of inputs."""
    if given.keys() != wanted.keys():
        extra = ",".join(sorted(given.keys() - wanted.keys()))
        missing = ",".join(sorted(wanted.keys() - given.keys()))
        raise _Refused(
            "INVALID_ARGUMENT",
            f"input size does not match signature: {len(given)}!={len(wanted)}. Sent extra: "
            f"{{{extra}}}. Missing but required: {{{missing}}}.",
        )
    for name, proto in given.items():
        if proto.dtype != wanted[name].dtype:
            expected, got = (tf.as_dtype(each.dtype).name for each in (wanted[name], proto))
            said = f"{name}: expects {expected} but {got} is provided"
            raise _Refused("INVALID_ARGUMENT", said)
    return {wanted[name].name: tf.make_ndarray(proto) for name, proto in given.items()}


def _write(proto: Any, value: np.ndarray) -> None:
    """Writes a tensor with its values in the field of their type, as TF Serving does."""
    dtype = tf.as_dtype(value.dtype)
    proto.dtype = dtype.as_datatype_enum
    proto.tensor_shape.CopyFrom(tf.TensorShape(value.shape).as_proto())
    getattr(proto, _FIELDS[dtype]).extend(value.ravel().tolist())
