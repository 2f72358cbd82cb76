import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import LABELS, POINTS, points_gan
from tfmix import seeds


def acgan(**arguments):
    return points_gan("ACGAN", **arguments)


def random_outputs(seed):
    rng = np.random.default_rng(seed)
    return {
        "logit": rng.normal(size=[8, 1]).astype(np.float32),
        "class_logits": rng.normal(size=[8, 3]).astype(np.float32),
    }


def class_loss(outputs, label):
    """-log of the softmax at the right class, [B]."""
    logits = outputs["class_logits"].astype(np.float64)
    rows = np.arange(len(logits))
    return np.log(np.exp(logits).sum(axis=1)) - logits[rows, label]


def adversarial(outputs, real):
    logit = outputs["logit"].astype(np.float64)[:, 0]
    return np.logaddexp(0, -logit if real else logit)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.5])
def test_losses_are_those_by_hand(alpha):
    gan, real, fake = acgan(alpha=alpha), random_outputs(1), random_outputs(2)
    fake_label = LABELS[::-1].copy()
    np.testing.assert_allclose(
        gan.sample_losses(fake, fake_label),
        adversarial(fake, True) + alpha * class_loss(fake, fake_label),
        rtol=1e-5,
    )
    classes = class_loss(real, LABELS).mean() + class_loss(fake, fake_label).mean()
    expected = adversarial(real, True).mean() + adversarial(fake, False).mean() + alpha * classes
    found = gan.discriminator_loss(real, LABELS, fake, fake_label)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_hinge_leaves_the_classifier_its_cross_entropy():
    fake = random_outputs(2)
    expected = -fake["logit"][:, 0] + class_loss(fake, LABELS)
    np.testing.assert_allclose(acgan(loss="hinge").sample_losses(fake, LABELS), expected, rtol=1e-5)


def test_a_step_asks_for_the_classes_of_its_latents(sgd):
    gan = sgd(acgan(), rate=0.0)
    seed = seeds.fold_in(seeds.step_seed(gan.seed, 0), 0)
    draw = gan.prior.draw(8, seed)
    label, code = gan.labels.draw(draw.component, seeds.fold_in(seed, 2))
    inputs = tf.concat([draw.z, code], axis=1)
    fake = {name: value.numpy() for name, value in gan.discriminator(gan(inputs)).items()}
    real = {name: value.numpy() for name, value in gan.discriminator(POINTS).items()}
    logs = gan.train_step((POINTS, LABELS))
    of_fake, of_real = class_loss(fake, label.numpy()), class_loss(real, LABELS)
    np.testing.assert_allclose(
        logs["generator_loss"], np.mean(adversarial(fake, True) + of_fake), rtol=1e-5
    )
    np.testing.assert_allclose(
        logs["discriminator_loss"],
        np.mean(adversarial(real, True) + adversarial(fake, False) + of_real + of_fake),
        rtol=1e-5,
    )
    right = np.argmax(fake["class_logits"], axis=1) == label.numpy()
    np.testing.assert_allclose(logs["class_accuracy"], right.mean())


def moves(gan, sgd):
    """What a step at rate 1 adds to the generator's weights."""
    before = [weight.numpy() for weight in gan.generator.trainable_variables]
    sgd(gan, rate=1.0).train_step((POINTS, LABELS))
    after = gan.generator.trainable_variables
    return np.concatenate([np.ravel(a - b) for a, b in zip(after, before, strict=True)])


def test_the_classifier_s_loss_reaches_the_generator_and_alpha_scales_it(sgd):
    # The discriminator's update comes first and depends on alpha: so it must not move here.
    frozen = []
    for alpha in (0.0, 1.0, 3.0):
        gan = acgan(alpha=alpha)
        gan.discriminator.trainable = False
        frozen.append(moves(gan, sgd))
    without, once, thrice = frozen
    assert np.abs(once - without).max() > 1e-3
    np.testing.assert_allclose(thrice - without, 3 * (once - without), rtol=1e-3, atol=1e-5)


def test_the_classifier_is_taught_by_real_images_and_by_generated_ones():
    gan = acgan()
    variables = gan.discriminator.trainable_variables
    head = [each.path for each in variables].index("class_logits/kernel")
    z = tf.ones([8, 5])
    gradients = []
    for real, fake in ((POINTS, z), (2 * POINTS, z), (POINTS, 2 * z)):
        with tf.GradientTape() as tape:
            outputs = gan.discriminator(real), gan.discriminator(gan(fake))
            loss = gan.discriminator_loss(outputs[0], LABELS, outputs[1], LABELS)
        gradients.append(tape.gradient(loss, variables)[head].numpy())
    assert (gradients[0] != gradients[1]).any()
    assert (gradients[0] != gradients[2]).any()


def test_class_weights_drive_the_draws():
    weights = [0.7, 0.3, 0.0]
    gan = acgan(class_weights=weights)
    drawn = gan.sampler().draw(2000, seed=3)["label"]
    trained, _ = gan.labels.draw(np.zeros(2000, np.int32), tf.constant([1, 2]))
    for label in (drawn, trained):
        shares = np.bincount(label, minlength=3) / 2000
        np.testing.assert_allclose(shares, weights, atol=5 * np.sqrt(0.21 / 2000))


def test_the_code_takes_the_last_columns_of_the_latent():
    gan = acgan()
    drawn = gan.sampler().draw(20, seed=3)
    assert drawn["latent"].shape == (20, 5)
    np.testing.assert_array_equal(drawn["latent"][:, 2:], np.eye(3)[drawn["label"]])
    np.testing.assert_array_equal(drawn["latent"][:, :2], gan.prior.sample(20, seed=3).z)


def test_a_label_that_is_asked_for_is_given():
    drawn = acgan().sampler().draw(4, seed=3, label=[2, 0, -1, 1])
    assert drawn["label"][[0, 1, 3]].tolist() == [2, 0, 1]
    np.testing.assert_array_equal(drawn["latent"][:, 2:], np.eye(3)[drawn["label"]])
