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
        ({"evaluate_every": -1}, r"evaluate_every is an integer of at least 0\. Received: -1"),
        ({"evaluate_every": True}, "evaluate_every is an integer"),
        ({"validation_size": 5}, r"validation_size is an integer of at least 6\. Received: 5"),
        ({"extractor": None}, "extractor is a name or a path"),
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
        ({"loss": {"name": "non_saturating", "sigma_penalty": "x"}}, "at least 0 and finite"),
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
    # Arguments that came later are what they were before there were any.
    loss = {**old["loss"], "augment": "", "ada_images": 500_000, "lecam_penalty": 0.0}
    assert configs.differences(old, {**old, "loss": loss}) == []
    changed = {**old, "loss": {**loss, "lecam_penalty": 0.1}}
    assert configs.differences(old, changed) == ["loss.lecam_penalty"]


def test_keys_that_came_later_may_be_left_out():
    config = digits()
    for key in configs.DEFAULTS:
        del config[key]
    assert configs.checked(config) == digits()


def test_what_validation_may_change_depends_on_whether_it_is_on():
    off, on = digits(), digits(evaluate_every=10)
    assert configs.differences(off, on) == configs.differences(on, off) == ["evaluate_every"]
    changes = {"validation_size": 7, "extractor": "mnist"}
    assert configs.differences(off, {**off, **changes}) == []
    assert configs.differences(on, {**on, **changes}) == ["extractor", "validation_size"]
    assert configs.differences(on, digits(evaluate_every=20)) == []


def points(**changes):
    """A tiny GAN of points."""
    return {
        **digits(),
        "model": "GAN",
        "dataset": "grid",
        "prior": {"name": "GaussianMixture", "num_components": 4, "latent_dim": 3},
        "generator": {"name": "MLPGenerator", "widths": [4]},
        "discriminator": {"name": "MLPDiscriminator", "widths": [4]},
        "loss": {"name": "non_saturating"},
        **changes,
    }


def pixel_cnn(**changes):
    return {
        **digits(),
        "model": "PixelCNN",
        "ema_momentum": 0.0,
        "prior": {"name": "none"},
        "generator": {"name": "PixelCNN", "filters": 2, "num_blocks": 1, "num_levels": 17},
        "discriminator": {"name": "none"},
        "loss": {"name": "likelihood"},
        **changes,
    }


def optimizer(**arguments):
    return {"name": "Adam", "learning_rate": 0.5, **arguments}


@pytest.mark.parametrize(("rate", "expected"), [(0.125, 0.125), (0.0, 0.5), (None, 0.5)])
def test_the_discriminator_has_a_rate_of_its_own_where_one_is_given(rate, expected):
    model = configs.build(points(optimizer=optimizer(discriminator_learning_rate=rate)), (2,))
    assert float(model.generator_optimizer.learning_rate) == 0.5
    assert float(model.discriminator_optimizer.learning_rate) == expected


def test_a_schedule_is_that_of_both_optimizers_over_the_run():
    falling = optimizer(discriminator_learning_rate=0.25, schedule="linear", hold=0.5)
    model = configs.build(points(num_steps=100, optimizer=falling), (2,))
    for each, rate in ((model.generator_optimizer, 0.5), (model.discriminator_optimizer, 0.25)):
        for step, share in ((0, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)):
            each.iterations.assign(step)
            assert float(each.learning_rate) == pytest.approx(rate * share)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"discriminator_learning_rate": -1.0}, "above 0"),
        ({"discriminator_learning_rate": "fast"}, "above 0"),
        ({"schedule": "cosine", "hold": -0.1}, r"hold lies in \[0, 1\)"),
        ({"schedule": "falling"}, "one of constant, linear, cosine"),
    ],
)
def test_refuses_rates(arguments, said):
    with pytest.raises(ValueError, match=said):
        configs.build(points(optimizer=optimizer(**arguments)), (2,))


@pytest.mark.parametrize(
    ("packing", "said"),
    [
        (3, r"whole packs: batch_size is a multiple of loss.packing=3\. Received: batch_size=50"),
        (0, "loss.packing is an integer of at least 1"),
        ("2", "loss.packing is an integer"),
    ],
)
def test_a_batch_is_made_of_whole_packs(packing, said):
    with pytest.raises(ValueError, match=said):
        configs.checked(points(loss={"name": "non_saturating", "packing": packing}))


@pytest.mark.parametrize("model", ["ACGAN", "TGAN", "SupervisedGMGAN"])
def test_a_model_of_classes_is_refused_for_data_without_in_words(model):
    config = points(model=model, dataset="folder:mine")
    with pytest.raises(ValueError, match=rf"{model} learns classes, and folder:mine has no labels"):
        configs.build(config, (2,))


@pytest.mark.parametrize("packing", [1, 5])
@pytest.mark.parametrize(
    ("model", "arguments", "width", "logits", "class_logits"),
    [
        ("GAN", {}, 3, 1, None),
        ("GMGAN", {}, 3, 1, None),
        ("DeLiGAN", {"sigma_penalty": 0.1}, 3, 1, None),
        ("SupervisedGMGAN", {"targets": "all"}, 3, 2, None),
        ("ACGAN", {"alpha": 2.0}, 5, 1, 2),
        ("TGAN", {"codeword_dim": 4}, 7, 1, 2),
    ],
)
def test_networks_are_as_wide_as_the_model_asks(
    model, arguments, width, logits, class_logits, packing
):
    loss = {"name": "hinge", "packing": packing, **arguments}
    logits *= packing if model == "SupervisedGMGAN" else 1  # an answer for each image and class
    made = configs.build(configs.checked(points(model=model, loss=loss)), (2,), [0.75, 0.25])
    assert type(made).__name__ == model
    assert made.loss_name == "hinge"
    assert made.generator.input_shape == (None, width)
    assert made.discriminator.input_shape == (None, 2 * packing)
    outputs = made.discriminator.output
    if class_logits is None:
        assert outputs.shape == (None, logits)
    else:
        assert outputs["logit"].shape == (None, logits)
        assert outputs["class_logits"].shape == (None, class_logits * packing)
    for name, value in arguments.items():
        assert made.get_config()[name] == value


def test_class_frequencies_reach_the_model():
    weights = [0.75, 0.25]
    made = configs.build(points(model="ACGAN"), (2,), weights)
    assert made.labels.class_weights == weights
    loss = {"name": "non_saturating", "component_to_class": "frequency"}
    made = configs.build(points(model="SupervisedGMGAN", loss=loss), (2,), weights)
    assert made.labels.component_to_class == [0, 0, 0, 1]
    loss["component_to_class"] = [1, 0, 1, 1]
    made = configs.build(points(model="SupervisedGMGAN", loss=loss), (2,), weights)
    assert made.labels.component_to_class == [1, 0, 1, 1]


@pytest.mark.parametrize("key", ["num_classes", "class_weights", "labels", "generator", "seed"])
def test_what_follows_from_the_data_cannot_be_set(key):
    loss = {"name": "non_saturating", key: 3}
    with pytest.raises(ValueError, match=f"ACGAN takes no {key}"):
        configs.build(points(model="ACGAN", loss=loss), (2,), [0.5, 0.5])


def test_networks_of_images_and_of_points_are_told_apart():
    with pytest.raises(ValueError, match="MLPGenerator makes and judges points"):
        configs.build(points(), (8, 8, 1))
    with pytest.raises(ValueError, match="DCGANGenerator makes and judges images"):
        configs.build(digits(model="GAN", loss={"name": "hinge"}), (2,))


@pytest.mark.parametrize(("num_classes", "labels"), [(None, None), (None, 10), (10, 10)])
def test_a_pixel_cnn_is_the_generator_s_block_alone(num_classes, labels):
    config = pixel_cnn(optimizer=optimizer(schedule="linear"))
    config["generator"] |= {} if num_classes is None else {"num_classes": num_classes}
    weights = None if labels is None else [0.1] * labels
    made = configs.build(configs.checked(config), (8, 8, 1), weights)
    assert (made.num_levels, made.num_classes, made.image_shape) == (17, num_classes, (8, 8, 1))
    assert float(made.optimizer.learning_rate) == 0.5
    other = configs.build(pixel_cnn(seed=1), (8, 8, 1))
    assert made.seed != other.seed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": {"name": "StandardNormal", "latent_dim": 3}}, r"no prior.*'none'"),
        ({"prior": {"name": "none", "latent_dim": 3}}, "no prior"),
        ({"discriminator": {"name": "DCGANDiscriminator"}}, "no discriminator"),
        ({"loss": {"name": "hinge"}}, r"no loss.*'likelihood'"),
        ({"ema_momentum": 0.9}, r"no average: ema_momentum is 0\. Received: 0\.9"),
        ({"generator": {"name": "DCGANGenerator"}}, "generator.name is one of PixelCNN"),
        ({"generator": {"name": "PixelCNN", "filters": 2}}, "needs num_blocks"),
        (
            {"generator": {"name": "PixelCNN", "filters": 2, "num_blocks": 1, "num_classes": 4}},
            r"num_classes is that of digits, 10, or is left out\. Received: 4",
        ),
    ],
)
def test_a_pixel_cnn_s_other_blocks_are_empty(changes, said):
    with pytest.raises(ValueError, match=said):
        configs.build(configs.checked(pixel_cnn(**changes)), (8, 8, 1), [0.1] * 10)
