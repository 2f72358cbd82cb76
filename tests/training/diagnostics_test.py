"""Diagnostics of a GAN: distances that show a collapse, logits that show memorising, warnings."""

import logging
import pathlib
import re

import keras
import numpy as np
import pytest

from tests.training.tiny import CONFIG, POINTS
from tfmix import Sampler, data, networks, priors, shipped
from tfmix.training import config as configs
from tfmix.training.build import build
from tfmix.training.diagnostics import Diagnostics, collapse, memorizing, within_spread

THOUSAND_STEPS = {**CONFIG, "num_steps": 1_000}


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


def images_of(prior, labels=None):
    """Draws its latents and codes as images of one row."""
    width = prior.latent_dim + (0 if labels is None else labels.width)
    latent = keras.Input([width])
    image = keras.layers.Reshape([1, width, 1])(latent)
    return Sampler(prior, keras.Model(latent, image), labels)


@pytest.mark.parametrize("prior", [priors.StandardNormal(64), priors.GaussianMixture(90, 64)])
def test_within_spread_is_one_where_a_component_is_as_varied_as_the_data(prior):
    """Components of deviation s drawn apart have the share s of all that is drawn."""
    whole = images_of(prior)
    real = images_of(priors.StandardNormal(64)).sample(2000, seed=5)
    share = 0.2 if isinstance(prior, priors.GaussianMixture) else 1.0  # its init_scale
    assert within_spread(whole, real) == pytest.approx(share, rel=0.1)
    assert within_spread(whole, np.zeros([1, 1, 64, 1])) is None


def test_two_draws_of_a_class_are_measured_by_two_real_images_of_a_class():
    """Codes lie apart, and classes of the data too; within a class both are a normal."""
    whole = images_of(priors.StandardNormal(64), priors.OneHotLabels(3))
    real = whole.draw(600, seed=5)
    assert within_spread(whole, real["images"], real["label"]) == pytest.approx(1, rel=0.1)
    assert within_spread(whole) == pytest.approx(1, rel=0.15)
    far = real["images"] + 50.0 * real["label"][:, None, None, None]
    assert within_spread(whole, far, real["label"]) == pytest.approx(1, rel=0.1)
    assert within_spread(whole, far[:3], np.arange(3)) < 0.1  # one of each class: of any


@pytest.mark.parametrize(
    ("path", "collapsed"),
    [
        (pathlib.Path(__file__).parents[1] / "goldens" / "deligan_mnist_collapsed.keras", True),
        (shipped.folder("saved_models") / "gmgan_mnist" / "gmgan_mnist.keras", False),
    ],
    ids=["deligan", "gmgan"],
)
def test_a_model_of_one_image_a_component_is_told_with_and_without_data(path, collapsed, tfds_dir):
    whole = keras.models.load_model(path)
    few = data.load("mnist", "test", data_dir=tfds_dir).subset(64, seed=0)
    real = data.from_uint8(few.images).numpy()
    with_data, without = within_spread(whole, real, few.labels), within_spread(whole)
    assert without == pytest.approx(with_data, rel=0.15)
    assert (with_data < 0.3, without < 0.3) == (collapsed, collapsed)
    assert collapse(whole, real)["sample_spread"] > 0.8  # which does not see it


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
        assert Diagnostics(THOUSAND_STEPS, *digits(60, 40)).measure(gan, 1, 0.0)


@pytest.fixture
def warnings(caplog):
    """The warnings since the last call."""

    def new():
        said = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
        caplog.clear()
        return said

    return new


def test_a_discriminator_that_memorises_is_warned_of_once(gan, answering, warnings):
    measured = Diagnostics(THOUSAND_STEPS, *digits(60, 40))
    said = []
    for step, held_out in ((50, -2), (110, 2), (120, -2), (130, -2), (140, 2), (150, -2)):
        answering(2, held_out, -2)
        measured.measure(gan, step, 1.0)
        said += [(step, each) for each in warnings() if "memorised" in each]
    assert [step for step, _ in said] == [120, 150]
    assert re.fullmatch(
        r"The discriminator has memorised the training images at step 120: it takes held-out "
        r"images for generated ones \(r_v 1\.00\)\. Try model\.augment=default, more images .*",
        said[0][1],
    )


def test_without_held_out_images_r_t_gives_a_hint(gan, warnings):
    measured = Diagnostics(THOUSAND_STEPS, data.load("digits"))
    for step, r_t in ((50, 0.95), (110, 0.5), (120, 0.95), (130, 0.95)):
        measured.measure(gan, step, r_t)
    (hint,) = [each for each in warnings() if "memorised" in each]
    assert "may have memorised the training images at step 120: it takes nearly all" in hint
    assert "for real (r_t 0.95)" in hint


@pytest.fixture
def collapses(warnings, request):
    """Number of warnings at a step, where the generator's images are multiplied by a factor."""
    config = {**POINTS, "num_steps": getattr(request, "param", 1_000)}
    gan = build(configs.checked(config), (2,))
    measured = Diagnostics(config, data.load("unimodal"))
    kernel = gan.generator.layers[-1].kernel
    learned = kernel.numpy()

    def at(step, factor):
        kernel.assign(factor * learned)
        measured.measure(gan, step, 1.0)
        return len(warnings())

    return at


@pytest.mark.parametrize("collapses", [1_000, 20], indirect=True)
def test_a_new_generator_may_collapse_for_a_tenth_of_the_run_and_100_steps(collapses):
    assert [collapses(step, 0.0) for step in (1, 50, 99, 100)] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("first", "spreads", "said"),
    [
        (1, [(0.0, 0.0), (0.5, 0.1), (0.5, 0.1)], []),  # a new one may look like both
        (1, [(0.9, 0.5), (0.9, 0.2), (0.9, 0.2)], [(2, "one component is 0.2")]),
        (200, [(0.9, 0.2)], [(200, "Try a larger prior.within, or a prior_optimizer")]),
        (200, [(0.01, 0.01)], [(200, "Try a larger model.r1_penalty, or a lower learning rate.")]),
        (1, [(0.9, 0.2), (0.01, 0.01)], [(2, "all components is 0.01")]),
        (99, [(0.9, 0.2), (0.9, 0.2), (0.9, 0.2)], [(100, "one component is 0.2")]),
        (200, [(0.9, 0.2), (0.9, 0.4), (0.9, 0.1)], [(200, "is 0.2 "), (202, "is 0.1 ")]),
        (
            200,
            [(0.9, 0.2), (0.01, 0.01)],
            [(200, "one component"), (201, "all components is 0.01")],
        ),
        (200, [(0.01, 0.01), (0.5, 0.1)], [(200, "all components is 0.01")]),  # better, not worse
    ],
)
def test_collapse_within_components_is_warned_of(gan, warnings, monkeypatch, first, spreads, said):
    module = "tfmix.training.diagnostics"
    measured, found = Diagnostics(THOUSAND_STEPS, data.load("digits")), []
    for step, (every, within) in enumerate(spreads, first):
        monkeypatch.setattr(f"{module}.collapse", lambda *_, each=every: {"sample_spread": each})
        monkeypatch.setattr(f"{module}.within_spread", lambda *_, each=within: each)
        line = measured.measure(gan, step, 0.0)
        assert (line["sample_spread"], line["within_spread"]) == (every, within)
        found += [(step, each) for each in warnings()]
    assert [step for step, _ in found] == [step for step, _ in said]
    assert all(part in each for (_, part), (_, each) in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("first", "factors", "said"),
    [
        (1, [1.0, 0.0], [0, 1]),  # at once, where it had learned
        (200, [0.0, 0.0, 1.0, 0.0, 0.0, 1.0], [1, 0, 0, 1, 0, 0]),  # once, until samples part again
    ],
)
def test_collapse_is_warned_of_at_once_and_once(collapses, first, factors, said):
    assert [collapses(step, each) for step, each in enumerate(factors, first)] == said
