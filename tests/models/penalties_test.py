"""LeCam's penalty within a GAN, and layers of a discriminator that are held."""

import keras
import numpy as np
import pytest

from tfmix import GAN, losses, networks, priors


def test_lecam_is_that_of_its_formula():
    real, fake = np.array([[1.0], [2.0]], np.float32), np.array([[-1.0], [0.5]], np.float32)
    found = losses.lecam_penalty(real, fake, 0.5, -0.5)
    expected = np.mean((real + 0.5) ** 2) + np.mean((fake - 0.5) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_lecam_is_added_to_the_discriminator_s_loss(image_gan, sgd, images):
    """By its gradient at logits' averages of 0: 2 lambda (D(x) + D(G(z))) on average."""
    gan, plain = sgd(image_gan(lecam_penalty=0.5)), sgd(image_gan())
    before = plain.discriminator.get_layer("logit").bias.numpy().copy()
    for each in (gan, plain):
        each.discriminator.get_layer("logit").bias.assign(before + 0.7)
        each.train_step(images)
    moved = [each.discriminator.get_layer("logit").bias.numpy() for each in (gan, plain)]
    logits = [plain.trackers[name].result() for name in ("real_logit", "generated_logit")]
    np.testing.assert_allclose(
        moved[1] - moved[0], 0.1 * 2 * 0.5 * np.sum(logits), rtol=1e-4, atol=1e-7
    )


def test_lecam_s_averages_follow_the_logits(image_gan, sgd, images, batches, fit):
    gan = sgd(image_gan(lecam_penalty=0.1), rate=1e-9)
    fit(gan, batches(images, 8).repeat(60))
    for average, tracker in (("real_average", "real_logit"), ("fake_average", "generated_logit")):
        logit = float(gan.trackers[tracker].result())
        np.testing.assert_allclose(getattr(gan.penalties, average), logit, atol=0.05 * abs(logit))


def test_without_lecam_nothing_is_kept(image_gan):
    assert not image_gan().penalties.weights


@pytest.mark.parametrize("number", [0, 1, 2])
def test_frozen_layers_stay_as_they_are(image_gan, adam, images, number):
    gan = adam(image_gan(frozen_layers=number))
    kernels = ["conv2d", "conv2d_1", "logit"]
    layers = [each for each in gan.discriminator.layers if each.name.startswith("conv2d")]
    layers.append(gan.discriminator.get_layer("logit"))
    before = [layer.get_weights()[0] for layer in layers]
    gan.train_step(images)
    moved = [
        (layer.get_weights()[0] != kernel).any()
        for layer, kernel in zip(layers, before, strict=True)
    ]
    assert moved == [False] * number + [True] * (len(kernels) - number)


def test_layers_that_came_frozen_out_of_a_file_are_counted_once(tmp_path, adam):
    """A user's own network keeps each layer's `trainable` in its file."""
    images = keras.Input((8, 8, 1))
    x = keras.layers.Flatten()(images)
    for _ in range(3):
        x = keras.layers.Dense(4)(x)
    network = keras.Model(images, keras.layers.Dense(1, name="logit")(x))
    generator = networks.DCGANGenerator(2, (8, 8, 1), width=2)
    gan = adam(GAN(priors.StandardNormal(2), generator, network, frozen_layers=2))
    gan.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")
    flags = [[layer.trainable for layer in each.discriminator.layers[2:]] for each in (gan, again)]
    assert flags[0] == flags[1] == [False, False, True, True]


def test_frozen_layers_stay_frozen_after_saving(tmp_path, image_gan, adam, images):
    gan = adam(image_gan(frozen_layers=2))
    gan.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")
    assert again.critic.frozen_layers == 2
    assert len(again.discriminator_variables) == len(gan.discriminator_variables) == 2
    for each in (gan, again):
        each.train_step(images)
    for one, other in zip(gan.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert GAN.from_config(gan.get_config()).critic.frozen_layers == 2


def test_a_frozen_normalisation_keeps_its_statistics(image_gan, adam, images):
    gan = adam(image_gan(frozen_layers=2))
    norms = [
        layer
        for layer in gan.discriminator.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    before = [norm.get_weights() for norm in norms]
    gan.train_step(images)
    for norm, weights in zip(norms, before, strict=True):
        for one, other in zip(norm.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(one, other)
