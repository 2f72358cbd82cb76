import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import points_gan
from tfmix import priors

SCALE = np.array([[0.2, 1.0], [3.0, 0.5], [0.7, 0.9]])


def tiny(prior=None, **arguments):
    return points_gan("DeLiGAN", prior or priors.GaussianMixture(3, 2, scale=SCALE), **arguments)


def points(number=4):
    return np.random.default_rng(0).normal(size=[number, 2]).astype(np.float32)


@pytest.mark.parametrize(("arguments", "factor"), [({}, 1 / 3), ({"sigma_penalty": 0.1}, 0.1)])
def test_penalty(arguments, factor):
    np.testing.assert_allclose(
        tiny(**arguments).generator_penalty(), factor * np.mean((1 - SCALE) ** 2), rtol=1e-5
    )


def test_penalty_pulls_sigma_towards_one():
    gan = tiny()
    last = gan.discriminator.get_layer("logit")
    last.set_weights([np.zeros_like(weight) for weight in last.get_weights()])
    gan.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))  # it stays blind
    before, loc = gan.prior.scale.numpy(), gan.prior.loc.numpy()
    for _ in range(20):
        gan.train_step(points())
    after = gan.prior.scale.numpy()
    np.testing.assert_array_equal(gan.prior.loc, loc)
    moved = before.round(5) != 1
    assert (abs(after - 1) < abs(before - 1))[moved].all()
    np.testing.assert_allclose(after[~moved], 1, atol=1e-5)


def test_step_descends_the_penalty():
    gans = [tiny(sigma_penalty=penalty) for penalty in (0.0, 0.5)]
    for gan in gans:
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    for gan in gans:
        gan.train_step(points())
    free, held = (gan.prior.trainable_variables[1].numpy() for gan in gans)
    gradient = 0.5 * 2 * (SCALE - 1) / SCALE.size
    np.testing.assert_allclose(held - free, -0.1 * gradient, atol=1e-6)
    for one, other in zip(*(gan.generator.get_weights() for gan in gans), strict=True):
        np.testing.assert_array_equal(one, other)


def test_history_has_sigma():
    gan = tiny()
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    data = tf.data.Dataset.from_tensors(points())
    history = gan.fit(data, verbose=0, shuffle=False).history
    assert "sigma" in history
    np.testing.assert_allclose(history["sigma"][0], SCALE.mean(), rtol=1e-6)
    values = gan.evaluate(data, verbose=0, return_dict=True)
    np.testing.assert_allclose(values["sigma"], SCALE.mean(), rtol=1e-6)


def test_generator_loss_is_tracked_without_the_penalty():
    logs = []
    for penalty in (0.0, 0.5):
        gan = tiny(sigma_penalty=penalty)
        gan.compile("sgd", "sgd")
        logs.append(gan.train_step(points())["generator_loss"])
    assert logs[0] == logs[1]


def test_takes_other_mixtures_with_scales():
    gan = tiny(priors.StudentTMixture(3, 2, scale=SCALE))
    np.testing.assert_allclose(gan.generator_penalty(), np.mean((1 - SCALE) ** 2) / 3, rtol=1e-5)


def test_takes_scales_that_are_not_learned():
    prior = priors.GaussianMixture(3, 2, scale=SCALE, learn_scale=False)
    gan = tiny(prior)
    gan.compile()
    gan.train_step(points())
    np.testing.assert_allclose(prior.scale, SCALE, rtol=1e-5)
