"""The estimate of a run's time, and that making it changes nothing."""

import re

import numpy as np
import pytest

import tfmix
from tests.training.tiny import CONFIG
from tfmix import data
from tfmix.training import config as configs
from tfmix.training import estimate
from tfmix.training.build import build


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3.4, "3 s"), (89, "89 s"), (91, "2 min"), (3600, "60 min"), (7800, "2 h 10 min")],
)
def test_times_are_written_in_words(seconds, words):
    assert estimate.in_words(seconds) == words


def values(model):
    variables = [*model.variables, *model.generator_optimizer.variables]
    return [variable.numpy() for variable in (*variables, *model.discriminator_optimizer.variables)]


def test_timing_leaves_the_model_as_it_was():
    model = build(configs.checked(CONFIG), (8, 8, 1))
    batches = data.batches(data.load("digits"), 16, seed=0)
    before = values(model)
    assert estimate.seconds_a_step(model, batches) > 0
    for value, expected in zip(values(model), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_run_logs_the_estimate_before_it_starts(tmp_path, caplog):
    caplog.set_level("INFO")
    tfmix.training.train({**CONFIG, "num_steps": 2}, tmp_path)
    (said,) = [each for each in caplog.messages if "on this machine" in each]
    assert re.fullmatch(
        r"2 steps of 16 images: about \d+ s on this machine \(.* s a step\).*", said
    )
