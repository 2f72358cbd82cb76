"""Training steps against the same steps written out by hand, and what may not change them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import POINTS, points_gan
from tfmix import GAN, networks, priors, seeds


def dense(x, layers, slope):
    for kernel, bias in layers[:-1]:
        x = tf.nn.leaky_relu(x @ kernel + bias, slope)
    kernel, bias = layers[-1]
    return x @ kernel + bias


def cross_entropy(label, logits):
    labels = tf.fill(tf.shape(logits), float(label))
    return tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)


def pairs(values):
    return list(zip(values[::2], values[1::2], strict=True))


def steps_by_hand(gan, num_steps, make_optimizer):
    """Weights of `points_gan` after steps on POINTS.

    Returns the generator's weights, the prior's locations and scales, the discriminator's
    weights.
    """
    loc, scale = gan.prior.trainable_variables
    generator = [tf.Variable(v) for v in (*gan.generator.trainable_variables, loc, scale)]
    discriminator = [tf.Variable(v) for v in gan.discriminator.trainable_variables]
    optimizers = make_optimizer(), make_optimizer()

    def latents(step):
        seed = seeds.fold_in(seeds.step_seed(gan.seed, step, 0), 0)
        component = gan.prior.draw(8, seed).component  # from the weights alone, which are fixed
        uniform = seeds.uniform([8, 2], seeds.fold_in(seed, 1))
        scale = tf.gather(generator[-1], component)  # above the floor throughout
        return tf.gather(generator[-2], component) + scale * tf.math.ndtri(uniform)

    def update(optimizer, loss, tape, variables):
        gradients = tape.gradient(loss, variables)
        optimizer.apply([tf.convert_to_tensor(g) for g in gradients], variables)

    for step in range(num_steps):
        with tf.GradientTape() as tape:
            fake = tf.stop_gradient(dense(latents(step), pairs(generator[:-2]), 0.0))
            logits = [dense(x, pairs(discriminator), 0.2) for x in (POINTS, fake)]
            loss = tf.reduce_mean(cross_entropy(1, logits[0]) + cross_entropy(0, logits[1]))
        update(optimizers[1], loss, tape, discriminator)
        with tf.GradientTape() as tape:
            fake = dense(latents(step), pairs(generator[:-2]), 0.0)
            loss = tf.reduce_mean(cross_entropy(1, dense(fake, pairs(discriminator), 0.2)))
        update(optimizers[0], loss, tape, generator)
    return [variable.numpy() for variable in generator + discriminator]


def trained(gan):
    parts = (gan.generator, gan.prior, gan.discriminator)
    return [v.numpy() for part in parts for v in part.trainable_variables]


@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda: keras.optimizers.SGD(0.5),
        lambda: keras.optimizers.Adam(0.01, epsilon=1e-3),
        lambda: keras.optimizers.RMSprop(0.01, epsilon=1e-3),
    ],
    ids=["SGD", "Adam", "RMSprop"],
)
def test_steps_are_those_by_hand(make_optimizer):
    gan = points_gan(seed=-3)
    start = trained(gan)
    expected = steps_by_hand(gan, 3, make_optimizer)
    gan.compile(make_optimizer(), make_optimizer())
    for _ in range(3):
        gan.train_step(POINTS)
    for weight, by_hand, before in zip(trained(gan), expected, start, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=2e-5)
        assert (weight != before).any()


def test_seed_makes_the_noise(sgd, assert_equal):
    gans = [sgd(points_gan(seed=seed)) for seed in (4, 4, 5)]
    for gan in gans:
        gan.train_step(POINTS)
    assert_equal(gans[0], gans[1])
    assert (trained(gans[0])[0] != trained(gans[2])[0]).any()


def test_several_steps_an_execution_change_nothing(sgd, batches, fit, assert_equal):
    single, several = (sgd(points_gan(), steps_per_execution=n) for n in (1, 2))
    for gan in (single, several):
        fit(gan, batches(POINTS, 2))
    assert_equal(single, several)


def test_latents_are_not_rounded_under_a_global_policy():
    generator = networks.MLPGenerator(2, 2, widths=(6,), dtype="float32")
    discriminator = networks.MLPDiscriminator(2, widths=(6,), dtype="float32")
    z = np.float32([[0.123456789, -0.3]])
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        gan = GAN(priors.StandardNormal(2), generator, discriminator)
        made = gan(z), gan.sampler()(z)
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(made[0], generator(z))
    np.testing.assert_array_equal(made[1], generator(z))


def test_a_loss_scale_takes_the_same_step():
    states = []
    for wrap in (lambda optimizer: optimizer, keras.optimizers.LossScaleOptimizer):
        gan = points_gan()
        gan.compile(*(wrap(keras.optimizers.SGD(0.1)) for _ in range(2)))
        gan.train_step(POINTS)
        states.append([value.numpy() for value in gan.trainable_variables])
    for scaled, plain in zip(*states, strict=True):
        np.testing.assert_allclose(scaled, plain, rtol=1e-4, atol=1e-7)
