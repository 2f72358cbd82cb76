"""Penalties on the discriminator, other losses and smoothed labels, in a GAN's step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from tests.models.tiny import LABELS, points_gan
from tfmix import GAN, losses, networks, priors, seeds

POINTS = tf.constant(tiny.POINTS)
BOTH = ["r1_penalty", "gradient_penalty"]


def drawn(gan):
    """The seed and the generated batch of the next step, and the classes asked for."""
    seed = seeds.fold_in(seeds.step_seed(gan.seed, int(gan.step)), 0)
    draw = gan.prior.draw(8, seed)
    if gan.labels is None:
        return seed, gan(draw.z), None
    label, code = gan.labels.draw(draw.component, seeds.fold_in(seed, 2))
    return seed, gan(tf.concat([draw.z, code], axis=1)), label


def logit(gan, points, label):
    """The logit that counts, [B, 1]."""
    outputs = gan.discriminator(points)
    outputs = outputs["logit"] if isinstance(outputs, dict) else outputs
    return outputs if outputs.shape[1] == 1 else tf.gather(outputs, label, axis=1, batch_dims=1)


def norms(gan, points, label):
    """Norm of the gradient of each row's logit, [B]."""
    with tf.GradientTape() as tape:
        tape.watch(points)
        logits = logit(gan, points, None if label is None else label[:, None])
    return tf.norm(tape.gradient(logits, points), axis=1)


def slopes(gan, penalty):
    """Gradient of a penalty in the discriminator's weights."""
    variables = [v.value for v in gan.discriminator.trainable_variables]
    with tf.GradientTape() as tape:
        value = penalty()
    return [g.numpy() for g in tape.gradient(value, variables, unconnected_gradients="zero")]


def assert_step_adds(gan, plain, expected):
    """Steps at rate 1 from the same weights take so much more off the discriminator's."""
    plain.discriminator.set_weights(gan.discriminator.get_weights())
    for each in (gan, plain):
        each.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0))
        each.train_step((POINTS, LABELS))
    after = [[v.numpy() for v in each.discriminator.trainable_variables] for each in (gan, plain)]
    for penalised, free, due in zip(*after, expected, strict=True):
        np.testing.assert_allclose(free - penalised, due, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("make", ["GAN", "SupervisedGMGAN", "ACGAN"])
def test_r1_is_taken_every_few_steps_and_weighs_as_many(make):
    gan, plain = points_gan(make, r1_penalty=0.7, r1_every=2), points_gan(make)
    label = None if gan.labels is None else LABELS
    for weight in (0.7 * 2, 0.0, 0.7 * 2):
        expected = slopes(
            gan, lambda w=weight: w * tf.reduce_mean(norms(gan, POINTS, label) ** 2) / 2
        )
        assert_step_adds(gan, plain, expected)
        assert (np.abs(expected[0]).max() > 1e-3) == (weight > 0)


@pytest.mark.parametrize("make", ["GAN", "SupervisedGMGAN", "ACGAN"])
def test_gradient_penalty_is_that_by_hand(make):
    gan, plain = points_gan(make, gradient_penalty=3.0), points_gan(make)
    label = None if gan.labels is None else LABELS
    seed, fake, _ = drawn(gan)
    share = seeds.uniform([8], seeds.fold_in(seed, 3))[:, None]
    between = share * fake + (1 - share) * POINTS
    expected = slopes(gan, lambda: 3.0 * tf.reduce_mean((norms(gan, between, label) - 1.0) ** 2))
    assert_step_adds(gan, plain, expected)
    assert np.abs(expected[0]).max() > 1e-3


@pytest.mark.parametrize("name", BOTH)
def test_a_penalty_is_no_part_of_the_tracked_loss(name, sgd):
    logs = [
        float(sgd(gan, rate=0.0).train_step(POINTS)["discriminator_loss"])
        for gan in (points_gan(), points_gan(**{name: 5.0}))
    ]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("norm", ["none", "layer", "spectral"])
def test_penalties_go_with_norms_of_single_images(name, norm, images, sgd):
    discriminator = networks.DCGANDiscriminator((8, 8, 1), width=2, norm=norm)
    gan = GAN(
        priors.StandardNormal(2),
        networks.DCGANGenerator(2, (8, 8, 1), width=2),
        discriminator,
        **{name: 1.0},
    )
    logs = sgd(gan).train_step(tf.constant(images))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    for variable in discriminator.trainable_variables:
        assert np.isfinite(variable.numpy()).all()


def nested(inputs):
    inner = keras.Sequential([keras.layers.Dense(4), keras.layers.BatchNormalization()])
    return keras.Sequential([inner, keras.layers.LeakyReLU()])(inputs)


def wrapped(inputs):
    rows = keras.layers.Reshape((1, 2))(inputs)
    return keras.layers.Flatten()(
        keras.layers.TimeDistributed(keras.layers.BatchNormalization())(rows)
    )


def held(inputs):
    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.BatchNormalization()

        def call(self, inputs):
            return inputs + self.inner(inputs)

    return Block()(inputs)


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("features", [keras.layers.BatchNormalization(), nested, wrapped, held])
def test_penalties_are_refused_with_batch_normalisation(name, features):
    inputs = keras.Input((2,))
    discriminator = keras.Model(inputs, keras.layers.Dense(1)(features(inputs)), name="some")
    with pytest.raises(ValueError, match=rf"{name} needs .*'layer' or 'spectral'.*1\.0 with some"):
        points_gan(discriminator=discriminator, **{name: 1.0})
    points_gan(discriminator=discriminator, **{name: 0.0})


def test_smoothed_labels_change_the_discriminator_s_target_of_real_data(sgd):
    gan = sgd(points_gan(label_smoothing=0.2), rate=0.0)
    _, fake, _ = drawn(gan)
    real, fake = (gan.discriminator(x).numpy().astype(np.float64) for x in (POINTS, fake))
    logs = gan.train_step(POINTS)
    of_real = 0.8 * np.logaddexp(0, -real) + 0.2 * np.logaddexp(0, real)
    expected = np.mean(of_real + np.logaddexp(0, fake))
    np.testing.assert_allclose(logs["discriminator_loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(logs["generator_loss"], np.logaddexp(0, -fake).mean(), rtol=1e-5)


@pytest.mark.parametrize("loss", losses.ADVERSARIAL)
@pytest.mark.parametrize("make", ["GAN", "SupervisedGMGAN", "ACGAN"])
def test_each_loss_trains(loss, make, adam):
    gan = adam(points_gan(make, loss=loss))
    before = [v.numpy() for v in gan.trainable_variables]
    logs = [gan.train_step((POINTS, LABELS)) for _ in range(3)][-1]
    assert np.isfinite([float(value) for value in logs.values()]).all()
    for variable, was in zip(gan.trainable_variables, before, strict=True):
        value = keras.ops.convert_to_numpy(variable)
        assert np.isfinite(value).all()
        # A bias of the last layer may add the same to both sides, and cancel.
        assert (value != was).any() or value.shape == (1,)
