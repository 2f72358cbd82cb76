"""What a config may say, and what a resumed run may change of it."""

import json
import pathlib

import numpy as np
import pytest

from tests.training.tiny import CONFIG
from tfmix.training import config as configs

TINY = configs.checked(CONFIG)
FROZEN = {"name": "GAN", "frozen_layers": 1}


def test_a_checked_config_is_what_json_gives_back():
    given = {**CONFIG, "num_steps": np.int64(3), "data_dir": pathlib.Path("x")}
    config = configs.checked(given)
    assert json.loads(json.dumps(config)) == config
    assert (config["num_steps"], config["data_dir"]) == (3, "x")


def test_keys_that_came_later_may_be_left_out():
    assert not configs.DEFAULTS.keys() & CONFIG.keys()
    assert TINY == {**CONFIG, **configs.DEFAULTS}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nosuch": 1}, "unknown: nosuch"),
        ({"batch_size": 0}, "batch_size is an integer of at least 1"),
        ({"num_steps": 2.5}, "num_steps is an integer"),
        ({"num_steps": True}, "num_steps is an integer"),
        ({"evaluate_every": -1}, r"evaluate_every is an integer of at least 0\. Received: -1"),
        ({"evaluate_every": True}, "evaluate_every is an integer"),
        ({"validation_size": 5}, r"validation_size is an integer of at least 6\. Received: 5"),
        ({"extractor": None}, "extractor is a name or a path"),
        ({"init_from": 3}, "init_from is a path, or empty"),
        ({"model": FROZEN}, "name their model with init_from"),
        ({"model": {"name": "PixelCNN"}, "init_from": "x"}, "init_from is for GANs"),
        ({"model": {"name": "Sampler"}}, "model.name is one of .*DeLiGAN"),
        ({"model": {"name": object()}}, "config.model.name is a number"),
        ({"model": {"name": "GAN", "packing": 3}}, r"multiple of model.packing=3\. Received: .*16"),
        ({"model": {"name": "GAN", "packing": 0}}, "model.packing is an integer of at least 1"),
        ({"model": {"name": "GAN", "packing": "2"}}, "model.packing is an integer"),
        ({"prior": "GaussianMixture"}, "prior is a mapping with a name"),
        ({"precision": "half"}, "auto, float32, mixed_bfloat16"),
        ({"strategy": "many"}, "none, mirrored"),
        ({"prior_optimizer": "Adam"}, "prior_optimizer is a mapping with a name"),
        ({"train_choice": "first"}, "train_choice is one of random, last"),
        ({"train_choice": "last", "train_size": 0}, "holds none out. Received: train_size=0"),
        ({"train_choice": "last", "evaluate_every": 2}, "holds none out. .*evaluate_every=2"),
        ({"seed": 2**40}, "A seed lies in"),
        ({"ema_momentum": "x"}, "ema_momentum lies in"),
    ],
)
def test_a_bad_config_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        configs.checked({**CONFIG, **changes})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({key: value for key, value in CONFIG.items() if key != "prior"}, "missing: prior"),
        *((config, "A config is a mapping") for config in (None, "deligan_digits", [1])),
    ],
)
def test_what_is_no_config_is_refused(config, said):
    with pytest.raises(ValueError, match=said):
        configs.checked(config)


def changed(old, **changes):
    return configs.differences(old, {**old, **changes})


def test_differences_name_what_may_not_change():
    assert changed(TINY, log_every=7, data_dir="x", strategy="mirrored") == []
    prior = {**TINY["prior"], "num_components": 9}
    assert changed(TINY, seed=1, prior=prior) == ["prior.num_components", "seed"]
    # Arguments that a run does not name have their defaults.
    model = {**TINY["model"], "augment": "", "ada_images": 500_000, "lecam_penalty": 0.0}
    model |= {"generator_steps": 1, "component_weight": 0.0, "component_delay": 0}
    assert changed(TINY, model=model) == []
    assert changed(TINY, model={**model, "lecam_penalty": 0.1}) == ["model.lecam_penalty"]
    assert changed({**TINY, "init_from": "x"}, init_from="y") == []
    assert changed(TINY, init_from="y") == ["init_from"]


def test_what_validation_may_change_depends_on_whether_it_is_on():
    on = {**TINY, "evaluate_every": 10}
    assert changed(TINY, evaluate_every=10) == changed(on, evaluate_every=0) == ["evaluate_every"]
    settings = {"validation_size": 7, "extractor": "mnist"}
    assert changed(TINY, **settings) == []
    assert changed(on, **settings) == ["extractor", "validation_size"]
    assert changed(on, evaluate_every=20) == []


def test_what_stands_beside_no_prior_optimizer_makes_no_difference():
    both = [
        configs.checked({**CONFIG, "prior_optimizer": {"name": "none", **more}})
        for more in ({}, {"learning_rate": 0.1})
    ]
    assert configs.differences(*both) == []


@pytest.mark.parametrize(
    ("changes", "follows"),
    [
        ({}, False),
        ({"optimizer": {"name": "Adam", "schedule": "linear"}}, True),
        ({"prior_optimizer": {"name": "Adam", "schedule": "cosine"}}, True),
        ({"prior_optimizer": {"name": "none", "schedule": "linear"}}, False),
        ({"model": {"name": "GAN", "r1_penalty": (1.0, 0.1)}}, True),
        ({"optimizer": {"name": "Adam", "beta_2": (0.9, 0.99)}}, True),
    ],
)
def test_what_changes_up_to_the_last_step_ties_a_run_to_its_length(changes, follows):
    assert configs.follows_length(configs.checked({**CONFIG, **changes})) == follows
