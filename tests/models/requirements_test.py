"""What every GAN asks of its networks, its data and its optimizers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import ACGAN, GAN, PixelCNN, networks, priors

POINTS = np.random.default_rng(0).normal(size=[6, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0])


def gan(**arguments):
    parts = {
        "prior": priors.StandardNormal(2),
        "generator": networks.MLPGenerator(2, 2, widths=(4,), seed=1),
        "discriminator": networks.MLPDiscriminator(2, widths=(4,), seed=2),
    }
    return GAN(**{**parts, **arguments})


def acgan():
    return ACGAN(
        priors.StandardNormal(2),
        networks.MLPGenerator(5, 2, widths=(4,), seed=1),
        networks.MLPDiscriminator(2, widths=(4,), num_classes=3, seed=2),
        num_classes=3,
    )


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_networks_without_shapes_are_refused(role):
    with pytest.raises(ValueError, match=f"The {role} is a Keras model that knows its shapes"):
        gan(**{role: keras.Sequential([keras.layers.Dense(2)])})


@pytest.mark.parametrize("momentum", ["x", 0, 1.0, np.nan])
def test_refuses_a_momentum(momentum):
    with pytest.raises(ValueError, match="ema_momentum lies between 0 and 1, or is None"):
        gan(ema_momentum=momentum)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_whole_numbers_are_no_images(sgd, dtype):
    with pytest.raises(ValueError, match=r"Images are floats in \[-1, 1\].*Received: .*int"):
        sgd(gan()).fit(POINTS.astype(dtype), verbose=0)


@pytest.mark.parametrize("labels", [LABELS[:, None], LABELS.astype(np.uint8), LABELS[:, None] * 1])
def test_labels_come_in_columns_and_small_integers_too(sgd, assert_equal, labels):
    plain, other = sgd(acgan()), sgd(acgan())
    plain.train_step((POINTS, LABELS))
    other.train_step((POINTS, labels))
    assert_equal(other, plain)


@pytest.mark.parametrize("labels", [np.eye(3)[LABELS], np.eye(3, dtype=int)[LABELS], LABELS / 1.0])
def test_other_labels_are_refused(sgd, labels):
    with pytest.raises(ValueError, match=r"Labels are integers \[B\], a class in \[0, 3\) each"):
        sgd(acgan()).fit(POINTS, labels, verbose=0)


@pytest.mark.parametrize("label", [-1, 3])
def test_labels_out_of_range_are_refused(sgd, label):
    labels = np.where(np.arange(6) == 2, label, LABELS)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"a class in \[0, 3\) each"):
        sgd(acgan()).fit(POINTS, labels, verbose=0)


def test_pixel_cnn_takes_the_same_labels():
    images = np.zeros([2, 4, 4, 1], np.float32)
    model = PixelCNN((4, 4, 1), filters=2, num_blocks=1, num_classes=3)
    model.compile()
    model.fit(images, np.array([[0], [2]]), verbose=0)
    with pytest.raises(ValueError, match=r"Labels are integers \[B\]"):
        model.fit(images, np.eye(3)[:2], verbose=0)


def test_a_loss_scale_takes_the_same_step():
    states = []
    for wrap in (lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer):
        made = gan()
        made.compile(*(wrap(keras.optimizers.SGD(0.1)) for _ in range(2)))
        made.train_step(tf.constant(POINTS))
        states.append([value.numpy() for value in made.trainable_variables])
    for scaled, plain in zip(*states, strict=True):
        np.testing.assert_allclose(scaled, plain, rtol=1e-4, atol=1e-7)
