import numpy as np
import pytest
import tensorflow as tf

from tfmix import ACGAN, networks, priors, seeds

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 1])


def acgan(num_classes=3, latent_dim=2, **arguments):
    return ACGAN(
        priors.StandardNormal(latent_dim),
        networks.MLPGenerator(latent_dim + num_classes, 2, widths=(6,), seed=1),
        networks.MLPDiscriminator(2, widths=(6,), num_classes=num_classes, seed=2),
        num_classes=num_classes,
        **arguments,
    )


def answers(seed):
    rng = np.random.default_rng(seed)
    return {
        "logit": rng.normal(size=[8, 1]).astype(np.float32),
        "class_logits": rng.normal(size=[8, 3]).astype(np.float32),
    }


def class_loss(judged, label):
    """-log of the softmax at the right class, [B]."""
    logits = judged["class_logits"].astype(np.float64)
    rows = np.arange(len(logits))
    return np.log(np.exp(logits).sum(axis=1)) - logits[rows, label]


def adversarial(judged, real):
    logit = judged["logit"].astype(np.float64)[:, 0]
    return np.logaddexp(0, -logit if real else logit)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.5])
def test_losses_are_those_by_hand(alpha):
    gan, real, fake = acgan(alpha=alpha), answers(1), answers(2)
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
    fake = answers(2)
    expected = -fake["logit"][:, 0] + class_loss(fake, LABELS)
    np.testing.assert_allclose(acgan(loss="hinge").sample_losses(fake, LABELS), expected, rtol=1e-5)


def test_a_step_asks_for_the_classes_that_it_told_the_generator(sgd):
    gan = sgd(acgan(), rate=0.0)
    seed = seeds.fold_in(seeds.step_seed(gan.seed, 0), 0)
    draw = gan.prior.draw(8, seed)
    label, code = gan.labels.draw(draw.component, seeds.fold_in(seed, 2))
    inputs = tf.concat([draw.z, code], axis=1)
    fake = {name: value.numpy() for name, value in gan.discriminator(gan(inputs)).items()}
    real = {name: value.numpy() for name, value in gan.discriminator(POINTS).items()}
    told = gan.train_step((POINTS, LABELS))
    of_fake, of_real = class_loss(fake, label.numpy()), class_loss(real, LABELS)
    np.testing.assert_allclose(
        told["generator_loss"], np.mean(adversarial(fake, True) + of_fake), rtol=1e-5
    )
    np.testing.assert_allclose(
        told["discriminator_loss"],
        np.mean(adversarial(real, True) + adversarial(fake, False) + of_real + of_fake),
        rtol=1e-5,
    )
    right = np.argmax(fake["class_logits"], axis=1) == label.numpy()
    np.testing.assert_allclose(told["class_accuracy"], right.mean())


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
            judged = gan.discriminator(real), gan.discriminator(gan(fake))
            loss = gan.discriminator_loss(judged[0], LABELS, judged[1], LABELS)
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


@pytest.mark.parametrize(
    ("label", "said"), [(3, r"a label in \[-1, 3\)"), ([0, 1], r"shape \(3,\) here")]
)
def test_refuses_a_label(label, said):
    with pytest.raises(ValueError, match=said):
        acgan().sample(3, label=label)


def test_data_without_labels_are_refused(sgd):
    with pytest.raises(ValueError, match=r"ACGAN learns classes: .*\(images, labels\)"):
        sgd(acgan()).train_step(POINTS)


@pytest.mark.parametrize("alpha", [-1, float("nan"), "1"])
def test_refuses_alpha(alpha):
    with pytest.raises(ValueError, match="alpha is at least 0 and finite"):
        acgan(alpha=alpha)


@pytest.mark.parametrize("num_classes", [None, 4])
def test_refuses_a_discriminator_of_other_classes(num_classes):
    with pytest.raises(ValueError, match=r"gives logit \[B, 1\], class_logits \[B, 3\]\. Received"):
        ACGAN(
            priors.StandardNormal(2),
            networks.MLPGenerator(5, 2, widths=()),
            networks.MLPDiscriminator(2, widths=(), num_classes=num_classes),
            num_classes=3,
        )


def test_refuses_a_generator_without_room_for_the_class():
    with pytest.raises(ValueError, match=r"width 5 \(its class's code among them\).*takes 2"):
        ACGAN(
            priors.StandardNormal(2),
            networks.MLPGenerator(2, 2, widths=()),
            networks.MLPDiscriminator(2, widths=(), num_classes=3),
            num_classes=3,
        )


@pytest.mark.parametrize(
    ("weights", "said"), [([0.5, 0.5], r"shape \(3,\)"), ([0.5, 0.5, 0.5], "sum to 1")]
)
def test_refuses_class_weights(weights, said):
    with pytest.raises(ValueError, match=said):
        acgan(class_weights=weights)
