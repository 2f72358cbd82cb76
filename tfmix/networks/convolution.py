"""Convolutions whose kernels get their gradient fast in bfloat16 on the CPU.

The gradient of a kernel is a convolution itself: of the images, their channels and their number
swapped, by the gradient of the maps, spread by the stride. TensorFlow's own kernel for it is as
slow in bfloat16 as in float32 where maps are small; this form is up to four times as fast there.
docs/speed.md has the measurements. All else is TensorFlow's own, and so is every bit in float32.
"""

from collections.abc import Callable

import keras
import tensorflow as tf

_LARGEST = 8  # side of the smaller map, in pixels, up to which this form is the faster one
_FEWEST = 8  # channels of a layer's input, likewise


class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`, with a kernel gradient that is fast in bfloat16."""

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolves; Keras's hook for what a layer computes before its bias."""
        if not _is_fast(self, inputs, self.compute_output_shape(inputs.shape)):
            return super().convolution_op(inputs, kernel)
        return _convolve(inputs, tf.convert_to_tensor(kernel), self.strides[0])


class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, with a kernel gradient that is fast in bfloat16."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Convolves, transposed; a layer with a bias does as Keras's."""
        if self.use_bias or not _is_fast(self, inputs, inputs.shape):
            return super().call(inputs)
        shape = tf.shape(inputs)[:1], self.compute_output_shape(inputs.shape)[1:]
        kernel = tf.convert_to_tensor(self.kernel)
        return self.activation(
            _convolve_back(inputs, kernel, tf.concat(shape, axis=0), self.strides[0])
        )


def _is_fast(
    layer: Conv2D | Conv2DTranspose, inputs: tf.Tensor, smaller: tuple[int | None, ...]
) -> bool:
    """Whether this form is the faster one, given the shape of the smaller of the layer's maps."""
    return (
        inputs.dtype == tf.bfloat16
        and max(smaller[1:3]) <= _LARGEST
        and inputs.shape[-1] >= _FEWEST
        and layer.padding == "same"
        and layer.strides[0] == layer.strides[1] <= min(layer.kernel_size)
        and layer.dilation_rate == (1, 1)
        and not tf.config.list_physical_devices("GPU")
    )


def _convolve(images: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """A convolution whose gradients, of any order, come by this form."""

    @tf.custom_gradient
    def convolved(images: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            back = _convolve_back(maps, kernel, tf.shape(images), stride)
            return back, _of_kernel(images, maps, kernel.shape, stride)

        return tf.nn.conv2d(images, kernel, stride, "SAME"), gradient

    return convolved(images, kernel)


def _convolve_back(maps: tf.Tensor, kernel: tf.Tensor, shape: tf.Tensor, stride: int) -> tf.Tensor:
    """The transpose of `_convolve`, to images of a shape."""

    @tf.custom_gradient
    def convolved(maps: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        def gradient(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            forth = _convolve(images, kernel, stride)
            return forth, _of_kernel(images, maps, kernel.shape, stride)

        return tf.nn.conv2d_transpose(maps, kernel, shape, stride, "SAME"), gradient

    return convolved(maps, kernel)


def _of_kernel(images: tf.Tensor, maps: tf.Tensor, shape: tf.TensorShape, stride: int) -> tf.Tensor:
    """The gradient of a kernel of a shape by which images give maps, given that of the maps."""
    around = []
    for large, small, side in zip(images.shape[1:3], maps.shape[1:3], shape[:2], strict=True):
        missing = max((small - 1) * stride + side - large, 0)
        around.append([missing // 2, missing - missing // 2])
    images = tf.transpose(images, [3, 1, 2, 0])
    maps = tf.transpose(maps, [1, 2, 0, 3])
    found = tf.nn.conv2d(images, maps, 1, [[0, 0], *around, [0, 0]], dilations=stride)
    return tf.transpose(found, [1, 2, 0, 3])
