"""Diagnostics of a GAN: distances that show a collapse, logits that show memorising, warnings."""

import logging
import re

import numpy as np
import pytest

from tests.training.tiny import CONFIG, POINTS
from tfmix import Sampler, data, networks, priors
from tfmix.training import config as configs
from tfmix.training.build import build
from tfmix.training.diagnostics import Diagnostics, collapse, memorizing

HUNDRED_STEPS = {**CONFIG, "num_steps": 100}


def sampler(prior, factor=1.0):
    """Draws its latents, times a factor."""
    generator = networks.MLPGenerator(prior.latent_dim, prior.latent_dim, widths=())
    generator.set_weights([factor * np.eye(prior.latent_dim), np.zeros(prior.latent_dim)])
    return Sampler(prior, generator)


@pytest.mark.parametrize("prior", [priors.GaussianMixture(9, 3), priors.StandardNormal(3)])
def test_spread_is_one_for_samples_like_the_data_and_none_for_one_point(prior):
    real = sampler(prior).sample(64, seed=5)
    assert collapse(sampler(prior), real)["sample_spread"] == pytest.approx(1, abs=0.2)
    assert collapse(sampler(prior, 0.0), real)["sample_spread"] == 0


def test_distance_is_that_to_the_nearest_other_location():
    loc = [[0.0, 0.0], [3.0, 4.0], [3.0, 5.0]]
    found = collapse(sampler(priors.GaussianMixture(3, 2, loc=loc)), np.eye(2))
    assert found["component_distance"] == pytest.approx((5 + 1 + 1) / 3)
    assert "component_distance" not in collapse(sampler(priors.StandardNormal(3)), np.eye(3))

    for real in (np.zeros([1, 3]), np.ones([5, 3])):  # data without distances
        assert "sample_spread" not in collapse(sampler(priors.StandardNormal(3)), real)


@pytest.fixture
def gan():
    return build(configs.checked(CONFIG), (8, 8, 1))


def digits(train, held_out):
    return data.load("digits").split(train, held_out, seed=0)


@pytest.fixture
def answering(gan, monkeypatch):
    """Sets the discriminator's mean logits of training, held-out and generated images."""

    def means(*wanted):
        wanted = iter(wanted)
        spread = 0.1 * np.tile([-1, 1], 25)
        monkeypatch.setattr(gan, "logits", lambda images, label=None: next(wanted) + spread)

    return means


@pytest.mark.parametrize(
    ("means", "r_v"), [((2, 2, -2), 0.0), ((2, 0, -2), 0.5), ((2, -2, -2), 1.0)]
)
def test_r_v_is_how_far_held_out_images_are_on_the_way_to_generated_ones(
    gan, answering, means, r_v
):
    answering(*means)
    found = memorizing(gan, *digits(100, 50))
    assert [*found] == ["train_logit", "held_out_logit", "sampled_logit", "r_v"]
    np.testing.assert_allclose([*found.values()], [*means, r_v], atol=1e-6)


def test_there_is_no_r_v_where_the_discriminator_knows_nothing(gan, answering):
    answering(0.01, -0.5, 0.0)
    assert "r_v" not in memorizing(gan, *digits(100, 50))


def test_too_few_images_for_a_pack_are_not_compared():
    packed = build(configs.checked({**CONFIG, "model": {"name": "GAN", "packing": 8}}), (8, 8, 1))
    assert memorizing(packed, *digits(60, 6)) == {}
    assert memorizing(packed, *digits(60, 8))


def test_measuring_changes_nothing(gan, unchanged):
    with unchanged(*gan.variables):
        assert Diagnostics(HUNDRED_STEPS, *digits(60, 40)).measure(gan, 1, 0.0)


@pytest.fixture
def warnings(caplog):
    """The warnings since the last call."""

    def new():
        said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
        caplog.clear()
        return said

    return new


def test_a_discriminator_that_memorises_is_warned_of_once(gan, answering, warnings):
    measured = Diagnostics(HUNDRED_STEPS, *digits(60, 40))
    said = []
    for step, held_out in ((5, -2), (11, 2), (12, -2), (13, -2), (14, 2), (15, -2)):
        answering(2, held_out, -2)
        measured.measure(gan, step, 1.0)
        said += [(step, each) for each in warnings() if "memorised" in each]
    assert [step for step, _ in said] == [12, 15]
    assert re.fullmatch(
        r"The discriminator has memorised the training images at step 12: it takes held-out images "
        r"for generated ones \(r_v 1\.00\)\. Try model\.augment=default, more images .*",
        said[0][1],
    )


def test_without_held_out_images_r_t_gives_a_hint(gan, warnings):
    measured = Diagnostics(HUNDRED_STEPS, data.load("digits"))
    for step, r_t in ((5, 0.95), (11, 0.5), (12, 0.95), (13, 0.95)):
        measured.measure(gan, step, r_t)
    (hint,) = [each for each in warnings() if "memorised" in each]
    assert "may have memorised the training images at step 12: it takes nearly all" in hint
    assert "for real (r_t 0.95)" in hint


@pytest.fixture
def collapses(warnings):
    """Number of warnings at a step, where the generator's images are multiplied by a factor."""
    config = {**HUNDRED_STEPS, **POINTS, "num_steps": 100}
    gan = build(configs.checked(config), (2,))
    measured = Diagnostics(config, data.load("unimodal"))
    kernel = gan.generator.layers[-1].kernel
    learned = kernel.numpy()

    def at(step, factor):
        kernel.assign(factor * learned)
        measured.measure(gan, step, 1.0)
        return len(warnings())

    return at


def test_a_new_generator_may_collapse_for_a_tenth_of_the_run(collapses):
    assert [collapses(step, 0.0) for step in (1, 5, 9, 10)] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("first", "factors", "said"),
    [
        (1, [1.0, 0.0], [0, 1]),  # at once, where it had learned
        (20, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [1, 0, 0, 1, 0, 0]),  # once, until samples part again
    ],
)
def test_collapse_is_warned_of_at_once_and_once(collapses, first, factors, said):
    assert [collapses(step, each) for step, each in enumerate(factors, first)] == said
