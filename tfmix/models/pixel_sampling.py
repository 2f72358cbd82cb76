"""Images drawn pixel by pixel, each a function of its seed, label and temperature alone."""

import math

import tensorflow as tf

from tfmix import seeds
from tfmix.models.blocks import SIZE, in_blocks
from tfmix.models.rich_display import RichDisplay
from tfmix.sampling import BaseSampler


class PixelSampling(BaseSampler, RichDisplay):
    """What a PixelCNN draws with.

    It needs `image_shape`, `num_classes`, and of the network `stacks` and `head`; see
    `tfmix.networks.pixel_cnn`.
    """

    shown = SIZE  # more would keep a notebook waiting

    @property
    def sampling_parameters(self) -> dict[str, int | None]:
        """How many classes there are; see `tfmix.sampling.BaseSampler`."""
        label = {} if self.num_classes is None else {"label": self.num_classes}
        return {**label, "temperature": None}

    def draw_rows(
        self, seed: tf.Tensor, temperature: tf.Tensor, label: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """Draws a chunk of rows; see `tfmix.sampling.BaseSampler.draw_rows`."""
        label = tf.fill(tf.shape(seed), -1) if label is None else label
        return self._draw_rows(seed, label, temperature)

    @tf.function(
        input_signature=[tf.TensorSpec([None], tf.int32)] * 2 + [tf.TensorSpec([None], tf.float32)],
        autograph=False,
        jit_compile=False,
    )
    def _draw_rows(
        self, seed: tf.Tensor, label: tf.Tensor, temperature: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """`draw_rows` as a graph: all [N]; without classes, labels are not looked at."""
        specs = tf.TensorSpec(self.image_shape), tf.TensorSpec([], tf.int32)
        images, label = in_blocks(self._draw_block, (seed, label, temperature), specs)
        drawn = {"images": images}
        if self.num_classes is not None:
            drawn["label"] = label
        return drawn

    def _draw_block(
        self, seed: tf.Tensor, label: tf.Tensor, temperature: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Images and labels of one block of rows."""
        rows = seed.shape[0]
        drawn = 0 if self.num_classes is None else 1  # uniforms that the label takes
        uniform = seeds.uniform_rows(seed, drawn + math.prod(self.image_shape))
        if drawn:
            number = tf.cast(uniform[:, 0] * self.num_classes, tf.int32)
            label = tf.where(label < 0, number, label)
        by_pixel = tf.reshape(uniform[:, drawn:], [rows, -1, self.image_shape[-1]])
        by_pixel = tf.transpose(by_pixel, [1, 2, 0])
        one_hot = self._one_hot(label if drawn else None)

        def choose(features: tf.Tensor, pixel: tf.Tensor) -> tf.Tensor:
            return self.head.draw(features, by_pixel[pixel], temperature)

        return self.stacks.unroll(one_hot, choose, rows), label
