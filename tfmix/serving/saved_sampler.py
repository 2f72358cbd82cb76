"""A SavedModel of `tfmix.serving.export`, used like the Sampler that it was made from."""

import functools
import os
import pathlib

import numpy as np
import tensorflow as tf

from tfmix.models.rich_display import RichDisplay
from tfmix.sampling import PARAMETERS, BaseSampler, in_chunks
from tfmix.serving import refusals


class SavedSampler(BaseSampler, RichDisplay):
    """Draws images from a SavedModel, through the signatures that TF Serving would call.

    Images are mapped to [0, 1] and back, so that up to 6e-8 may be lost.

    Args:
        path: Folder with saved_model.pb.

    Attributes:
        path: As given.

    Raises:
        ValueError: The folder holds no SavedModel of this library.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        try:
            self._loaded = tf.saved_model.load(str(path))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise ValueError(f"{path} is no readable SavedModel: {error}") from error
        if "sample" not in self._loaded.signatures:
            raise ValueError(
                f"{path} has no signature sample. Give a SavedModel that `tfmix export` wrote."
            )
        sample = self._loaded.signatures["sample"]
        inputs, self._outputs = sample.structured_input_signature[1], sample.structured_outputs
        counts = {"component": self._components}
        self.sampling_parameters = {name: counts.get(name) for name in PARAMETERS if name in inputs}
        self.latent_dim = self._outputs["latent"].shape[1] if "latent" in self._outputs else None

    def draw_rows(self, seed: np.ndarray, **parameters: np.ndarray) -> dict[str, np.ndarray]:
        """Draws a chunk of rows; see `tfmix.sampling.BaseSampler.draw_rows`."""
        drawn = self._call("sample", seed=seed, **parameters)
        return {"images": _from_unit(drawn), **drawn}

    def decode_rows(self, latent: np.ndarray) -> np.ndarray:
        """Makes images of latents; see `tfmix.sampling.BaseSampler.decode_rows`."""
        return _from_unit(self._call("decode", latent=latent))

    @property
    def clusters(self) -> bool:
        """Whether a clusterer was exported with the model."""
        return "cluster" in self._loaded.signatures

    def cluster(self, images: np.ndarray) -> np.ndarray:
        """Probabilities of the components that images may come from.

        Args:
            images: float32 [N, H, W, C] in [-1, 1].

        Returns:
            float32 [N, K].

        Raises:
            ValueError: The model has no clusterer, or the images are of another shape or range.
        """
        if not self.clusters:
            raise ValueError(
                f"{self.path} has no clusterer. Export the model again, with "
                "`tfmix export --cluster_samples=20000`."
            )
        inputs = self._loaded.signatures["cluster"].structured_input_signature[1]
        wanted, images = inputs["images"].shape.as_list(), np.asarray(images, np.float32)
        if list(images.shape[1:]) != wanted[1:]:
            raise ValueError(f"images are [N, {wanted[1:]}]. Received: shape {images.shape}.")
        classify = functools.partial(self._call, "cluster")
        return in_chunks(classify, {"images": (images + 1.0) / 2.0})["probabilities"]

    def describe(self) -> dict:
        """Describes what can be known of a SavedModel.

        Returns:
            "image_shape"; "latent_dim" and "components", where the model has them; and
            "provenance", which says where the SavedModel lies.
        """
        shown = self._outputs.get("images", self._outputs.get("points"))
        has = {"latent_dim": self.latent_dim, "components": self._components}
        return {
            "image_shape": shown.shape[1:].as_list(),
            "provenance": {"saved_model": str(self.path)},
            **{name: value for name, value in has.items() if value is not None},
        }

    @property
    def _components(self) -> int | None:
        if "posterior" not in self._loaded.signatures:
            return None
        posterior = self._loaded.signatures["posterior"].structured_outputs["probabilities"]
        return posterior.shape[1]

    def _call(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        function = self._loaded.signatures[signature]
        try:
            outputs = function(**{name: tf.constant(rows) for name, rows in inputs.items()})
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(refusals.reason(error.message)) from error
        return {name: rows.numpy() for name, rows in outputs.items()}


def _from_unit(drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Takes images, mapped back to [-1, 1], or points out of what a signature gave."""
    return 2.0 * drawn.pop("images") - 1.0 if "images" in drawn else drawn.pop("points")
