import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny import LABELS, POINTS, points_gan
from tfmix import SupervisedGMGAN, data, networks, priors, seeds

CLASSES = [2, 0, 1, 2, 0]  # of five components


def prior(num_components=5, **arguments):
    return priors.GaussianMixture(num_components, 2, **arguments)


def supervised(num_components=5, **arguments):
    arguments = {"component_to_class": CLASSES, **arguments}
    return points_gan("SupervisedGMGAN", prior(num_components), **arguments)


# === The map from components to classes ===


@pytest.mark.parametrize("given", [None, "modulo"])
def test_modulo_gives_every_class_in_turn(given):
    gan = supervised(7, component_to_class=given)
    assert gan.labels.component_to_class == [0, 1, 2, 0, 1, 2, 0]


# === Losses ===


def cross_entropy(target, logits):
    logits = logits.astype(np.float64)
    return np.logaddexp(0, logits) - target * logits


def by_hand(targets, logits, label, real):
    """Cross-entropy of each row, for an image of a class that counts as real or not."""
    target = np.eye(3)[label] * real
    asked = np.eye(3)[label] if targets == "own" else np.ones([1, 3])
    return np.sum(asked * cross_entropy(target, logits), axis=1)


@pytest.mark.parametrize("targets", ["own", "all"])
def test_losses_are_those_by_hand(targets):
    gan = supervised(targets=targets)
    real, fake = np.random.default_rng(1).normal(size=[2, 8, 3]).astype(np.float32)
    fake_label = LABELS[::-1].copy()
    outputs = {"logit": tf.constant(fake)}
    np.testing.assert_allclose(
        gan.sample_losses(outputs, fake_label), by_hand(targets, fake, fake_label, 1), rtol=1e-5
    )
    expected = np.mean(by_hand(targets, real, LABELS, 1)) + np.mean(
        by_hand(targets, fake, fake_label, 0)
    )
    found = gan.discriminator_loss({"logit": tf.constant(real)}, LABELS, outputs, fake_label)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("targets", ["own", "all"])
def test_other_losses_take_the_cross_entropies_place(targets):
    gan = supervised(targets=targets, loss="hinge")
    logits = np.random.default_rng(1).normal(size=[8, 3]).astype(np.float32)
    own = np.take_along_axis(logits, LABELS[:, None], axis=1)[:, 0]
    others = np.sum(np.maximum(1 + logits, 0) * (1 - np.eye(3)[LABELS]), axis=1)
    expected = -own + (others if targets == "all" else 0)
    found = gan.sample_losses({"logit": tf.constant(logits)}, LABELS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("targets", ["own", "all"])
def test_a_step_asks_each_latent_for_its_component_s_class(targets, sgd):
    gan = sgd(supervised(targets=targets), rate=0.0)
    draw = gan.prior.draw(8, seeds.fold_in(seeds.step_seed(gan.seed, 0), 0))
    fake_label = np.array(CLASSES)[draw.component]
    real, fake = gan.discriminator(POINTS).numpy(), gan.discriminator(gan(draw.z)).numpy()
    logs = gan.train_step((POINTS, LABELS))
    as_real, as_fake = (by_hand(targets, fake, fake_label, asked).mean() for asked in (1, 0))
    np.testing.assert_allclose(logs["generator_loss"], as_real, rtol=1e-5)
    expected = by_hand(targets, real, LABELS, 1).mean() + as_fake
    np.testing.assert_allclose(logs["discriminator_loss"], expected, rtol=1e-5)
    own = (
        np.take_along_axis(real, LABELS[:, None], 1),
        np.take_along_axis(fake, fake_label[:, None], 1),
    )
    accuracy = np.mean([own[0] > 0, own[1] < 0])
    np.testing.assert_allclose(logs["discriminator_accuracy"], accuracy)


# === Sampling ===


def test_a_label_draws_a_component_of_its_class_by_the_prior_s_weights():
    weights = [0.1, 0.2, 0.3, 0.3, 0.1]
    gan = points_gan("SupervisedGMGAN", prior(weights=weights), component_to_class=CLASSES)
    drawn = gan.sampler().draw(2000, seed=1, label=2)
    assert (drawn["label"] == 2).all()
    shares = np.bincount(drawn["component"], minlength=5) / 2000
    np.testing.assert_allclose(shares, [0.25, 0, 0, 0.75, 0], atol=5 * np.sqrt(0.19 / 2000))


def test_labels_are_those_of_the_components():
    drawn = supervised().sampler().draw(5, seed=1, component=np.arange(5))
    assert drawn["label"].tolist() == CLASSES
    drawn = supervised(6, component_to_class="modulo").sampler().draw(200, seed=1)
    np.testing.assert_array_equal(drawn["label"], drawn["component"] % 3)


def test_a_label_leaves_the_noise_as_it_is():
    gan = supervised(3, component_to_class="modulo")
    np.testing.assert_array_equal(
        gan.sample(6, seed=4, label=1), gan.sample(6, seed=4, component=1)
    )


# === Training ===


def test_a_static_mixture_stays_and_a_dynamic_one_moves(sgd):
    static = {"covariance": "isotropic", "learn_loc": False, "learn_scale": False}
    for arguments, moves in ((static, False), ({"covariance": "full"}, True)):
        gan = sgd(points_gan("GMGAN", prior(2, **arguments)), rate=1.0)
        before = [gan.prior.loc.numpy(), gan.prior.scale.numpy()]
        gan.train_step(POINTS)
        for was, now in zip(before, [gan.prior.loc.numpy(), gan.prior.scale.numpy()], strict=True):
            assert (was != now).any() == moves


def class_moments(targets, seed=0, num_steps=250):
    """Mean and deviation of what a trained model gives for two classes N(-1, 1) and N(1, 1)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 20_000).astype(np.int32)
    points = (2 * labels - 1 + rng.normal(size=20_000)).astype(np.float32)[:, None]
    # Well apart, so that the generator can tell which class it is asked for.
    mixture = priors.GaussianMixture(
        2, 2, loc=[[-2.0, 0.0], [2.0, 0.0]], scale=0.5, assignment="stratified"
    )
    gan = SupervisedGMGAN(
        mixture,
        networks.MLPGenerator(2, 1, widths=(16,), seed=seed),
        networks.MLPDiscriminator(1, widths=(32, 32), num_outputs=2, seed=seed),
        num_classes=2,
        targets=targets,
        r1_penalty=0.1,
        r1_every=1,
        ema_momentum=0.99,
        seed=seed,
    )
    adam = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in (4e-3, 1e-2)]
    gan.compile(*adam, steps_per_execution=50)
    batches = data.batches((points, labels), 256, seed=seed)
    gan.fit(batches, steps_per_epoch=num_steps, shuffle=False, verbose=0)
    drawn = [
        gan.sampled.generator(gan.sampled.prior.sample(4000, seed=1, component=k).z).numpy()
        for k in (0, 1)
    ]
    return np.array([[each.mean(), each.std()] for each in drawn])


def test_own_targets_give_each_class_as_it_is():
    np.testing.assert_allclose(class_moments("own"), [[-1, 1], [1, 1]], atol=0.2)


def test_all_targets_push_overlapping_classes_apart():
    # Where neither player gains, means are -1.55 and 1.55 and deviations .72: with the best
    # discriminator, the generator's loss of a point is the same wherever it puts any.
    (low, low_std), (high, high_std) = class_moments("all")
    assert low < -1.35
    assert high > 1.35
    assert max(low_std, high_std) < 0.8
