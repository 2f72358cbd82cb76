import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import LABELS, POINTS, points_gan
from tfmix import GAN, networks, priors
from tfmix.models.packing import pack


@pytest.mark.parametrize("packing", [2, 3])
def test_a_pixel_of_a_pack_holds_its_images_channels_side_by_side(packing):
    images = np.random.default_rng(0).normal(size=[6, 2, 3, 2]).astype(np.float32)
    packs = pack(tf.constant(images), packing).numpy()
    assert packs.shape == (6 // packing, 2, 3, 2 * packing)
    for number, row, column, image, channel in np.ndindex(6 // packing, 2, 3, packing, 2):
        expected = images[number * packing + image, row, column, channel]
        assert packs[number, row, column, 2 * image + channel] == expected


def test_a_pack_of_points_holds_them_end_to_end():
    np.testing.assert_array_equal(pack(tf.constant(POINTS), 4), POINTS.reshape(2, 8))


def test_one_is_no_pack():
    images = tf.ones([2, 2, 2, 1])
    assert pack(images, 1) is images


def test_packs_of_images_train(sgd, images):
    gan = GAN(
        priors.StandardNormal(2),
        networks.DCGANGenerator(2, (8, 8, 1), width=2, depth=1),
        networks.DCGANDiscriminator((8, 8, 4), width=2, depth=1),
        packing=4,
    )
    assert gan.sample(3).shape == (3, 8, 8, 1)
    logs = sgd(gan).train_step(images)
    logits = gan.discriminator(pack(tf.constant(images), 4))
    assert logits.shape == (2, 1)
    assert np.isfinite([float(value) for value in logs.values()]).all()


@pytest.mark.parametrize("make", ["GAN", "SupervisedGMGAN", "ACGAN"])
def test_images_that_fill_no_pack_are_left_out(make, sgd, assert_equal):
    whole, more = (sgd(points_gan(make, packing=3)) for _ in range(2))
    whole.train_step((POINTS[:6], LABELS[:6]))
    more.train_step((POINTS, LABELS))
    assert_equal(more, whole)


def test_a_pack_s_loss_is_one():
    logit = np.float32([[0.3], [-1.2]])
    found = points_gan(packing=4).sample_losses({"logit": tf.constant(logit)}, None)
    np.testing.assert_allclose(found, np.logaddexp(0, -logit[:, 0]), rtol=1e-6)


def test_a_pack_s_classes_are_classified_each_by_itself():
    """Of m = 2 images the classifier gives 2 C logits, the first image's first."""
    gan = points_gan("ACGAN", packing=2)
    outputs = gan.discriminator(pack(tf.constant(POINTS), 2))
    assert outputs["class_logits"].shape == (4, 6)
    logits = outputs["class_logits"].numpy().astype(np.float64).reshape(4, 2, 3)
    of_images = [
        np.log(np.exp(logits[i // 2, i % 2]).sum()) - logits[i // 2, i % 2, label]
        for i, label in enumerate(LABELS)
    ]
    adversarial = np.logaddexp(0, -outputs["logit"].numpy()[:, 0].astype(np.float64))
    outputs = {
        "logit": outputs["logit"],
        "class_logits": tf.constant(logits.reshape(8, 3).astype(np.float32)),
    }
    expected = adversarial + np.mean(np.reshape(of_images, [4, 2]), axis=1)
    np.testing.assert_allclose(gan.sample_losses(outputs, LABELS), expected, rtol=1e-5)


def test_a_pack_s_own_logits_count_each_by_itself():
    gan = points_gan("SupervisedGMGAN", packing=2)
    logits = gan.discriminator(pack(tf.constant(POINTS), 2)).numpy()
    assert logits.shape == (4, 6)
    own = [logits[i // 2, 3 * (i % 2) + label] for i, label in enumerate(LABELS)]
    expected = np.logaddexp(0, -np.reshape(own, [4, 2]).astype(np.float64)).mean(axis=1)
    outputs = {"logit": tf.constant(logits.reshape(8, 3))}
    np.testing.assert_allclose(gan.sample_losses(outputs, LABELS), expected, rtol=1e-5)


@pytest.mark.parametrize("make", ["SupervisedGMGAN", "ACGAN"])
def test_a_step_takes_each_image_of_a_pack_by_its_own_class(make, sgd):
    """Rows that change places within a pack change the discriminator's loss with their labels."""
    logs = []
    for labels in (LABELS, LABELS[[1, 0, 2, 3, 4, 5, 6, 7]]):
        gan = sgd(points_gan(make, packing=2), rate=0.0)
        logs.append(float(gan.train_step((POINTS, labels))["discriminator_loss"]))
    assert abs(logs[0] - logs[1]) > 1e-4
