"""The small model that users load: a prior and a generator, and nothing of the training."""

import functools
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfmix.models.blocks import FEW, MANY, in_blocks
from tfmix.models.rich_display import RichDisplay
from tfmix.priors import Labels, Prior
from tfmix.priors.prior import probabilities
from tfmix.sampling import BaseSampler

_PARTS = ("prior", "generator", "labels")


@keras.saving.register_keras_serializable(package="tfmix")
class Sampler(BaseSampler, RichDisplay, keras.Model):
    """Draws images, each a function of its seed, component, class and scale alone.

    On the CPU an image has the same bits in a batch of any size or order, here, in the GAN that it
    comes from, after saving, and in the SavedModel. See `tfmix.models.blocks` for what that takes.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
            L is the prior's width and that of the labels' code.
        labels: How classes and latents belong together; None for a model without classes.
        provenance: What is known of its training: plain values that JSON can hold.
        **kwargs: Of `keras.Model`.

    Raises:
        ValueError: The generator does not take the prior's latents.
    """

    def __init__(
        self,
        prior: Prior,
        generator: keras.Model,
        labels: Labels | None = None,
        *,
        provenance: dict | None = None,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})  # latents are never rounded
        self.latent_dim = prior.latent_dim + (0 if labels is None else labels.width)
        if generator.input_shape[-1] != self.latent_dim:
            code = "" if labels is None else " (its class's code among them)"
            raise ValueError(
                f"The prior draws latents of width {self.latent_dim}{code}, the generator takes "
                f"{generator.input_shape[-1]}. Make the two equal."
            )
        if labels is not None and labels.component_to_class is not None:
            mapped = len(labels.component_to_class)
            if mapped != prior.num_components:
                raise ValueError(
                    f"component_to_class gives a class to each of the prior's "
                    f"{prior.num_components} components. Received: {mapped} classes."
                )
        self.prior = prior
        self.generator = generator
        self.labels = labels
        self.provenance = dict(provenance or {})
        self.built = True

    @property
    def sampling_parameters(self) -> dict[str, int | None]:
        """How many components and classes there are; see `tfmix.sampling.BaseSampler`."""
        label = {} if self.labels is None else {"label": self.labels.num_classes}
        return {"component": self.prior.num_components, **label, "scale": None}

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Makes images [B, H, W, C] of latents [B, L] as a batch."""
        return self.generator(z, training=training)

    def draw_rows(
        self,
        seed: tf.Tensor,
        component: tf.Tensor,
        scale: tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Draws a chunk of rows; see `tfmix.sampling.BaseSampler.draw_rows`."""
        if label is None:  # without classes it is not looked at
            label = seed if self.labels is None else tf.fill(tf.shape(seed), -1)
        return self._draw_rows(seed, component, label, scale)

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.int32)] * 3 + [tf.TensorSpec([None], tf.float32)],
        autograph=False,
        jit_compile=False,
    )
    def _draw_rows(
        self, seed: tf.Tensor, component: tf.Tensor, label: tf.Tensor, scale: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """`draw_rows` as a graph: all [N]; without classes, labels are not looked at."""
        if self.labels is None:
            latent = self.prior.sample_rows(seed, component, scale)
            return self._decoded(latent.z, component=latent.component)
        weights = self.labels.component_weights(label, self.prior.mixture_weights)
        latent = self.prior.sample_rows(seed, component, scale, weights)
        taken = 1 + self.prior.num_uniforms
        label, code = self.labels.sample_rows(seed, taken, latent.component, label)
        z = tf.concat([latent.z, code], axis=1)
        return self._decoded(z, component=latent.component, label=label)

    @tf.function(reduce_retracing=True, autograph=False, jit_compile=False)
    def decode_rows(self, latent: tf.Tensor) -> tf.Tensor:
        """Makes images of latents, float32 [N, L]; see `BaseSampler.decode_rows`."""
        generate = functools.partial(self.generator, training=False)
        spec = tf.TensorSpec(self.generator.output_shape[1:])
        return in_blocks(generate, (latent,), spec, MANY, FEW)

    def describe(self) -> dict:
        """Describes what the model draws: components and weights, shape, provenance.

        Returns:
            "prior", "components", "weights" [K], "latent_dim", "image_shape", "classes" (None
            where it has none), "component_to_class" [K] (where components stand for classes) and
            "provenance".
        """
        classes = None if self.labels is None else self.labels.component_to_class
        return {
            "prior": type(self.prior).__name__,
            "components": self.prior.num_components,
            "weights": self.prior.mixture_weights.numpy().tolist(),
            "latent_dim": self.latent_dim,
            "image_shape": list(self.generator.output_shape[1:]),
            "classes": None if self.labels is None else self.labels.num_classes,
            **({} if classes is None else {"component_to_class": classes}),
            "provenance": self.provenance,
        }

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        parts = {part: keras.saving.serialize_keras_object(getattr(self, part)) for part in _PARTS}
        return {"name": self.name, **parts, "provenance": self.provenance}

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Sampler":
        """Makes a sampler from `get_config`."""
        # Files of models without classes were written before there were any with.
        return cls(**deserialized({"labels": None, **config}, _PARTS, custom_objects))

    def _decoded(self, latent: tf.Tensor, **drawn: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": self.decode_rows(latent), **drawn, "latent": latent}

    def _inputs(self, row_seeds: np.ndarray, given: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Checks also what component and label ask for together, and draws by given weights."""
        weights = given.get("weights")
        inputs = super()._inputs(row_seeds, {**given, "weights": None})
        if self.labels is not None:
            self._check_agreement(inputs["component"], inputs["label"])
        if weights is None:
            return inputs
        weights = probabilities("weights", weights, self.prior.num_components)
        drawn = self._draw_components(row_seeds, inputs.get("label"), weights)
        given = inputs["component"]
        return {**inputs, "component": np.where(given < 0, drawn, given)}

    def _check_agreement(self, component: np.ndarray, label: np.ndarray) -> None:
        agree = self.labels.agree(component, label).numpy()
        if not agree.all():
            row = int(np.argmin(agree))
            classes = self.labels.component_to_class
            raise ValueError(
                f"Component {component[row]} is of class {classes[component[row]]}. "
                f"Received: label={label[row]} with it; ask for one of the two."
            )

    def _draw_components(
        self, row_seeds: np.ndarray, label: np.ndarray | None, weights: np.ndarray
    ) -> tf.Tensor:
        """Draws components by weights [K], within the class of each row."""
        within = None if self.labels is None else self.labels.component_weights(label, weights)
        if within is not None:
            empty = tf.reduce_sum(within, axis=1).numpy() == 0
            if empty.any():
                raise ValueError(
                    "weights leave something to each class that is asked for. Received: nothing "
                    f"for class {label[int(np.argmax(empty))]}."
                )
        return self.prior.draw_components(row_seeds, weights if within is None else within)


def deserialized(config: dict, parts: tuple[str, ...], custom_objects: dict | None = None) -> dict:
    """Makes the named parts of a config Keras objects again."""
    restore = functools.partial(
        keras.saving.deserialize_keras_object, custom_objects=custom_objects
    )
    return {**config, **{part: restore(config[part]) for part in parts}}
