import json
import pathlib
import runpy

import numpy as np
import pytest

import tfmix
from tfmix.training import config as configs


def digits(**changes):
    module = runpy.run_path("zoo/configs/deligan_digits.py")
    return {**configs.checked(module["get_config"]()), **changes}


def test_a_checked_config_is_what_json_gives_back():
    config = digits()
    assert json.loads(json.dumps(config)) == config


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nosuch": 1}, "unknown: nosuch"),
        ({"batch_size": 0}, "batch_size is an integer of at least 1"),
        ({"num_steps": 2.5}, "num_steps is an integer"),
        ({"precision": "half"}, "float32, mixed_bfloat16"),
        ({"strategy": "many"}, "none, mirrored"),
        ({"model": "Sampler"}, "DeLiGAN"),
        ({"prior": "GaussianMixture"}, "prior is a mapping with a name"),
        ({"seed": 2**40}, "A seed lies in"),
        ({"num_steps": True}, "num_steps is an integer"),
        ({"ema_momentum": "x"}, "ema_momentum lies in"),
        ({"loss": {"name": object()}}, "config.loss.name is a number"),
    ],
)
def test_a_bad_config_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        configs.checked(digits(**changes))


@pytest.mark.parametrize("config", [None, "zoo/configs/deligan_digits.py", [1]])
def test_what_is_no_mapping_is_refused(config):
    with pytest.raises(ValueError, match="A config is a mapping"):
        configs.checked(config)


def test_numpy_numbers_and_paths_become_plain():
    config = configs.checked(digits(num_steps=np.int64(3), data_dir=pathlib.Path("x")))
    assert json.loads(json.dumps(config)) == config
    assert config["num_steps"] == 3


def test_a_missing_key_is_named():
    config = digits()
    del config["loss"]
    with pytest.raises(ValueError, match="missing: loss"):
        configs.checked(config)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": {"name": "Cauchy"}}, "prior.name is one of GaussianMixture"),
        ({"prior": {"name": "StandardNormal", "num_components": 3}}, "takes no num_components"),
        ({"prior": {"name": "GaussianMixture", "latent_dim": 3}}, "needs num_components"),
        ({"loss": {"name": "non_saturating", "prior": 3}}, "takes no prior"),
        ({"loss": {"name": "non_saturating", "sigma_penalty": "x"}}, "cannot be made of"),
        ({"optimizer": {"name": "Adam", "beta_1": 2.0}}, r"beta_1 lies in \[0, 1\)"),
        ({"optimizer": {"name": "Adam", "learning_rate": "fast"}}, "above 0"),
        ({"generator": {"name": "DCGANGenerator", "height": 3}}, "takes no height"),
        ({"loss": {"name": "non_saturating", "sigma": 1}}, "takes no sigma"),
        ({"loss": {"name": "saturating"}}, "loss is one of non_saturating"),
        ({"optimizer": {"name": "Adamant"}}, "optimizer.name is one of Keras's"),
        ({"optimizer": {"name": "Adam", "rate": 1}}, "Adam takes no rate"),
        ({"optimizer": {"name": "Adam", "learning_rate": -1.0}}, "above 0"),
    ],
)
def test_a_block_that_cannot_be_built_is_refused(changes, said):
    changes = {"model": "DeLiGAN", **changes}
    if changes.get("prior", {}).get("name") == "StandardNormal":
        changes["prior"]["latent_dim"] = 4
    with pytest.raises(ValueError, match=said):
        configs.build(configs.checked(digits(**changes)), (8, 8, 1))


def test_the_model_is_built_as_the_config_says():
    model = configs.build(digits(ema_momentum=0.5), (8, 8, 1))
    assert type(model) is tfmix.DeLiGAN
    assert model.prior.num_components == 50
    assert model.generator.width == 32
    assert model.sigma_penalty == pytest.approx(1 / 3)
    assert model.ema_momentum == 0.5
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(2e-4)
    assert model.generator_optimizer is not model.discriminator_optimizer


def test_the_seed_governs_every_part_and_no_two_alike():
    seeds = [
        (m.prior.seed, m.generator.seed, m.discriminator.seed, m.seed)
        for m in (configs.build(digits(seed=seed), (8, 8, 1)) for seed in (0, 1))
    ]
    assert len({*seeds[0], *seeds[1]}) == 8


def test_precision_reaches_the_networks():
    model = configs.build(digits(precision="mixed_bfloat16"), (8, 8, 1))
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.generator.layers[-1].compute_dtype == "float32"


def test_differences_name_what_may_not_change():
    old = digits()
    assert configs.differences(old, digits(log_every=7, data_dir="x", strategy="mirrored")) == []
    new = digits(seed=1, prior={**old["prior"], "num_components": 3})
    assert configs.differences(old, new) == ["prior.num_components", "seed"]
