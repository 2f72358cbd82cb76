"""Configs of earlier versions: their form, and those that are kept with the shipped results."""

import json
import pathlib

import pytest

from tests.training.tiny import CONFIG, EARLIER, PIXEL_CNN
from tfmix.programs import presets
from tfmix.training import config as configs
from tfmix.training.upgrade import upgraded

RESULTS = pathlib.Path(__file__).parents[2] / "zoo" / "results"


def test_the_name_and_the_block_loss_become_the_block_model():
    assert upgraded(EARLIER) == {**CONFIG, "model": {**CONFIG["model"], "loss": "non_saturating"}}
    assert upgraded(CONFIG) == CONFIG  # one of this version stays as it is


def test_the_generator_of_a_pixel_cnn_becomes_its_model():
    earlier = {**PIXEL_CNN, "model": "PixelCNN", "generator": PIXEL_CNN["model"]}
    assert upgraded({**earlier, "loss": {"name": "likelihood"}}) == PIXEL_CNN


@pytest.mark.parametrize("name", sorted(path.name for path in RESULTS.iterdir() if path.is_dir()))
def test_a_shipped_result_was_trained_with_the_config_of_its_name(name):
    report = json.loads((RESULTS / name / "seed_0.json").read_text())
    given = report["model"]["provenance"]["config"]
    was, now = configs.checked({**given, "data_dir": ""}), configs.checked(presets.get(name))
    if now["precision"] == "auto":  # the run's is the one that it was trained in
        now["precision"] = was["precision"]
    if "prior_optimizer" in given:
        assert configs.differences(was, now) == []
    else:  # of before: the networks, rates and budgets of today's configs are others
        for config in (was, now):
            config["model"] = config["model"]["name"]
        assert all(was[key] == now[key] for key in ("model", "dataset", "train_size"))
