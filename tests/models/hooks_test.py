"""A model of another paper, made of public hooks alone: a GAN whose discriminator sees the class.

Mirza and Osindero's conditional GAN (2014), with a further step and a metric of its own.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmix import networks, priors
from tfmix.models.class_conditional import ClassConditionalGAN

POINTS = np.random.default_rng(0).normal(size=[8, 2]).astype(np.float32)
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 1])


@keras.saving.register_keras_serializable(package="tests")
class ConditionalGAN(ClassConditionalGAN):
    """Adds a penalty on the generator's loss and a second update of the discriminator."""

    def __init__(self, prior, generator, discriminator, *, num_classes, weight=0.0, **kwargs):
        labels = priors.OneHotLabels(num_classes)
        super().__init__(prior, generator, discriminator, labels, **kwargs)
        self.weight = weight
        self.trackers["logit_gap"] = keras.metrics.Mean(name="logit_gap")

    @classmethod
    def code_width(cls, num_classes, **arguments):
        return num_classes

    def discriminator_inputs(self, packs, label):
        return [packs, tf.one_hot(label, self.labels.num_classes)]

    def generator_penalty(self):
        return self.weight * tf.reduce_mean(self.prior.loc**2)

    def discriminator_step(self, images, label, generated, batch, seed):
        for _ in range(2):
            values = super().discriminator_step(images, label, generated, batch, seed)
        return values

    def batch_metrics(self, batch, outputs):
        gap = tf.reduce_max(outputs["logit"]) - tf.reduce_min(outputs["logit"])
        return {**super().batch_metrics(batch, outputs), "logit_gap": gap}

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


@pytest.fixture
def make(sgd):
    def conditional(**arguments):
        points, label = keras.Input((2,)), keras.Input((3,))
        start = [keras.initializers.GlorotNormal(seed) for seed in (1, 2)]
        hidden = keras.layers.Dense(6, "tanh", kernel_initializer=start[0])
        logit = keras.layers.Dense(1, kernel_initializer=start[1])
        joined = keras.layers.Concatenate()([points, label])
        return sgd(
            ConditionalGAN(
                priors.GaussianMixture(3, 2),
                networks.MLPGenerator(5, 2, widths=(6,), seed=1),
                keras.Model([points, label], logit(hidden(joined))),
                num_classes=3,
                **arguments,
            )
        )

    return conditional


def test_it_trains_with_penalties_of_the_gradient_at_images_and_their_classes(make):
    gan = make(r1_penalty=1.0, r1_every=1, gradient_penalty=1.0)
    before = gan.discriminator.get_weights()
    logs = gan.train_step((POINTS, LABELS))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert logs["logit_gap"] > 0
    for weight, was in zip(gan.discriminator.get_weights(), before, strict=True):
        assert (weight != was).any() or weight.size == 1


def test_the_discriminator_is_given_the_classes(make):
    gan = make()
    assert (gan.logits(POINTS, LABELS) != gan.logits(POINTS, (LABELS + 1) % 3)).all()


def test_its_penalty_and_its_step_are_taken(make):
    gans = [make(weight=weight) for weight in (0.0, 0.5)]
    before = gans[0].prior.loc.numpy()
    for gan in gans:
        gan.train_step((POINTS, LABELS))
        assert gan.discriminator_optimizer.iterations == 2
    free, held = (gan.prior.loc.numpy() for gan in gans)
    np.testing.assert_allclose(free - held, 0.1 * 0.5 * 2 * before / before.size, atol=1e-6)


def test_its_file_goes_on_with_the_same_bits(make, tmp_path, assert_equal):
    gan = make(weight=0.5, ema_momentum=0.9)
    gan.train_step((POINTS, LABELS))
    gan.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    for each in (gan, loaded):
        each.train_step((POINTS, LABELS))
    assert_equal(loaded, gan)
    assert loaded.get_config()["weight"] == 0.5
