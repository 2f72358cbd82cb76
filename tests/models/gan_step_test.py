"""Run as a program, this file takes a step on two replicas, which one process of pytest cannot."""

import os
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import GAN, networks, priors, seeds

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)


def tiny_gan(**arguments):
    """Points from a learned mixture, all in dense layers."""
    return GAN(
        priors.GaussianMixture(3, 2),
        networks.MLPGenerator(2, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(2, widths=(6,), seed=2),
        **arguments,
    )


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


def steps_by_hand(gan, parts, num_steps=1, make_optimizer=None):
    """Weights of `tiny_gan` after training steps of which every replica computes a part.

    Returns the generator's weights, the prior's locations and raw scales, the discriminator's
    weights.
    """
    loc, raw_scale = gan.prior.trainable_variables
    generator = [tf.Variable(v) for v in (*gan.generator.trainable_variables, loc, raw_scale)]
    discriminator = [tf.Variable(v) for v in gan.discriminator.trainable_variables]
    optimizers = make_optimizer(), make_optimizer()

    def update(optimizer, losses, tape, variables):
        gradients = tape.gradient(losses, variables)  # of their sum
        optimizer.apply([tf.convert_to_tensor(g) / len(parts) for g in gradients], variables)

    def latents(step, replica, rows):
        seed = seeds.fold_in(seeds.step_seed(gan.seed, step, replica), 0)
        component = gan.prior.draw(rows, seed).component  # from the weights alone, which are fixed
        uniform = seeds.uniform([rows, 2], seeds.fold_in(seed, 1))
        scale = 1e-4 + tf.math.softplus(generator[-1])
        return tf.gather(generator[-2], component) + tf.gather(scale, component) * (
            tf.math.ndtri(uniform)
        )

    for step in range(num_steps):
        with tf.GradientTape() as tape:
            losses = []
            for replica, real in enumerate(parts):
                z = latents(step, replica, len(real))
                fake = tf.stop_gradient(dense(z, pairs(generator[:-2]), 0.0))
                logits = [dense(x, pairs(discriminator), 0.2) for x in (real, fake)]
                losses.append(
                    tf.reduce_mean(cross_entropy(1, logits[0]) + cross_entropy(0, logits[1]))
                )
        update(optimizers[1], losses, tape, discriminator)
        with tf.GradientTape() as tape:
            losses = []
            for replica, real in enumerate(parts):
                fake = dense(latents(step, replica, len(real)), pairs(generator[:-2]), 0.0)
                logits = dense(fake, pairs(discriminator), 0.2)
                losses.append(tf.reduce_mean(cross_entropy(1, logits)))
        update(optimizers[0], losses, tape, generator)
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
def test_steps_are_those_by_hand(make_optimizer, fit):
    gan = tiny_gan(seed=-3)
    start = trained(gan)
    expected = steps_by_hand(gan, [POINTS], 3, make_optimizer)
    gan.compile(make_optimizer(), make_optimizer())
    fit(gan, tf.data.Dataset.from_tensors(POINTS), epochs=3)
    for weight, by_hand, before in zip(trained(gan), expected, start, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=2e-5)
        assert (weight != before).any()


def two_replicas():
    """A step on two replicas is that by hand, the gradients averaged, each with its own noise."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        gan = tiny_gan(ema_momentum=0.9)
        gan.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5))
    data = tf.data.Dataset.from_tensor_slices(POINTS).batch(8)
    expected = steps_by_hand(gan, [POINTS[:4], POINTS[4:]], 1, lambda: keras.optimizers.SGD(0.5))
    gan.fit(data, verbose=0, shuffle=False)
    for weight, by_hand in zip(trained(gan), expected, strict=True):
        np.testing.assert_allclose(weight, by_hand, atol=2e-6)
    assert gan.step.numpy() == 1
    averaged = gan.sampled.generator.weights[0].numpy()
    start = tiny_gan().generator.weights[0].numpy()
    np.testing.assert_allclose(averaged, (2 * start + 9 * expected[0]) / 11, atol=2e-6)
    assert np.isfinite(gan.evaluate(data, verbose=0)).all()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.keras"
        gan.save(path)
        loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(loaded.sample(4), gan.sample(4))
    for weight, expected in zip(trained(loaded), trained(gan), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_two_replicas_average_gradients_of_noise_of_their_own():
    done = subprocess.run(
        [sys.executable, __file__],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_seed_makes_the_noise(sgd, assert_equal):
    gans = [sgd(tiny_gan(seed=seed)) for seed in (4, 4, 5)]
    for gan in gans:
        gan.train_step(POINTS)
    assert_equal(gans[0], gans[1])
    assert (trained(gans[0])[0] != trained(gans[2])[0]).any()


def test_compiled_by_xla_agrees(sgd, batches, fit, weights):
    plain, compiled = (sgd(tiny_gan(), jit_compile=jit) for jit in (False, True))
    for gan in (plain, compiled):
        fit(gan, batches(POINTS, 8))
    for weight, expected in zip(weights(compiled), weights(plain), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-4)


def test_several_steps_an_execution_change_nothing(sgd, batches, fit, assert_equal):
    single, several = (sgd(tiny_gan(), steps_per_execution=n) for n in (1, 2))
    for gan in (single, several):
        fit(gan, batches(POINTS, 2))
    assert_equal(single, several)


def test_mixed_precision_trains_float32_variables(image_gan, adam, images, batches, fit):
    gan = adam(image_gan("mixed_bfloat16"))
    start = trained(gan)
    fit(gan, batches(images), epochs=2)
    for weight, before in zip(trained(gan), start, strict=True):
        assert weight.dtype == np.float32
        assert np.isfinite(weight).all()
        assert (weight != before).any()
    assert gan.sample(2).dtype == np.float32


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


if __name__ == "__main__":
    two_replicas()
