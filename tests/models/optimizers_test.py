"""Three optimizers, further updates of each network, and the loss threshold."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny
from tests.models.tiny import points_gan
from tfmix.models.loss_threshold import LossThreshold

POINTS = tf.constant(tiny.POINTS)


def sgd(rate):
    return keras.optimizers.SGD(rate)


def test_the_prior_has_a_rate_of_its_own():
    one, other = points_gan(), points_gan()
    one.compile(sgd(0.1), sgd(0.1))
    other.compile(sgd(0.1), sgd(0.1), sgd(1.0))
    before = one.prior.get_weights()
    for gan in (one, other):
        gan.train_step(POINTS)
    for first, second in zip(
        one.generator.get_weights(), other.generator.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
    for was, slow, fast in zip(
        before, one.prior.get_weights(), other.prior.get_weights(), strict=True
    ):
        np.testing.assert_allclose(fast - was, 10 * (slow - was), rtol=1e-3, atol=1e-6)


def test_a_file_keeps_three_optimizers(tmp_path):
    gan = points_gan()
    gan.compile(*(keras.optimizers.Adam(rate) for rate in (1e-2, 2e-2, 3e-2)))
    gan.train_step(POINTS)
    gan.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    for each in (gan, loaded):
        each.train_step(POINTS)
    assert loaded.prior_optimizer.iterations == 2
    for one, two in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_one_optimizer_for_two_parts_is_refused():
    gan, shared = points_gan(), sgd(0.1)
    for given in ((shared, shared), (sgd(0.1), shared, shared)):
        with pytest.raises(ValueError, match="one was given for both"):
            gan.compile(*given)
    with pytest.raises(ValueError, match="nothing to train; leave prior_optimizer out"):
        points_gan("ACGAN").compile("adam", "adam", "adam")


def test_each_network_is_updated_as_often_as_asked():
    gan = points_gan(discriminator_steps=3, generator_steps=2)
    gan.compile(sgd(0.1), sgd(0.1))
    gan.train_step(POINTS)
    assert gan.discriminator_optimizer.iterations == 3
    assert gan.generator_optimizer.iterations == 2
    assert gan.step == 1
    again = points_gan(discriminator_steps=1, generator_steps=1)
    again.compile(sgd(0.1), sgd(0.1))
    again.train_step(POINTS)
    assert again.discriminator_optimizer.iterations == 1


def test_the_threshold_follows_updates_in_a_row():
    threshold = LossThreshold()
    assert threshold.generator_lags(tf.constant(1.01))
    assert not threshold.generator_lags(tf.constant(0.99))
    expected = {True: [1.0, 1.0, 1.0, 1.003, 1.006], False: [1.006, 1.003, 1.0]}
    for generator, values in expected.items():
        for value in values:
            threshold.follow(tf.constant(generator))
            np.testing.assert_allclose(threshold.threshold, value, rtol=1e-6)
    for _ in range(200):
        threshold.follow(tf.constant(False))
    np.testing.assert_allclose(threshold.threshold, 0.7)


def test_balance_updates_the_network_that_lags():
    """An undecided discriminator gives the generator a loss of log 2, below the threshold."""
    gan = points_gan(balance="loss_threshold", discriminator_steps=2, generator_steps=3)
    gan.compile(sgd(1e-6), sgd(1e-6))
    for weight in gan.discriminator.weights[-2:]:
        weight.assign(tf.zeros(weight.shape))
    logs = gan.train_step(POINTS)
    assert gan.discriminator_optimizer.iterations == 5
    assert gan.generator_optimizer.iterations == 0
    np.testing.assert_allclose(logs["generator_loss"], np.log(2), rtol=1e-4)
    gan.discriminator.weights[-1].assign([-3.0])  # now the generator's loss is 3
    gan.train_step(POINTS)
    assert gan.generator_optimizer.iterations == 5


@pytest.mark.parametrize(("loss", "rows"), [("non_saturating", 8), ("relativistic", 16)])
def test_the_threshold_is_held_to_real_points_only_where_the_loss_is_paired(loss, rows):
    gan = points_gan(balance="loss_threshold", loss=loss)
    gan.compile(sgd(0.1), sgd(0.1))
    whole, sizes = gan.critic.outputs, []
    gan.critic.outputs = lambda x, *rest, **more: sizes.append(len(x)) or whole(x, *rest, **more)
    gan.train_step(POINTS)
    assert len(sizes) == 5  # of each of two updates, first the test; at the end what is logged
    assert sizes[0] == sizes[2] == rows
