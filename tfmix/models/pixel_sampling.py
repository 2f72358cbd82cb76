"""Images drawn pixel by pixel, each a function of its seed, label and temperature alone."""

import math

import numpy as np
import tensorflow as tf

from tfmix import pictures, seeds
from tfmix.checks import all_good, numbers, one_per_row
from tfmix.models.rich_display import RichDisplay
from tfmix.priors.labels import check_label

_BLOCK = 16  # rows made at once: every kernel sees one shape, so that a row has the same bits
_CHUNK = 256  # rows sampled at a time, which bounds the memory of a large sample


class PixelSampling(RichDisplay):
    """How a PixelCNN draws.

    It needs `image_shape`, `num_classes`, and of the network `stacks` and `head`; see
    `tfmix.networks.pixel_cnn`.
    """

    shown = _BLOCK  # more would keep a notebook waiting

    @property
    def sampling_parameters(self) -> tuple[str, ...]:
        """Names of what `draw` takes beside the seed, so that programs can ask for it."""
        return ("temperature",) if self.num_classes is None else ("label", "temperature")

    def sample(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        label: int | np.ndarray | None = None,
        temperature: float | np.ndarray = 1.0,
    ) -> np.ndarray:
        """Draws images.

        Args:
            num_samples: N.
            seed: An int32, from which each row's seed follows, or one a row; see
                `tfmix.seeds.row_seeds`.
            label: The class to draw from, one int or one a row, for a model with classes; -1 or
                None: draw it, all classes alike.
            temperature: T: each channel is drawn from p^(1 / T), one number or one a row. Below 1
                gives likelier images and lower diversity.

        Returns:
            float32 [N, H, W, C] in [-1, 1].

        Raises:
            ValueError: An argument outside its range or of another length than N, or a class of a
                model that knows none.
        """
        return self.draw(num_samples, seed=seed, label=label, temperature=temperature)["images"]

    def draw(
        self,
        num_samples: int,
        *,
        seed: int | np.ndarray = 0,
        label: int | np.ndarray | None = None,
        temperature: float | np.ndarray = 1.0,
    ) -> dict[str, np.ndarray]:
        """Draws images and says of which class they are; arguments as of `sample`.

        Returns:
            "images" float32 [N, H, W, C], and of a model with classes "label" int32 [N].
        """
        row_seeds = seeds.row_seeds(seed, num_samples)
        num_samples = row_seeds.shape[0]
        label = check_label(label, self.num_classes, num_samples)
        inputs = (row_seeds, label, _check_temperature(temperature, num_samples))
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
        label: int | np.ndarray | None = None,
        temperature: float | np.ndarray = 1.0,
    ) -> np.ndarray:
        """Draws images for imshow: uint8 [N, H, W, C]; arguments as of `sample`."""
        how = {"seed": seed, "label": label, "temperature": temperature}
        return pictures.to_uint8(self.sample(num_samples, **how))

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None], tf.float32),
        ],
        autograph=False,
        jit_compile=False,
    )
    def rows(
        self, seed: tf.Tensor, label: tf.Tensor, temperature: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """`draw` as a graph: row r of what comes out depends on row r of what goes in alone.

        Args:
            seed: int32 [N].
            label: int32 [N], -1: draw it, or where the model knows no classes.
            temperature: float32 [N], positive.

        Returns:
            "images" and, of a model with classes, "label", as `draw` gives them.
        """
        num_samples = tf.shape(seed)[0]
        padding = [[0, -num_samples % _BLOCK]]
        padded = (
            tf.pad(seed, padding),
            tf.pad(label, padding),
            tf.pad(temperature, padding, constant_values=1.0),
        )
        images, label = tf.map_fn(
            lambda block: self._draw_block(*block),
            tuple(tf.reshape(x, [-1, _BLOCK]) for x in padded),
            fn_output_signature=(
                tf.TensorSpec([_BLOCK, *self.image_shape], tf.float32),
                tf.TensorSpec([_BLOCK], tf.int32),
            ),
        )
        drawn = {"images": tf.reshape(images, [-1, *self.image_shape])[:num_samples]}
        if self.num_classes is not None:
            drawn["label"] = tf.reshape(label, [-1])[:num_samples]
        return drawn

    def _draw_block(
        self, seed: tf.Tensor, label: tf.Tensor, temperature: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Images and labels of one block of rows."""
        drawn = 0 if self.num_classes is None else 1  # uniforms that the label takes
        uniform = seeds.uniform_rows(seed, drawn + math.prod(self.image_shape))
        if drawn:
            number = tf.cast(uniform[:, 0] * self.num_classes, tf.int32)
            label = tf.where(label < 0, number, label)
        by_pixel = tf.reshape(uniform[:, drawn:], [_BLOCK, -1, self.image_shape[-1]])
        by_pixel = tf.transpose(by_pixel, [1, 2, 0])
        one_hot = self._one_hot(label if drawn else None)

        def choose(features: tf.Tensor, pixel: tf.Tensor) -> tf.Tensor:
            return self.head.draw(features, by_pixel[pixel], temperature)

        return self.stacks.unroll(one_hot, choose, _BLOCK), label


def _check_temperature(temperature: float | np.ndarray, num_samples: int) -> tf.Tensor:
    wanted = "temperature is finite and greater than 0"
    values = numbers("temperature", wanted, temperature)
    with np.errstate(over="ignore", under="ignore"):  # what float32 cannot hold is refused
        values = values.astype(np.float32)
    # Below the least normal number TensorFlow computes with 0.
    good = np.isfinite(values) & (values >= np.finfo(np.float32).tiny)
    all_good("temperature", wanted, values, good)
    return tf.constant(one_per_row("temperature", values, num_samples), tf.float32)
