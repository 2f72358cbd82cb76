"""The stacks of PixelCNN (van den Oord et al., NeurIPS 2016), on whole images or pixel by pixel."""

from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

_FIRST_KERNEL = 7  # width of the first layer's kernels


class GatedBlock(keras.layers.Layer):
    """One layer of both stacks, tanh times sigmoid, with a bias for each class (equations 2 and 4).

    The vertical stack sees rows at and above its own, the horizontal one its own row at and to the
    left, and through a 1 x 1 link the vertical one of the row above. A pixel's class and all that
    comes from above reach the horizontal stack as its *context*.

    Args:
        inputs: Number of input features, those of an image where `first`.
        filters: F, number of output features.
        num_classes: Classes; None for none.
        kernel_size: k, odd and at least 3. The vertical stack's kernel has k columns and the
            k // 2 + 1 rows that end at its own; the horizontal stack's reaches k // 2 pixels left.
        first: Whether the input is an image: then the horizontal stack sees only pixels to the
            left, and there is no residual connection.
        vertical_residual: Whether the vertical stack has residual connections like the horizontal
            one's; in the paper it has none.
        initializers: An initializer for each weight in turn.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(
        self,
        inputs: int,
        filters: int,
        num_classes: int | None,
        *,
        kernel_size: int,
        first: bool = False,
        vertical_residual: bool = False,
        initializers: Iterator[keras.initializers.Initializer],
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.first, self.vertical_residual = first, vertical_residual and not first
        self.reach = kernel_size // 2  # rows that a layer sees above its own, columns at each side
        taps = self.reach if first else self.reach + 1
        gates = 2 * filters

        def kernel(name: str, *shape: int) -> keras.Variable:
            # In float32 under any policy, to whose dtype a call casts: sampling is in float32.
            return self.add_weight(shape, next(initializers), "float32", name=name)

        def bias(name: str, width: int) -> keras.Variable:
            return self.add_weight([width], "zeros", "float32", name=name)

        self.vertical = kernel("vertical", self.reach + 1, kernel_size, inputs, gates)
        self.vertical_bias = bias("vertical_bias", gates)
        self.link = kernel("link", gates, gates)
        self.horizontal = kernel("horizontal", taps * inputs, gates)
        self.horizontal_bias = bias("horizontal_bias", gates)
        self.out = kernel("out", filters, filters)
        self.out_bias = bias("out_bias", filters)
        self.classes = None if num_classes is None else kernel("classes", num_classes, 2 * gates)
        self.built = True

    def call(
        self, above: tf.Tensor, left: tf.Tensor, label: tf.Tensor | None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Outputs of both stacks over whole images, [B, H, W, F] each.

        Args:
            above: Inputs of the vertical stack, [B, H, W, inputs].
            left: Inputs of the horizontal stack, [B, H, W, inputs].
            label: One-hot classes [B, K], or None.
        """
        seen = self.sweep(tf.pad(above, [[0, 0], [self.reach, 0], [0, 0], [0, 0]]), label)
        context = self.context(_shifted(seen, rows=1), label)
        offsets = range(self.reach, 0 if self.first else -1, -1)
        taps = tf.concat([_shifted(left, columns=offset) for offset in offsets], axis=-1)
        return self.descend(seen, above), self.step(taps, context, left)

    def sweep(self, rows: tf.Tensor, label: tf.Tensor | None) -> tf.Tensor:
        """What the vertical stack sees before its gate, of the R rows that have enough above them.

        Args:
            rows: [B, R + reach, W, inputs], of which it makes [B, R, W, 2 F].
            label: One-hot classes [B, K], or None.
        """
        rows = tf.pad(rows, [[0, 0], [0, 0], [self.reach, self.reach], [0, 0]])
        seen = tf.nn.conv2d(rows, self.vertical, strides=1, padding="VALID") + self.vertical_bias
        return seen if label is None else seen + self._of_class(label)[0]

    def descend(self, seen: tf.Tensor, above: tf.Tensor) -> tf.Tensor:
        """Outputs of the vertical stack, [B, R, W, F].

        Args:
            seen: [B, R, W, 2 F], as `sweep` gives it.
            above: Its inputs of the same rows, [B, R, W, inputs].
        """
        return above + gate(seen) if self.vertical_residual else gate(seen)

    def context(self, seen: tf.Tensor, label: tf.Tensor | None) -> tf.Tensor:
        """What the horizontal stack of a row gets from the row above and the class, [B, R, W, 2 F].

        Args:
            seen: Of the row above each, [B, R, W, 2 F], as `sweep` gives it.
            label: One-hot classes [B, K], or None.
        """
        context = tf.tensordot(seen, self.link, 1) + self.horizontal_bias
        return context if label is None else context + self._of_class(label)[1]

    def step(self, taps: tf.Tensor, context: tf.Tensor, left: tf.Tensor) -> tf.Tensor:
        """Outputs of the horizontal stack for pixels, [..., F].

        Args:
            taps: The pixels of the row that it sees, [..., taps * inputs], from the left.
            context: [..., 2 F], a result of `context`.
            left: Its input at the pixel itself, to which it adds unless this is the first layer.
        """
        found = gate(tf.tensordot(taps, self.horizontal, 1) + context)
        found = tf.tensordot(found, self.out, 1) + self.out_bias
        return found if self.first else left + found

    def _of_class(self, label: tf.Tensor) -> list[tf.Tensor]:
        return tf.split(tf.matmul(label, self.classes)[:, None, None], 2, axis=-1)


class PixelStacks(keras.layers.Layer):
    """Computes features of each pixel from the pixels before it, by rows and from the left.

    Args:
        image_shape: (H, W, C).
        filters: F.
        num_blocks: Layers after the first.
        num_classes: K; None for none.
        kernel_size: Of the layers after the first; see `GatedBlock`.
        vertical_residual: See `GatedBlock`.
        initializers: An initializer for each weight in turn.
        **kwargs: See `keras.layers.Layer`.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        filters: int,
        num_blocks: int,
        num_classes: int | None,
        *,
        kernel_size: int = 3,
        vertical_residual: bool = False,
        initializers: Iterator[keras.initializers.Initializer],
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.image_shape = image_shape
        self.filters = filters
        self.blocks = [
            GatedBlock(
                filters if i else image_shape[-1] + 1,
                filters,
                num_classes,
                kernel_size=kernel_size if i else _FIRST_KERNEL,
                first=i == 0,
                vertical_residual=vertical_residual,
                initializers=initializers,
                dtype=self.dtype_policy,
                name=f"block_{i}",
            )
            for i in range(num_blocks + 1)
        ]
        self.built = True

    @property
    def receptive_field(self) -> tuple[int, int]:
        """Pixels that a pixel's features see upwards, and to each side.

        In the rows above that is to the left and to the right, in the pixel's own row to the left.
        """
        side = sum(block.reach for block in self.blocks)
        return side + 1, side  # the context comes from one row above

    def call(self, values: tf.Tensor, label: tf.Tensor | None) -> tf.Tensor:
        """Features of whole images, [B, H, W, F]; a pixel's depend on earlier pixels alone.

        Args:
            values: Images [B, H, W, C] in [-1, 1].
            label: One-hot classes [B, K], or None.
        """
        above = left = _marked(values)
        for block in self.blocks:
            above, left = block(above, left, label)
        return left

    def unroll(
        self,
        label: tf.Tensor | None,
        choose: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        batch: int,
    ) -> tf.Tensor:
        """Makes images float32 [B, H, W, C] by pixels, with each feature computed once.

        The features are those of `call`. The vertical stack advances when a row is done, from the
        rows that its kernels still see; within a row only the horizontal stack advances.

        Args:
            label: One-hot classes [B, K], or None.
            choose: Maps features [B, F] and the index of the pixel to its values [B, C].
            batch: B.
        """
        height, width, channels = self.image_shape
        gates = 2 * self.filters

        def next_row(row: tf.Tensor, windows: list, seen: list, done: tf.TensorArray) -> tuple:
            found = [b.context(s, label) for b, s in zip(self.blocks, seen, strict=True)]
            contexts = tf.transpose(tf.stack(found)[:, :, 0], [2, 0, 1, 3])  # by column
            pixels = self._unroll_row(contexts, lambda f, column: choose(f, row * width + column))
            windows, seen = self._descend(_marked(pixels)[:, None], windows, label)
            return row + 1, windows, seen, done.write(row, pixels)

        windows = [tf.zeros([batch, b.reach + 1, width, b.vertical.shape[2]]) for b in self.blocks]
        seen = [tf.zeros([batch, 1, width, gates]) for _ in self.blocks]
        done = tf.TensorArray(tf.float32, height, element_shape=[batch, width, channels])
        *_, done = tf.while_loop(
            lambda row, *_: row < height, next_row, (tf.constant(0), windows, seen, done)
        )
        return tf.transpose(done.stack(), [1, 0, 2, 3])

    def _unroll_row(
        self, contexts: tf.Tensor, choose: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        """One row of pixels [B, W, C] from the blocks' contexts [W, blocks, B, 2 F]."""
        width, batch, channels = contexts.shape[0], contexts.shape[2], self.image_shape[-1]
        blank = tf.zeros([batch, channels + 1])

        def next_pixel(column: tf.Tensor, pixels: list, left: list, done: tf.TensorArray) -> tuple:
            context = tf.unstack(contexts[column])
            features = self.blocks[0].step(tf.concat(pixels, axis=-1), context[0], pixels[-1])
            here = []
            for block, of_block, before in zip(self.blocks[1:], context[1:], left, strict=True):
                taps = tf.concat([before, features], axis=-1)
                here.append(taps[:, self.filters :])
                features = block.step(taps, of_block, features)
            values = choose(features, column)
            return column + 1, [*pixels[1:], _marked(values)], here, done.write(column, values)

        left = [tf.zeros([batch, b.reach * self.filters]) for b in self.blocks[1:]]
        done = tf.TensorArray(tf.float32, width, element_shape=[batch, channels])
        *_, done = tf.while_loop(
            lambda column, *_: column < width,
            next_pixel,
            (tf.constant(0), [blank] * self.blocks[0].reach, left, done),
        )
        return tf.transpose(done.stack(), [1, 0, 2])

    def _descend(
        self, row: tf.Tensor, windows: list[tf.Tensor], label: tf.Tensor | None
    ) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """Advances the vertical stack to a finished row [B, 1, W, C + 1] of pixels."""
        moved, seen = [], []
        for block, window in zip(self.blocks, windows, strict=True):
            moved.append(tf.concat([window[:, 1:], row], axis=1))
            seen.append(block.sweep(moved[-1], label))
            row = block.descend(seen[-1], row)
        return moved, seen


def gate(features: tf.Tensor) -> tf.Tensor:
    """tanh of half the features times sigmoid of the other half, [..., 2 F] -> [..., F]."""
    new, share = tf.split(features, 2, axis=-1)
    return tf.tanh(new) * tf.sigmoid(share)


def _marked(values: tf.Tensor) -> tf.Tensor:
    """Appends a channel of ones, which distinguishes grey from the padding around the image."""
    return tf.concat([values, tf.ones_like(values[..., :1])], axis=-1)


def _shifted(x: tf.Tensor, rows: int = 0, columns: int = 0) -> tf.Tensor:
    """Shifts maps [B, H, W, F] down and to the right, filling with zeros."""
    _, height, width, _ = x.shape
    rows, columns = min(rows, height), min(columns, width)
    # Not a strided slice, whose gradient takes as long on a CPU as all the convolutions do.
    kept = tf.slice(x, [0, 0, 0, 0], [-1, height - rows, width - columns, -1])
    return tf.pad(kept, [[0, 0], [rows, 0], [columns, 0], [0, 0]])
