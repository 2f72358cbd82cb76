"""The estimate of a run's time, and that making it changes nothing."""

import pytest

from tests.training.tiny import CONFIG, POINTS
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


def test_timing_leaves_the_model_as_it_was(unchanged):
    own = {"prior_optimizer": {"name": "Adam", "learning_rate": 1e-2}}
    model = build(configs.checked({**CONFIG, **POINTS, **own}), (2,))
    optimizers = model.generator_optimizer, model.discriminator_optimizer, model.prior_optimizer
    with unchanged(*(each for part in (model, *optimizers) for each in part.variables)):
        assert estimate.seconds_a_step(model, data.batches(data.load("grid"), 16, seed=0)) > 0
