"""A SavedModel of `tfmix.serving.export`, used like the Sampler that it was made from."""

import os
import pathlib
import re

import numpy as np
import tensorflow as tf

from tfmix import pictures, seeds
from tfmix.checks import all_good, integers, one_a_row
from tfmix.models.sampler import refuse_label
from tfmix.serving.export import MAX_ROWS


class SavedSampler:
    """Draws images from a SavedModel, through the signatures that TF Serving would call.

    Args:
        path: Folder with saved_model.pb.

    Raises:
        ValueError: The folder holds no SavedModel of this library.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = pathlib.Path(path)
        try:
            self._loaded = tf.saved_model.load(str(path))
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise ValueError(f"{path} is no readable SavedModel: {error}") from error
        missing = {"sample", "decode"} - set(self._loaded.signatures)
        if missing:
            raise ValueError(
                f"{path} has no signature {', '.join(sorted(missing))}. "
                "Give a SavedModel that `python -m zoo.export` wrote."
            )

    def draw(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
    ) -> dict[str, np.ndarray]:
        """As `tfmix.Sampler.draw`; images went to [0, 1] and back, so that 6e-8 may be lost."""
        refuse_label(label)
        row_seeds = seeds.rows(seed, num_samples)
        component = -1 if component is None else component
        component = integers("component", "component is an int, or one a row", component)
        int32 = np.iinfo(np.int32)
        fits = (component >= int32.min) & (component <= int32.max)
        all_good("component", "component is an int32", component, fits)
        inputs = {
            "seed": row_seeds,
            "component": one_a_row("component", component.astype(np.int32), num_samples),
            "scale": one_a_row("scale", np.asarray(scale, np.float32), num_samples),
        }
        drawn = self._call("sample", inputs)
        return {**drawn, "images": 2.0 * drawn["images"] - 1.0}

    def sample(self, num_samples: int, **arguments) -> np.ndarray:
        """As `tfmix.Sampler.sample`."""
        return self.draw(num_samples, **arguments)["images"]

    def images(self, num_samples: int, **arguments) -> np.ndarray:
        """As `tfmix.Sampler.images`."""
        return pictures.to_uint8(self.sample(num_samples, **arguments))

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """As `tfmix.Sampler.decode`."""
        latent = np.asarray(latent, np.float32)
        if latent.ndim != 2:
            raise ValueError(f"latent is [N, L]. Received: shape {latent.shape}.")
        return 2.0 * self._call("decode", {"latent": latent})["images"] - 1.0

    def describe(self) -> dict:
        """What a SavedModel tells of itself: the image shape and where it lies."""
        outputs = self._loaded.signatures["sample"].structured_outputs
        return {
            "image_shape": outputs["images"].shape[1:].as_list(),
            "latent_dim": outputs["latent"].shape[1],
            "provenance": {"saved_model": str(self.path)},
        }

    def _call(self, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        function = self._loaded.signatures[signature]
        rows = len(next(iter(inputs.values())))
        try:
            chunks = [
                function(**{k: tf.constant(v[i : i + MAX_ROWS]) for k, v in inputs.items()})
                for i in range(0, max(rows, 1), MAX_ROWS)
            ]
        except tf.errors.InvalidArgumentError as error:
            said = re.search(r"\[(Wanted .*Received:)\] (.*)", error.message)
            raise ValueError(" ".join(said.groups()) if said else error.message) from error
        return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
