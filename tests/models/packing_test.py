import numpy as np
import pytest
import tensorflow as tf

from tfmix import ACGAN, GAN, SupervisedGMGAN, networks, priors
from tfmix.models.packing import pack

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 1])


def packed(make=GAN, packing=2, prior=None, **arguments):
    """A model of points, with class heads where it has any."""
    answers = make.discriminator_outputs(arguments.get("num_classes"), packing)
    prior = prior or priors.GaussianMixture(3, 2)
    code = make.code_width(arguments.get("num_classes"))
    return make(
        prior,
        networks.MLPGenerator(2 + code, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(
            2 * packing,
            widths=(6,),
            num_outputs=answers["logit"],
            num_classes=answers.get("class_logits"),
            seed=2,
        ),
        packing=packing,
        **arguments,
    )


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
    told = sgd(gan).train_step(images)
    logits = gan.discriminator(pack(tf.constant(images), 4))
    assert logits.shape == (2, 1)
    assert np.isfinite([float(value) for value in told.values()]).all()


def test_refuses_a_discriminator_of_single_images():
    with pytest.raises(ValueError, match=r"takes \(2,\), and should take \(6,\) in packs of 3"):
        GAN(
            priors.StandardNormal(2),
            networks.MLPGenerator(2, 2, widths=()),
            networks.MLPDiscriminator(2, widths=()),
            packing=3,
        )


@pytest.mark.parametrize("packing", [0, 1.5, True])
def test_refuses_packing(packing):
    networks_of_points = networks.MLPGenerator(2, 2), networks.MLPDiscriminator(2)
    with pytest.raises(ValueError, match="packing is an integer of at least 1"):
        GAN(priors.StandardNormal(2), *networks_of_points, packing=packing)


@pytest.mark.parametrize("make", [GAN, SupervisedGMGAN, ACGAN])
def test_images_that_fill_no_pack_are_left_out(make, sgd, assert_equal):
    arguments = {} if make is GAN else {"num_classes": 3}
    whole, more = (sgd(packed(make, packing=3, **arguments)) for _ in range(2))
    whole.train_step((POINTS[:6], LABELS[:6]))
    more.train_step((POINTS, LABELS))
    assert_equal(more, whole)


def test_a_batch_too_small_for_a_pack_is_refused(sgd):
    gan = sgd(packed(packing=4))
    with pytest.raises(tf.errors.InvalidArgumentError, match="one pack at least, of 4 images"):
        gan.fit(POINTS, batch_size=3, verbose=0)


def test_a_pack_s_loss_is_one():
    logit = np.float32([[0.3], [-1.2]])
    found = packed(packing=4).sample_losses({"logit": tf.constant(logit)}, None)
    np.testing.assert_allclose(found, np.logaddexp(0, -logit[:, 0]), rtol=1e-6)


def test_a_pack_s_classes_are_judged_each_for_itself():
    """Of m = 2 images the classifier gives 2 C logits, the first image's first."""
    gan = packed(ACGAN, num_classes=3)
    outputs = gan.discriminator(pack(tf.constant(POINTS), 2))
    assert outputs["class_logits"].shape == (4, 6)
    logits = outputs["class_logits"].numpy().astype(np.float64).reshape(4, 2, 3)
    of_images = [
        np.log(np.exp(logits[i // 2, i % 2]).sum()) - logits[i // 2, i % 2, label]
        for i, label in enumerate(LABELS)
    ]
    adversarial = np.logaddexp(0, -outputs["logit"].numpy()[:, 0].astype(np.float64))
    judged = {
        "logit": outputs["logit"],
        "class_logits": tf.constant(logits.reshape(8, 3).astype(np.float32)),
    }
    expected = adversarial + np.mean(np.reshape(of_images, [4, 2]), axis=1)
    np.testing.assert_allclose(gan.sample_losses(judged, LABELS), expected, rtol=1e-5)


def test_a_pack_s_own_logits_are_judged_each_for_itself():
    gan = packed(SupervisedGMGAN, num_classes=3)
    logits = gan.discriminator(pack(tf.constant(POINTS), 2)).numpy()
    assert logits.shape == (4, 6)
    own = [logits[i // 2, 3 * (i % 2) + label] for i, label in enumerate(LABELS)]
    expected = np.logaddexp(0, -np.reshape(own, [4, 2]).astype(np.float64)).mean(axis=1)
    judged = {"logit": tf.constant(logits.reshape(8, 3))}
    np.testing.assert_allclose(gan.sample_losses(judged, LABELS), expected, rtol=1e-5)


@pytest.mark.parametrize("make", [SupervisedGMGAN, ACGAN])
def test_a_step_judges_each_image_of_a_pack_by_its_own_class(make, sgd):
    """Rows that change places within a pack change the discriminator's loss with their labels."""
    told = []
    for labels in (LABELS, LABELS[[1, 0, 2, 3, 4, 5, 6, 7]]):
        gan = sgd(packed(make, num_classes=3), rate=0.0)
        told.append(float(gan.train_step((POINTS, labels))["discriminator_loss"]))
    assert abs(told[0] - told[1]) > 1e-4


def test_weights_that_learn_by_their_own_loss_are_refused():
    learned = {"gradient": "marginal", "learn_weights": True}
    with pytest.raises(ValueError, match=r"a pack shares one\. Received: packing=2; take 1"):
        packed(prior=priors.GaussianMixture(3, 2, **learned))
    packed(packing=1, prior=priors.GaussianMixture(3, 2, **learned))
    packed(prior=priors.GaussianMixture(3, 2, gradient="marginal"))
