"""Augmentation within a GAN: what the discriminator sees, and ADA's probability."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import GAN, augment, losses, networks, priors

OPERATIONS = {"augment": "default"}
ADAPTIVE = {**OPERATIONS, "ada_target": 0.6, "ada_images": 160}


@pytest.fixture
def seen(monkeypatch):
    """What every call of `augment` got, and gave."""
    calls = []
    whole = augment.augment

    def note(images, **arguments):
        calls.append((images, arguments["seed"], whole(images, **arguments)))
        return calls[-1][-1]

    monkeypatch.setattr(augment, "augment", note)
    return calls


def test_real_and_generated_images_are_augmented_in_both_steps(image_gan, sgd, images, seen):
    gan = sgd(image_gan(**OPERATIONS))
    gan.train_step(images)
    assert len(seen) == 3  # real and generated ones for the discriminator, generated ones again
    np.testing.assert_array_equal(seen[0][0], images)
    np.testing.assert_array_equal(seen[1][0], seen[2][0])
    assert len({tuple(seed.numpy()) for _, seed, _ in seen}) == 3
    assert all(np.any(out.numpy() != np.asarray(before)) for before, _, out in seen)


def test_the_discriminator_takes_what_was_augmented(image_gan, sgd, images, seen):
    gan, inputs = sgd(image_gan(**OPERATIONS)), []
    outputs = gan.critic.outputs
    gan.critic.outputs = lambda shown, *rest, **more: (
        inputs.append(shown) or outputs(shown, *rest, **more)
    )
    gan.train_step(images)
    for shown, (_, _, out) in zip(inputs, seen, strict=True):
        np.testing.assert_array_equal(shown, out)


def test_the_gradient_penalty_lies_between_the_images_that_the_discriminator_took(
    sgd, images, seen, monkeypatch
):
    whole, ends = losses.gradient_penalty, []

    def note(score, *given):
        ends.append(given[:2])
        return whole(score, *given)

    monkeypatch.setattr(losses, "gradient_penalty", note)
    pair = networks.DCGANGenerator(2, (8, 8, 1), width=2), networks.DCGANDiscriminator((8, 8, 1))
    sgd(GAN(priors.StandardNormal(2), *pair, **OPERATIONS, gradient_penalty=1.0)).train_step(images)
    assert len(seen) == 3  # as without the penalty
    for end, (_, _, out) in zip(ends[0], seen, strict=False):
        np.testing.assert_array_equal(end, out)


def test_steps_draw_anew_and_a_seed_draws_alike(image_gan, sgd, images, seen):
    gan, again = (sgd(image_gan(**OPERATIONS)) for _ in range(2))
    for each in (gan, gan, again, again):
        each.train_step(images)
    first, second = [out for _, _, out in seen[::3]][:2]
    assert (first.numpy() != second.numpy()).any()
    np.testing.assert_array_equal(gan.sample(4, seed=0), again.sample(4, seed=0))


def test_sampling_and_evaluating_are_not_augmented(image_gan, sgd, images, seen, batches):
    gan, plain = sgd(image_gan(**OPERATIONS)), sgd(image_gan())
    np.testing.assert_array_equal(gan.sample(8, seed=0), plain.sample(8, seed=0))
    gan.evaluate(batches(images), verbose=0)
    np.testing.assert_array_equal(gan.logits(images), plain.logits(images))
    assert not seen


@pytest.mark.slow
def test_nothing_leaks_into_the_samples():
    """Images of one kind: a leak would shift, fill or fade them on average."""
    images = np.full([16, 8, 8, 1], -0.8, np.float32)
    images[:, 2:6, 3:5] = 0.8

    def mean(**arguments):
        gan = GAN(
            priors.StandardNormal(2),
            networks.DCGANGenerator(2, (8, 8, 1), width=8, seed=1),
            networks.DCGANDiscriminator((8, 8, 1), width=16, norm="none", seed=2),
            r1_penalty=0.1,
            ema_momentum=0.95,
            **arguments,
        )
        gan.compile(*(keras.optimizers.Adam(2e-3, beta_1=0.0) for _ in range(2)))
        data = tf.data.Dataset.from_tensors(images).repeat(300)
        gan.fit(data, verbose=0, shuffle=False)
        return gan.sample(64, seed=0).mean(axis=0)

    with_, without = mean(**OPERATIONS), mean()
    assert abs(without - images[0]).mean() < 0.1
    assert abs(with_ - images[0]).mean() < 0.1


def test_the_probability_rises_while_the_discriminator_overfits(image_gan, sgd, images):
    gan = sgd(image_gan(**ADAPTIVE))
    assert gan.augmentation.probability == 0
    for r_t, expected in ((1.0, 0.2), (1.0, 0.4), (0.5, 0.2), (0.0, 0.0), (-1.0, 0.0)):
        for _ in range(4):
            gan.augmentation.follow(tf.constant(r_t), 8, gan.step)
            gan.step.assign_add(1)
        np.testing.assert_allclose(gan.augmentation.probability, expected, atol=1e-6)
    for _ in range(4 * 6):
        gan.augmentation.follow(tf.constant(1.0), 8, gan.step)
        gan.step.assign_add(1)
    assert gan.augmentation.probability == 1


def test_r_t_is_averaged_over_four_steps(image_gan):
    augmentation = image_gan(**ADAPTIVE).augmentation
    for step, r_t in enumerate((1.0, 1.0, 1.0, -0.9)):  # 0.525 on average
        assert augmentation.probability == 0
        augmentation.follow(tf.constant(r_t), 8, tf.constant(step, tf.int64))
    assert augmentation.probability == 0
    for step, r_t in enumerate((1.0, 1.0, 1.0, -0.5), start=4):  # 0.625
        augmentation.follow(tf.constant(r_t), 8, tf.constant(step, tf.int64))
    np.testing.assert_allclose(augmentation.probability, 0.2, atol=1e-6)


def test_the_probability_is_the_same_compiled(image_gan):
    plain, compiled = (image_gan(**ADAPTIVE).augmentation for _ in range(2))
    follow = tf.function(compiled.follow, jit_compile=True)
    for step, r_t in enumerate((1.0, 0.9, 0.2, 1.0, 0.5)):
        arguments = tf.constant(r_t), tf.constant(8), tf.constant(step, tf.int64)
        plain.follow(*arguments)
        follow(*arguments)
    assert plain.probability == compiled.probability > 0
    assert plain.overfitting == compiled.overfitting > 0


def test_training_moves_the_probability_and_tracks_it(image_gan, adam, images):
    gan = adam(image_gan(**{**ADAPTIVE, "ada_target": 0.01}))
    logs = [gan.train_step(images[:4]) for _ in range(12)]
    assert gan.augmentation.probability > 0
    assert logs[0]["augment_probability"] == 0
    assert logs[-1]["augment_probability"] > 0
    assert set(logs[0]) >= {"r_t", "real_logit", "generated_logit"}
    assert "augment_probability" not in image_gan(**OPERATIONS).trackers


def test_arguments_come_back(image_gan):
    config = image_gan(**ADAPTIVE).get_config()
    assert {name: config[name] for name in ADAPTIVE} == ADAPTIVE
    again = GAN.from_config(config)
    assert again.get_config() == config
    assert image_gan(augment=["cutout", "flip"]).get_config()["augment"] == "cutout,flip"
    assert image_gan().get_config()["augment"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"augment": "zoom"}, "Received: 'zoom'"),
        ({"augment": 3}, "augment=3"),
        ({"augment": [3]}, "Received: '3'"),
        ({"ada_target": 0.6}, "set augment as well.*ada_target=0.6"),
        ({**ADAPTIVE, "ada_target": 1.0}, "ada_target=1.0"),
        ({**ADAPTIVE, "ada_images": 0}, "ada_images=0"),
    ],
)
def test_bad_arguments_are_refused(image_gan, arguments, message):
    with pytest.raises(ValueError, match=message):
        image_gan(**arguments)
