"""The small model that users load: a prior and a generator, and nothing of the training."""

import keras
import numpy as np
import tensorflow as tf

from tfmix import pictures, seeds
from tfmix.checks import all_good, integers
from tfmix.priors import Prior

_CHUNK = 256  # rows sampled at a time, which bounds the memory of a large sample


@keras.saving.register_keras_serializable(package="tfmix")
class Sampler(keras.Model):
    """Draws images, each a function of its seed, component and scale alone.

    On the CPU an image has the same bits in a batch of any size or order, here, in the GAN that it
    comes from, after saving, and in the SavedModel. For that the generator is run row by row.

    Args:
        prior: A `tfmix.priors.Prior`.
        generator: A Keras model, latents [B, L] -> images [B, H, W, C] in [-1, 1] or points [B, P].
        provenance: What is known of its training: plain values that JSON can hold.
        **kwargs: Of `keras.Model`.

    Raises:
        ValueError: The generator does not take the prior's latents.
    """

    def __init__(
        self, prior: Prior, generator: keras.Model, *, provenance: dict | None = None, **kwargs
    ):
        super().__init__(**{"dtype": "float32", **kwargs})  # latents are never rounded
        if generator.input_shape[-1] != prior.latent_dim:
            raise ValueError(
                f"The prior draws latents of width {prior.latent_dim}, the generator takes "
                f"{generator.input_shape[-1]}. Make the two equal."
            )
        self.prior = prior
        self.generator = generator
        self.provenance = dict(provenance or {})
        self.built = True

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
                `tfmix.seeds.rows`.
            component: The component to draw from, one int or one a row; -1 or None: draw it.
            label: The class to draw from, for models that know classes; -1 or None: draw it.
            scale: Factor on the standard deviation of the component, one number or one a row.
                Below 1 gives higher quality and lower diversity, above 1 the reverse; 0 the
                component's centre (GM-GAN, 2018).
            weights: Probabilities [K] to draw components with instead of the prior's own.

        Returns:
            float32 [N, H, W, C] in [-1, 1], or points [N, P].

        Raises:
            ValueError: An argument outside its range or of another length than N.
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
            "images" float32 [N, H, W, C], "component" int32 [N], "latent" float32 [N, L].
        """
        refuse_label(label)
        row_seeds = seeds.rows(seed, num_samples)
        num_samples = row_seeds.shape[0]
        component = self.prior.check_component(component, num_samples)
        if weights is not None:
            drawn = self.prior.draw_components(row_seeds, weights)
            component = tf.where(component < 0, drawn, component)
        inputs = (row_seeds, component, self.prior.check_scale(scale, num_samples))
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
            tf.TensorSpec([None], tf.float32),
        ],
        jit_compile=False,
    )
    def rows(self, seed: tf.Tensor, component: tf.Tensor, scale: tf.Tensor) -> dict[str, tf.Tensor]:
        """`draw` as a graph: row r of what comes out depends on row r of what goes in alone.

        Args:
            seed: int32 [N].
            component: int32 [N], -1: draw it.
            scale: float32 [N].

        Returns:
            "images", "component" and "latent", as `draw` gives them.
        """
        latent = self.prior.sample_rows(seed, component, scale)
        return {
            "images": self.decode_rows(latent.z),
            "component": latent.component,
            "latent": latent.z,
        }

    @tf.function(reduce_retracing=True, jit_compile=False)
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
        if latent.ndim != 2 or latent.shape[1] != self.prior.latent_dim:
            raise ValueError(
                f"latent is [N, {self.prior.latent_dim}]. Received: shape {latent.shape}."
            )
        return self.decode_rows(tf.constant(latent)).numpy()

    def describe(self) -> dict:
        """Tells what the model draws: components and weights, shape, provenance.

        Returns:
            "prior", "components", "weights" [K], "latent_dim", "image_shape", "classes" (None
            where it knows none) and "provenance".
        """
        return {
            "prior": type(self.prior).__name__,
            "components": self.prior.num_components,
            "weights": self.prior.mixture_weights.numpy().tolist(),
            "latent_dim": self.prior.latent_dim,
            "image_shape": list(self.generator.output_shape[1:]),
            "classes": None,
            "provenance": self.provenance,
        }

    def get_config(self) -> dict:
        """The constructor's arguments by name."""
        return {
            "name": self.name,
            "prior": keras.saving.serialize_keras_object(self.prior),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "provenance": self.provenance,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Sampler":
        """Makes a sampler from `get_config`."""
        return cls(**revived(config, ("prior", "generator"), custom_objects))


def refuse_label(label: int | np.ndarray | None) -> None:
    """Raises a ValueError where a class is asked of a model that knows none."""
    values = integers("label", "label is an int, or one a row", -1 if label is None else label)
    all_good("label", "This model knows no classes; leave label out", values, values == -1)


def revived(config: dict, parts: tuple[str, ...], custom_objects: dict | None = None) -> dict:
    """A config whose named parts are Keras objects again."""
    revived = {
        part: keras.saving.deserialize_keras_object(config[part], custom_objects=custom_objects)
        for part in parts
    }
    return {**config, **revived}
