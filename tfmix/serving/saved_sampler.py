"""A SavedModel of `tfmix.serving.export`, used like the Sampler that it was made from."""

import os
import pathlib

import numpy as np
import tensorflow as tf

from tfmix import pictures, seeds
from tfmix.models.rich_display import RichDisplay
from tfmix.priors.labels import check_label
from tfmix.serving import knobs, refusals
from tfmix.serving.signatures import MAX_ROWS


class SavedSampler(RichDisplay):
    """Draws images from a SavedModel, through the signatures that TF Serving would call.

    Args:
        path: Folder with saved_model.pb.

    Attributes:
        knobs: Names of what `draw` takes beside the seed.

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
                f"{path} has no signature sample. Give a SavedModel that `python -m zoo.export` "
                "wrote."
            )
        _, inputs = self._loaded.signatures["sample"].structured_input_signature
        self.sampling_parameters = tuple(sorted(set(inputs) - {"seed"}))

    def draw(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        temperature: float | np.ndarray = 1.0,
    ) -> dict[str, np.ndarray]:
        """As `tfmix.Sampler.draw` or `tfmix.PixelCNN.draw`, whichever the model was.

        Images went to [0, 1] and back, so that 6e-8 may be lost.
        """
        row_seeds = seeds.row_seeds(seed, num_samples)
        if "label" not in self.sampling_parameters:
            check_label(label, None, num_samples)
        given = {"component": component, "label": label, "scale": scale, "temperature": temperature}
        inputs = knobs.one_a_row(self.sampling_parameters, num_samples, **given)
        drawn = dict(self._call("sample", {"seed": row_seeds, **inputs}))
        return {"images": _from_unit(drawn), **drawn}

    def sample(self, num_samples: int, **arguments) -> np.ndarray:
        """As `tfmix.Sampler.sample`."""
        return self.draw(num_samples, **arguments)["images"]

    def images(self, num_samples: int, **arguments) -> np.ndarray:
        """As `tfmix.Sampler.images`."""
        return pictures.to_uint8(self.sample(num_samples, **arguments))

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """As `tfmix.Sampler.decode`."""
        if "decode" not in self._loaded.signatures:
            raise ValueError(f"{self.path} has no latents to decode.")
        latent = np.asarray(latent, np.float32)
        if latent.ndim != 2:
            raise ValueError(f"latent is [N, L]. Received: shape {latent.shape}.")
        return _from_unit(dict(self._call("decode", {"latent": latent})))

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
                "`zoo.export --cluster_samples=20000`."
            )
        inputs = self._loaded.signatures["cluster"].structured_input_signature[1]
        wanted, images = inputs["images"].shape.as_list(), np.asarray(images, np.float32)
        if list(images.shape[1:]) != wanted[1:]:
            raise ValueError(f"images are [N, {wanted[1:]}]. Received: shape {images.shape}.")
        return self._call("cluster", {"images": (images + 1.0) / 2.0})["probabilities"]

    def describe(self) -> dict:
        """What a SavedModel tells of itself: image shape, components and where it lies."""
        signatures = self._loaded.signatures
        outputs = signatures["sample"].structured_outputs
        described = {
            "image_shape": outputs.get("images", outputs.get("points")).shape[1:].as_list(),
            "provenance": {"saved_model": str(self.path)},
        }
        if "latent" in outputs:
            described["latent_dim"] = outputs["latent"].shape[1]
        if "posterior" in signatures:
            posterior = signatures["posterior"].structured_outputs["probabilities"]
            described["components"] = posterior.shape[1]
        return described

    def _call(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        function = self._loaded.signatures[signature]
        rows = len(next(iter(inputs.values())))
        try:
            chunks = [
                function(**{k: tf.constant(v[i : i + MAX_ROWS]) for k, v in inputs.items()})
                for i in range(0, max(rows, 1), MAX_ROWS)
            ]
        except tf.errors.InvalidArgumentError as error:
            raise ValueError(refusals.reason(error.message)) from error
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}


def _from_unit(drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Takes images, back in [-1, 1], or points out of what a signature gave."""
    return 2.0 * drawn.pop("images") - 1.0 if "images" in drawn else drawn.pop("points")
