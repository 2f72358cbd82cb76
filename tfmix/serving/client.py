"""A client of TF Serving, used like the Sampler that the served model was made from."""

import functools
from collections.abc import Collection, Mapping
from typing import Any, Self

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from tfmix import checks
from tfmix.serving import knobs
from tfmix.serving.connection import Connection

_ROWS = 256  # of one request: its answer stays small, and a retry repeats little
_SHOWN = ("images", "points")  # a model gives one of them
# What signatures take beside the seed: serving_default; a Sampler; a PixelCNN.
_KNOBS = (
    (),
    ("component", "scale"),
    ("component", "label", "scale"),
    ("temperature",),
    ("label", "temperature"),
)


class Client:
    """Draws from a model that TF Serving serves, over gRPC.

        with tfmix.serving.Client("localhost:8500", "deligan_mnist") as client:
            images = client.sample([7, 8, 9], scale=0.7)

    Each seed is that of one image and is used as it is, so that an image has the same bits whatever
    it is drawn with; `tfmix.seeds.row_seeds(s, n)` are the seeds of `Sampler.sample(n, seed=s)`.

    Rows go out in requests of at most 256, one after the other. A request that finds the server
    unavailable is sent again until the deadline: what it gives is a function of its inputs alone,
    so that no harm is done where a server had answered and the answer was lost. Threads may share a
    client.

    Args:
        address: host:port of the server's gRPC, by default port 8500; there is no encryption.
        model: The model's name there.
        version: Number or label of a version; None: the one that the server would choose.
        deadline: Seconds that a request may take, all its tries together.

    Raises:
        ValueError: No address, name, version or deadline. The server is not asked yet.
    """

    def __init__(
        self,
        address: str,
        model: str,
        *,
        version: int | str | None = None,
        deadline: float = 10.0,
    ):
        self._connection = Connection(address, model, version, deadline)
        self._found: dict[str, Collection[str]] = {}  # knobs of signatures that are not described

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; afterwards the client is of no use."""
        self._connection.close()

    def draw(
        self,
        seeds: int | np.ndarray,
        *,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray | None = None,
        temperature: float | np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Draws images with all that signature `sample` tells of them.

        Args:
            seeds: An int32, or one an image [N].
            component: Of each image, one for all or one a row; -1 or None: drawn.
            label: The same of classes, where the model knows them.
            scale: Factor on the standard deviation of the components, at least 0; None: 1.
            temperature: PixelCNN's knob, above 0; it has none of component and scale. None: 1.

        Returns:
            "images" float32 [N, H, W, C] in [0, 1], as a SavedModel gives them and not in [-1, 1],
            to the bit; of a model of points "points" float32 [N, P] instead. "component" int32 [N],
            "latent" float32 [N, L] and "label" int32 [N] where the model has them.

        Raises:
            ValueError: A seed that is no int32, a knob that the model does not have, a value out of
                range; or the server does not have the model, its version or the signature.
            ConnectionError: The server was unavailable until the deadline.
            TimeoutError: It did not answer by then.
            RuntimeError: It answered with any other error.
        """
        given = {"component": component, "label": label, "scale": scale, "temperature": temperature}
        return self._answer("sample", seeds, (), given)

    def sample(self, seeds: int | np.ndarray, **given: Any) -> np.ndarray:
        """The images of `draw` alone, float32 [N, H, W, C] in [0, 1], not [-1, 1]; or the points.

        Args:
            seeds: As of `draw`.
            **given: Knobs, as of `draw`. Without any, signature `serving_default` is used.

        Raises:
            ValueError: As `draw`, and so the other errors.
        """
        asked = any(value is not None for value in given.values())
        drawn = self._answer("sample" if asked else "serving_default", seeds, _SHOWN, given)
        return drawn["images"] if "images" in drawn else drawn["points"]

    def images(self, seeds: int | np.ndarray, **given: Any) -> np.ndarray:
        """The images of `sample` as uint8 [N, H, W, C], those of `tfmix.Sampler.images`.

        Raises:
            ValueError: Of a model of points, and as `draw`.
        """
        images = self.sample(seeds, **given)
        if images.ndim != 4:
            raise ValueError("This model draws points, which are no images: call sample.")
        return np.rint(255.0 * images).astype(np.uint8)

    def png(self, seeds: int | np.ndarray, **given: Any) -> list[bytes]:
        """The images of `images`, each as a PNG file made by the server.

        Raises:
            ValueError: The model has no signature `sample_png`, and as `draw`.
        """
        return self._answer("sample_png", seeds, (), given)["png_bytes"].tolist()

    def _answer(
        self, signature: str, seeds: object, outputs: Collection[str], given: Mapping[str, Any]
    ) -> dict[str, np.ndarray]:
        """What a signature gives for all rows: those of `outputs` that it has, or everything."""
        if unknown := given.keys() - knobs.NEUTRAL.keys():
            raise TypeError(f"A draw has no knob {min(unknown)}, only {', '.join(knobs.NEUTRAL)}.")
        seeds = _checked(seeds)
        given = {name: value for name, value in given.items() if value is not None}
        names, known = self._described(signature)
        inputs = {"seed": seeds, **knobs.one_a_row(names, len(seeds), **given)}
        chunks = [
            self._predict(
                signature,
                {name: values[start : start + _ROWS] for name, values in inputs.items()},
                [name for name in outputs if name in known],
            )
            for start in range(0, max(len(seeds), 1), _ROWS)
        ]
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}

    def _predict(
        self, signature: str, inputs: Mapping[str, np.ndarray], outputs: Collection[str]
    ) -> dict[str, np.ndarray]:
        request = predict_pb2.PredictRequest(
            model_spec=self._connection.spec, output_filter=outputs
        )
        request.model_spec.signature_name = signature
        for name, values in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values))
        answer = self._connection.call("Predict", request)
        return {name: tf.make_ndarray(proto) for name, proto in answer.outputs.items()}

    def _described(self, signature: str) -> tuple[Collection[str], Collection[str]]:
        """The knobs and outputs of a signature; of one that is not described, the knobs alone."""
        if signature in self._signatures:
            described = self._signatures[signature]
            return described.inputs.keys() & knobs.NEUTRAL.keys(), described.outputs
        if signature not in self._found:
            self._found[signature] = self._probed(signature)
        return self._found[signature], ()

    def _probed(self, signature: str) -> Collection[str]:
        """The knobs with which a signature answers a request of no rows, whose values are right."""
        refused = []
        for names in _KNOBS:
            inputs = {"seed": np.zeros(0, np.int32), **knobs.one_a_row(names, 0)}
            try:
                self._predict(signature, inputs, ())
            except (ValueError, RuntimeError) as error:
                refused.append(error)
            else:
                return names
        raise refused[0]

    @functools.cached_property
    def _signatures(self) -> Mapping[str, Any]:
        """SignatureDefs by their names; none from a server that has Predict alone."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._connection.spec, metadata_field=["signature_def"]
        )
        signatures = get_model_metadata_pb2.SignatureDefMap()
        try:
            answer = self._connection.call("GetModelMetadata", request)
        except NotImplementedError:
            return signatures.signature_def
        answer.metadata["signature_def"].Unpack(signatures)
        return signatures.signature_def


def _checked(seeds: object) -> np.ndarray:
    int32 = np.iinfo(np.int32)
    values = checks.integers("seeds", "seeds is an int32, or a vector of them", seeds)
    good = (values >= int32.min) & (values <= int32.max)
    checks.all_good("seeds", f"A seed lies in [{int32.min}, {int32.max}]", values, good)
    if values.ndim > 1:
        raise ValueError(f"seeds is an int32, or a vector of them. Received: shape {values.shape}.")
    return np.atleast_1d(values).astype(np.int32)
