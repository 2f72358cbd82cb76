"""R1 and R2 in one pass, their schedules and defaults, and pairs of logits."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import POINTS, points_gan
from tfmix import GAN, losses, networks, priors
from tfmix.models.penalties import DiscriminatorPenalties

REAL = tf.constant(POINTS)
FAKE = tf.constant(POINTS[::-1] * 2)


def penalties(**arguments):
    network = networks.MLPDiscriminator(2, widths=(6,), seed=2)
    defaults = {"r1_penalty": 0.0, "r2_penalty": 0.0, "r1_every": 1}
    others = {"gradient_penalty": 0.0, "lecam_penalty": 0.0}
    return network, DiscriminatorPenalties(network, **{**defaults, **others, **arguments})


def lazy(network, layer, step=0):
    def score(real, fake):
        return network(real if fake is None else tf.concat([real, fake], axis=0))[:, 0]

    return layer.lazy(score, REAL, FAKE, tf.constant(step, tf.int64))


def test_r1_and_r2_are_those_of_two_passes():
    network, both = penalties(r1_penalty=0.3, r2_penalty=0.7, r1_every=4)
    at_real, at_fake = (losses.r1_penalty(lambda x: network(x)[:, 0], x) for x in (REAL, FAKE))
    np.testing.assert_allclose(lazy(network, both), 4 * (0.3 * at_real + 0.7 * at_fake), rtol=1e-5)
    assert lazy(network, both, step=3) == 0
    np.testing.assert_allclose(lazy(*penalties(r2_penalty=0.7)), 0.7 * at_fake, rtol=1e-5)


def test_gamma_follows_a_schedule():
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 10, 0.5)
    network, layer = penalties(r1_penalty=schedule)
    values = [float(lazy(network, layer, step)) for step in (0, 5, 10)]
    np.testing.assert_allclose(np.divide(values, values[0]), [1.0, 0.75, 0.5], rtol=1e-5)
    gan = points_gan(r1_penalty=schedule)
    again = type(gan).from_config(gan.get_config())
    assert again.penalties.r1_penalty.get_config() == schedule.get_config()


def test_r1_is_the_default_where_the_gradient_at_an_image_is_its_own():
    assert points_gan(r1_penalty=None).penalties.r1_penalty == 0.1
    batch = networks.MLPDiscriminator(2, widths=(6,), norm="batch")
    assert points_gan(r1_penalty=None, discriminator=batch).penalties.r1_penalty == 0
    assert points_gan(r1_penalty=None, gradient_penalty=1.0).penalties.r1_penalty == 0


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_real_and_generated_points_share_a_batch_unless_rows_are_mixed(norm):
    network = networks.MLPDiscriminator(2, widths=(6,), norm=norm, seed=2)
    gan, sizes = points_gan(discriminator=network), []
    whole = gan.critic.outputs
    gan.critic.outputs = lambda x, *rest, **more: sizes.append(len(x)) or whole(x, *rest, **more)
    real, fake = gan.critic.outputs_of_both(REAL, None, FAKE, None, training=True)
    assert sizes == ([16] if norm == "none" else [8, 8])
    np.testing.assert_allclose(real["logit"], network(REAL, training=True), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(fake["logit"], network(FAKE, training=True), rtol=1e-5, atol=1e-6)


def test_r2_keeps_real_and_generated_images_apart_where_rows_are_mixed():
    network = networks.DCGANDiscriminator((8, 8, 1), width=2, depth=1, minibatch_kernels=3, seed=2)
    generator = networks.DCGANGenerator(2, (8, 8, 1), width=2, depth=1)
    gammas = {"r1_penalty": 0.3, "r2_penalty": 0.7, "r1_every": 1}
    gan = GAN(priors.StandardNormal(2), generator, network, **gammas)
    pixels = np.random.default_rng(0).uniform(-1, 1, [2, 4, 8, 8, 1]).astype(np.float32)
    real, fake = map(tf.constant, pixels)
    at_real, at_fake = (losses.r1_penalty(lambda x: network(x)[:, 0], x) for x in (real, fake))
    rest = ((real, fake), lambda x, is_real: x, (None, None), tf.constant([1, 2]), tf.constant(0))
    found = gan.critic.penalty(real, None, fake, None, *rest)
    np.testing.assert_allclose(found, 0.3 * at_real + 0.7 * at_fake, rtol=1e-5)


def test_a_paired_loss_is_of_differences_in_both_steps():
    gan = points_gan(loss="relativistic")
    gan.compile(*(keras.optimizers.SGD(0.0) for _ in range(2)))
    logs = gan.train_step(REAL)
    data = tf.data.Dataset.from_tensors(REAL)
    assert np.isfinite(list(gan.evaluate(data, return_dict=True, verbose=0).values())).all()
    real, fake = {"logit": tf.constant([[1.0], [2.0]])}, {"logit": tf.constant([[0.0], [4.0]])}
    d = np.array([1.0, -2.0])
    sides = gan.critic.opposed(real, None, fake, None), gan.critic.opposed(fake, None, real, None)
    found = gan.discriminator_loss(sides[0], None, sides[1], None)
    np.testing.assert_allclose(found, np.logaddexp(0, -d).mean(), rtol=1e-6)
    np.testing.assert_allclose(gan.sample_losses(sides[1], None), np.logaddexp(0, d), rtol=1e-6)
    assert logs["generator_loss"] > 0
