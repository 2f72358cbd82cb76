"""A discriminator that knows its images by heart: what tells of it, and the warning."""

import json
import logging

import numpy as np
import pytest

import tfmix
from tests.training.tiny import CONFIG
from tfmix import data
from tfmix.training import config as configs
from tfmix.training import diagnostics
from tfmix.training.build import build

HELD_OUT = {"evaluate_every": 1_000, "validation_size": 40}


@pytest.fixture
def gan():
    return build({**CONFIG, "seed": 1}, (8, 8, 1))


@pytest.fixture
def judged(gan, monkeypatch):
    """Has the discriminator answer training, held-out and generated images as told."""

    def answers(train, held_out, made):
        answered = iter([train, held_out, made])

        def logits(images, label=None):
            return next(answered) + np.linspace(-0.1, 0.1, len(images))

        monkeypatch.setattr(gan, "logits", logits)
        return diagnostics.signs(gan, *data.load("digits").split(100, 50, seed=0))

    return answers


@pytest.mark.parametrize(
    ("answers", "r_v"), [((2, 2, -2), 0.0), ((2, 0, -2), 0.5), ((2, -2, -2), 1.0)]
)
def test_r_v_is_how_far_held_out_images_are_on_the_way_to_generated_ones(judged, answers, r_v):
    found = judged(*answers)
    assert found.keys() == {"train_logit", "held_out_logit", "sampled_logit", "r_v"}
    np.testing.assert_allclose([*found.values()], [*answers, r_v], atol=1e-6)
    assert diagnostics.memorized(found) == (r_v >= 0.5)


def test_a_discriminator_that_knows_nothing_has_memorised_nothing(judged):
    found = judged(0.01, -0.5, 0.0)
    assert "r_v" not in found
    assert not diagnostics.memorized(found)


def test_too_few_images_for_a_pack_tell_nothing():
    packed = {**CONFIG, "model": {"name": "GAN", "packing": 8}}
    gan = build(configs.checked(packed), (8, 8, 1))
    assert diagnostics.signs(gan, *data.load("digits").split(60, 6, seed=0)) == {}
    assert diagnostics.signs(gan, *data.load("digits").split(60, 8, seed=0))


def test_looking_changes_nothing(gan):
    before = [variable.numpy() for variable in gan.variables]
    diagnostics.signs(gan, *data.load("digits").split(60, 40, seed=0))
    for variable, value in zip(gan.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)


@pytest.fixture
def warned(caplog):
    def lines():
        return [
            record.getMessage()
            for record in caplog.records
            if record.levelno == logging.WARNING and "memorised" in record.getMessage()
        ]

    return lines


def test_a_discriminator_that_memorises_is_told_of_once(tmp_path, warned, monkeypatch):
    """From step 3 of 6 on, held-out images look generated to it."""
    logits, steps = tfmix.GAN.logits, iter(range(100))

    def told(gan, images, label=None):
        step, kind = divmod(next(steps), 3)
        return 0 * logits(gan, images, label) + (1.0, -1.0 if step >= 2 else 1.0, -1.0)[kind]

    monkeypatch.setattr(tfmix.GAN, "logits", told)
    tfmix.training.train({**CONFIG, **HELD_OUT}, tmp_path)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["r_v"] for line in log] == [0, 0, 1, 1, 1, 1]
    assert all(line.keys() >= {"train_logit", "held_out_logit", "r_t"} for line in log)
    (said,) = warned()
    assert "\n" not in said
    assert said.startswith("The discriminator has memorised the training images at step 3: ")
    assert "held-out ones look generated to it (r_v 1.00)" in said


def test_without_held_out_images_r_t_gives_a_hint(tmp_path, warned):
    tfmix.training.train({**CONFIG, "num_steps": 20, "log_every": 5, "sample_every": 20}, tmp_path)
    (said,) = warned()
    assert said.startswith("The discriminator may have memorised the training images at step ")
    assert "takes nearly all of them for real (r_t " in said
