"""A client of TF Serving, used like the Sampler that the served model was made from."""

import functools
from collections.abc import Collection, Mapping
from typing import Any, Self

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from tfmix.sampling import PARAMETERS, BaseSampler, in_chunks
from tfmix.seeds import row_seeds
from tfmix.serving.connection import Connection

_SHOWN = ("images", "points")  # a model gives one of them


class Client(BaseSampler):
    """Draws from a model that TF Serving serves, over gRPC.

        with tfmix.serving.Client("localhost:8500", "deligan_mnist") as client:
            images = client.sample([7, 8, 9], scale=0.7)

    Each seed is that of one image and is used as it is, so that an image has the same bits whatever
    it is drawn with; `tfmix.seeds.row_seeds(s, n)` are the seeds of `Sampler.sample(n, seed=s)`.
    Images are in [0, 1], as a SavedModel gives them, and not in [-1, 1].

    Rows are sent in requests of at most 256, one after the other. A request that finds the server
    unavailable is sent again until the deadline: what it gives is a function of its inputs alone,
    so that no harm is done where a server had computed a response that was lost. Threads may share
    a client.

    Args:
        address: host:port of the server's gRPC, by default port 8500; there is no encryption.
        model: The model's name there.
        version: Number or label of a version; None: the one that the server would choose.
        deadline: Seconds that a request may take, all its tries together.

    Raises:
        ValueError: No address, name, version or deadline. Nothing is sent to the server yet.
    """

    def __init__(
        self, address: str, model: str, *, version: int | str | None = None, deadline: float = 10.0
    ):
        self._connection = Connection(address, model, version, deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; afterwards the client is of no use."""
        self._connection.close()

    @functools.cached_property
    def sampling_parameters(self) -> dict[str, int | None]:
        """The parameters of signature `sample`; see `tfmix.sampling.BaseSampler`."""
        return {name: None for name in PARAMETERS if name in self._signatures["sample"].inputs}

    @functools.cached_property
    def latent_dim(self) -> int | None:
        """Width of latents; None for a model without."""
        latent = self._signatures["sample"].outputs.get("latent")
        return latent and latent.tensor_shape.dim[1].size

    def draw(
        self,
        seeds: int | np.ndarray,
        *,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        temperature: float | np.ndarray = 1.0,
    ) -> dict[str, np.ndarray]:
        """Draws images with what they were made from.

        Args:
            seeds: An int32, or one per image [N].
            component: As of `tfmix.Sampler.sample`, and so the others.
            label: The class.
            scale: Factor on the standard deviation of the components.
            temperature: Of a PixelCNN.

        Returns:
            "images" float32 [N, H, W, C] in [0, 1], or of a model of points "points" float32
            [N, P]. Where the model has them, "component" int32 [N], "latent" float32 [N, L] and
            "label" int32 [N].

        Raises:
            ValueError: A seed that is no int32, a parameter that the model does not take, a value
                out of range; or the server does not have the model, its version or the signature.
            ConnectionError: The server was unavailable until the deadline.
            TimeoutError: It did not respond by then.
            RuntimeError: It responded with any other error.
        """
        given = {"component": component, "label": label, "scale": scale, "temperature": temperature}
        return in_chunks(self.draw_rows, self._asked(seeds, given))

    def sample(self, seeds: int | np.ndarray, **parameters: Any) -> np.ndarray:
        """Draws images, float32 [N, H, W, C] in [0, 1], or points; arguments as of `draw`.

        Without any parameter, signature `serving_default` is used.

        Raises:
            ValueError: As of `draw`, and so the other errors.
        """
        signature = "sample" if parameters else "serving_default"
        inputs = self._asked(seeds, parameters)
        inputs = inputs if parameters else {"seed": inputs["seed"]}
        shown = [name for name in _SHOWN if name in self._signatures[signature].outputs]
        drawn = in_chunks(functools.partial(self._predict, signature, shown), inputs)
        return _shown(drawn)

    def images(self, seeds: int | np.ndarray, **parameters: Any) -> np.ndarray:
        """The images of `sample` as uint8 [N, H, W, C], those of `tfmix.Sampler.images`.

        Raises:
            ValueError: Of a model of points, and as `draw`.
        """
        return self._to_uint8(self.sample(seeds, **parameters))

    def png(self, seeds: int | np.ndarray, **parameters: Any) -> list[bytes]:
        """The images of `images`, each as a PNG file made by the server.

        Raises:
            ValueError: The model has no signature `sample_png`, and as `draw`.
        """
        predict = functools.partial(self._predict, "sample_png", ())
        return in_chunks(predict, self._asked(seeds, parameters))["png_bytes"].tolist()

    def draw_rows(self, seed: np.ndarray, **parameters: np.ndarray) -> dict[str, np.ndarray]:
        """Draws what fits one request; see `tfmix.sampling.BaseSampler.draw_rows`."""
        return self._predict("sample", (), seed=seed, **parameters)

    def decode_rows(self, latent: np.ndarray) -> np.ndarray:
        """Makes images of latents, in [0, 1]; see `tfmix.sampling.BaseSampler.decode_rows`."""
        return _shown(self._predict("decode", (), latent=latent))

    def _asked(self, seeds: int | np.ndarray, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """What the signature `sample` takes, once it is checked."""
        return self._inputs(row_seeds(np.atleast_1d(seeds), np.size(seeds)).numpy(), given)

    def _to_uint8(self, images: np.ndarray) -> np.ndarray:
        if images.ndim != 4:
            return super()._to_uint8(images)  # which refuses points
        return np.rint(255.0 * images).astype(np.uint8)

    def _predict(
        self, signature: str, outputs: Collection[str], **inputs: np.ndarray
    ) -> dict[str, np.ndarray]:
        request = predict_pb2.PredictRequest(
            model_spec=self._connection.spec, output_filter=outputs
        )
        request.model_spec.signature_name = signature
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
        response = self._connection.call("Predict", request)
        return {name: tf.make_ndarray(proto) for name, proto in response.outputs.items()}

    @functools.cached_property
    def _signatures(self) -> Mapping[str, Any]:
        """SignatureDefs by their names, an empty one for any other name."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._connection.spec, metadata_field=["signature_def"]
        )
        signatures = get_model_metadata_pb2.SignatureDefMap()
        response = self._connection.call("GetModelMetadata", request)
        response.metadata["signature_def"].Unpack(signatures)
        return signatures.signature_def


def _shown(drawn: Mapping[str, np.ndarray]) -> np.ndarray:
    return drawn["images"] if "images" in drawn else drawn["points"]
