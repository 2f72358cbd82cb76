"""The small model that users load: a prior and a generator, and nothing of the training."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import pictures, seeds
from tfmix.models.rich_display import RichDisplay
from tfmix.priors import Labels, Prior
from tfmix.priors.labels import check_label
from tfmix.priors.prior import probabilities

_PARTS = ("prior", "generator", "labels")
_CHUNK = 256  # rows sampled at a time, which bounds the memory of a large sample


@keras.saving.register_keras_serializable(package="tfmix")
class Sampler(RichDisplay, keras.Model):
    """Draws images, each a function of its seed, component and scale alone.

    On the CPU an image has the same bits in a batch of any size or order, here, in the GAN that it
    comes from, after saving, and in the SavedModel. For that the generator is run row by row.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
            L is the prior's width and that of the labels' code.
        labels: What latents tell of classes; None for a model that knows none.
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
    def sampling_parameters(self) -> tuple[str, ...]:
        """Names of what `draw` takes beside the seed, so that programs can ask for it."""
        return ("component", "scale") if self.labels is None else ("component", "label", "scale")

    def call(self, z: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Turns latents [B, L] into images [B, H, W, C] as a batch."""
        return self.generator(z, training=training)

    def sample(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws images.

        Args:
            num_samples: N.
            seed: An int32, from which each row's seed follows, or one a row; see
                `tfmix.seeds.row_seeds`.
            component: The component to draw from, one int or one a row; -1 or None: draw it.
            label: The class to draw from, one int or one a row, for models that know classes; -1
                or None: draw it. Where components stand for classes, one of that class is drawn.
            scale: Factor on the standard deviation of the component, one number or one a row.
                Below 1 gives higher quality and lower diversity, above 1 the reverse; 0 the
                component's centre (GM-GAN, 2018).
            weights: Probabilities [K] to draw components with instead of the prior's own.

        Returns:
            float32 [N, H, W, C] in [-1, 1], or points [N, P].

        Raises:
            ValueError: An argument outside its range or of another length than N, a class of a
                model that knows none, or a component of another class than the one asked for.
        """
        how = {"component": component, "label": label, "scale": scale, "weights": weights}
        return self.draw(num_samples, seed=seed, **how)["images"]

    def draw(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Draws images and says where they come from; arguments as of `sample`.

        Returns:
            "images" float32 [N, H, W, C], "component" int32 [N], "latent" float32 [N, L], and of
            models that know classes "label" int32 [N].
        """
        row_seeds = seeds.row_seeds(seed, num_samples)
        num_samples = row_seeds.shape[0]
        component = self.prior.check_component(component, num_samples)
        label = self._check_label(label, component, num_samples)
        if weights is not None:
            weights = probabilities("weights", weights, self.prior.num_components)
            component = self._draw_components(row_seeds, component, label, weights)
        inputs = (row_seeds, component, label, self.prior.check_scale(scale, num_samples))
        starts = range(0, max(num_samples, 1), _CHUNK)
        chunks = [self.rows(*(x[i : i + _CHUNK] for x in inputs)) for i in starts]
        return {
            name: np.concatenate([chunk[name].numpy() for chunk in chunks]) for name in chunks[0]
        }

    def images(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        component: int | np.ndarray | None = None,
        label: int | np.ndarray | None = None,
        scale: float | np.ndarray = 1.0,
        weights: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draws images for imshow: uint8 [N, H, W, C]; arguments as of `sample`."""
        how = {"component": component, "label": label, "scale": scale, "weights": weights}
        return pictures.to_uint8(self.sample(num_samples, seed=seed, **how))

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ],
        autograph=False,
        jit_compile=False,
    )
    def rows(
        self, seed: tf.Tensor, component: tf.Tensor, label: tf.Tensor, scale: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """`draw` as a graph: row r of what comes out depends on row r of what goes in alone.

        Args:
            seed: int32 [N].
            component: int32 [N], -1: draw it.
            label: int32 [N], -1: draw it, or where the model knows no classes.
            scale: float32 [N].

        Returns:
            "images", "component", "latent" and "label", as `draw` gives them.
        """
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
        """Turns latents [N, L] into images row by row: exactly those of `sample`."""
        return tf.map_fn(
            lambda z: self.generator(z[None], training=False)[0],
            latent,
            fn_output_signature=tf.TensorSpec(self.generator.output_shape[1:], tf.float32),
        )

    def decode(self, latent: np.ndarray) -> np.ndarray:
        """Turns latents into images: exactly those of `sample` for that latent.

        Args:
            latent: float32 [N, L].

        Returns:
            float32 [N, H, W, C] in [-1, 1], or points [N, P].

        Raises:
            ValueError: `latent` is not of width L.
        """
        latent = np.asarray(latent, np.float32)
        if latent.ndim != 2 or latent.shape[1] != self.latent_dim:
            raise ValueError(f"latent is [N, {self.latent_dim}]. Received: shape {latent.shape}.")
        return self.decode_rows(tf.constant(latent)).numpy()

    def describe(self) -> dict:
        """Tells what the model draws: components and weights, shape, provenance.

        Returns:
            "prior", "components", "weights" [K], "latent_dim", "image_shape", "classes" (None
            where it knows none), "component_to_class" [K] (where components stand for classes) and
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
        return {
            "name": self.name,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "labels": keras.saving.serialize_keras_object(self.labels),
            "provenance": self.provenance,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Sampler":
        """Makes a sampler from `get_config`."""
        # Files of models without classes were written before there were any with.
        return cls(**deserialized({"labels": None, **config}, _PARTS, custom_objects))

    def _decoded(self, latent: tf.Tensor, **drawn: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"images": self.decode_rows(latent), **drawn, "latent": latent}

    def _check_label(
        self, label: int | np.ndarray | None, component: tf.Tensor, num_samples: int
    ) -> tf.Tensor:
        if self.labels is None:
            return check_label(label, None, num_samples)
        label = self.labels.check(label, num_samples)
        agree = self.labels.agree(component, label).numpy()
        if not agree.all():
            row = int(np.argmin(agree))
            classes = self.labels.component_to_class
            raise ValueError(
                f"Component {component[row]} is of class {classes[int(component[row])]}. "
                f"Received: label={label[row]} with it; ask for one of the two."
            )
        return label

    def _draw_components(
        self, row_seeds: tf.Tensor, component: tf.Tensor, label: tf.Tensor, weights: np.ndarray
    ) -> tf.Tensor:
        """Components drawn by given weights [K], within the class of each row, where none is."""
        within = None if self.labels is None else self.labels.component_weights(label, weights)
        if within is not None:
            empty = tf.reduce_sum(within, axis=1).numpy() == 0
            if empty.any():
                raise ValueError(
                    "weights leave something to each class that is asked for. Received: nothing "
                    f"for class {label[int(np.argmax(empty))]}."
                )
        drawn = self.prior.draw_components(row_seeds, weights if within is None else within)
        return tf.where(component < 0, drawn, component)


def deserialized(config: dict, parts: tuple[str, ...], custom_objects: dict | None = None) -> dict:
    """A config whose named parts are Keras objects again."""
    deserialized = {
        part: keras.saving.deserialize_keras_object(config[part], custom_objects=custom_objects)
        for part in parts
    }
    return {**config, **deserialized}
