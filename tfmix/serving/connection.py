"""Requests to TF Serving: sent again while it is unavailable, errors as Python's own."""

import re
import time
from typing import Any

import grpc
import tenacity
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

from tfmix import checks
from tfmix.serving import refusals

_OPTIONS = {
    "grpc.max_receive_message_length": -1,  # no limit: 4 MiB hold few large images
    "grpc.max_send_message_length": -1,
    # A server that is back is found as soon as a request is sent again.
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 500,
}
# In the words of Predict and of the other methods.
_NO_SIGNATURE = re.compile(r'Serving signature (?:key|name:) "(.*)" not found')


class Connection:
    """A model at a server.

    Args:
        address: host:port of gRPC; there is no encryption.
        model: Its name there.
        version: Number or label of a version, or None for that which the server would choose.
        deadline: Seconds that a request may take, all its tries together.

    Attributes:
        spec: The model as requests name it.

    Raises:
        ValueError: No address, name, version or deadline. The server is not asked.
    """

    def __init__(self, address: str, model: str, version: int | str | None, deadline: float):
        parts = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})", str(address))
        if not (parts and 0 < int(parts[2]) < 2**16):
            raise ValueError(f"address is host:port, as in localhost:8500. Received: {address!r}.")
        self._address = str(address)
        self.spec = _spec(model, version)
        wanted = "deadline is a number of seconds above 0"
        self._deadline = checks.number("deadline", wanted, deadline, lambda value: value > 0)
        self._channel = grpc.insecure_channel(address, list(_OPTIONS.items()))
        self._stub = PredictionServiceStub(self._channel)

    def call(self, method: str, request: Any) -> Any:
        """Sends a request until there is a response, an error, or the deadline has passed.

        It is sent again only where the server was unavailable, after waits that double, up to 0.5
        s, each cut short by chance so that many clients do not come back at once.

        Args:
            method: Of PredictionService; its response is a function of the request alone, so that
                a request may be sent again where the response was lost.
            request: What the method takes; what it gives is returned.

        Raises:
            ConnectionError: The server was unavailable until the deadline.
            TimeoutError: It did not respond by then.
            ValueError: It does not know the model, its version or the signature, or refuses inputs.
            RuntimeError: Anything else.
        """
        send, started = getattr(self._stub, method), time.monotonic()
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_unavailable),
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=0.5),
            # The last try has time for a response, so that what is raised says why.
            stop=tenacity.stop_before_delay(0.9 * self._deadline),
            reraise=True,
        )
        end = started + self._deadline
        try:
            return retrying(lambda: send(request, timeout=end - time.monotonic()))
        except grpc.RpcError as error:
            tries = retrying.statistics["attempt_number"]
            raise self._explained(error, tries, time.monotonic() - started) from error

    def close(self) -> None:
        """Closes the channel."""
        self._channel.close()

    def _explained(self, error: grpc.RpcError, tries: int, seconds: float) -> Exception:
        code, said = error.code(), error.details() or ""
        model, codes = self.spec.name, grpc.StatusCode
        if code is codes.UNAVAILABLE:
            return ConnectionError(
                f"{self._address} was unavailable for {seconds:.1f} s (tries: {tries}): {said}. "
                "See that TF Serving runs and takes gRPC there (by default port 8500; 8501 is for "
                "REST), or wait longer with a larger deadline."
            )
        if code is codes.DEADLINE_EXCEEDED:
            return TimeoutError(
                f"{self._address} did not respond in {self._deadline:g} s (tries: {tries}). "
                "Wait longer with a larger deadline."
            )
        if code is codes.NOT_FOUND:
            return ValueError(f"{self._address} does not serve this model {model}: {said}")
        if signature := _NO_SIGNATURE.search(said):
            return ValueError(
                f"{model} at {self._address} has no signature {signature[1]}. PixelCNN and models "
                "of points have no PNG; any other model was exported by an older tfmix: export it "
                "again, with `tfmix export`."
            )
        if code is codes.INVALID_ARGUMENT:
            return ValueError(refusals.reason(said))
        return RuntimeError(f"{self._address} responded with {code.name}: {said}")


def _is_unavailable(error: BaseException) -> bool:
    return isinstance(error, grpc.RpcError) and error.code() is grpc.StatusCode.UNAVAILABLE


def _spec(model: str, version: int | str | None) -> ModelSpec:
    if not (isinstance(model, str) and model):
        raise ValueError(f"model is the name of a model at the server. Received: {model!r}.")
    spec = ModelSpec(name=model)
    if isinstance(version, str):
        spec.version_label = version
    elif version is not None:
        spec.version.value = checks.positive_int("version", version)
    return spec
