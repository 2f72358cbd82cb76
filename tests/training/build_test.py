"""The model that a config describes."""

import pytest

import tfmix
from tests.training.tiny import CONFIG, PIXEL_CNN
from tfmix.training import config as configs
from tfmix.training.build import build

IMAGES, POINTS = (8, 8, 1), (2,)
OF_POINTS = {
    "model": {"name": "GAN"},
    "dataset": "grid",
    "prior": {"name": "GaussianMixture", "num_components": 4, "latent_dim": 3},
    "generator": {"name": "MLPGenerator", "widths": [4]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [4]},
}


def images(**changes):
    return build(configs.checked({**CONFIG, **changes}), IMAGES)


def points(class_weights=None, **changes):
    return build(configs.checked({**CONFIG, **OF_POINTS, **changes}), POINTS, class_weights)


def pixel_cnn(class_weights=None, **changes):
    return build(configs.checked({**PIXEL_CNN, **changes}), IMAGES, class_weights)


def adam(**arguments):
    return {"name": "Adam", "learning_rate": 0.5, **arguments}


def test_the_model_is_built_as_the_config_says():
    model = images(ema_momentum=0.5, precision="mixed_bfloat16")
    assert type(model) is tfmix.DeLiGAN
    assert model.prior.num_components == 3
    assert model.generator.width == 4
    assert (model.sigma_penalty, model.ema_momentum) == (0.3, 0.5)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(1e-2)
    assert model.generator_optimizer is not model.discriminator_optimizer
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.generator.layers[-1].compute_dtype == "float32"


def test_the_seed_governs_every_part_and_no_two_alike():
    seeds = {
        each.seed
        for made in (images(seed=0), images(seed=1))
        for each in (made.prior, made.generator, made.discriminator, made)
    }
    assert len(seeds) == 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": {"name": "Cauchy"}}, "prior.name is one of GaussianMixture"),
        (
            {"prior": {"name": "StandardNormal", "latent_dim": 4, "num_components": 3}},
            "takes no num_components",
        ),
        ({"prior": {"name": "GaussianMixture", "latent_dim": 3}}, "needs num_components"),
        ({"model": {"name": "DeLiGAN", "prior": 3}}, "takes no prior.*block model may set"),
        ({"model": {"name": "DeLiGAN", "sigma_penalty": "x"}}, "at least 0 and finite"),
        ({"model": {"name": "DeLiGAN", "sigma": 1}}, "takes no sigma"),
        ({"model": {"name": "DeLiGAN", "loss": "saturating"}}, "loss is one of non_saturating"),
        ({"model": {"name": "GAN", "num_classes": 3}}, "GAN takes no num_classes"),
        ({"generator": {"name": "DCGANGenerator", "height": 3}}, "takes no height"),
        ({"generator": {"name": "MLPGenerator"}}, "network for points, and the data are images"),
        (
            {
                "model": {"name": "GAN", "r1_penalty": 1.0},
                "discriminator": {**CONFIG["discriminator"], "depth": 2, "norm": "batch"},
            },
            "without batch normalisation",
        ),
        ({"optimizer": {"name": "Adamant"}}, "optimizer.name is one of Keras's"),
        ({"optimizer": adam(rate=1)}, "Adam takes no rate"),
        ({"optimizer": adam(beta_1=2.0)}, r"beta_1 lies in \[0, 1\)"),
        ({"optimizer": adam(learning_rate="fast")}, "above 0"),
        ({"optimizer": adam(learning_rate=-1.0)}, "above 0"),
        ({"optimizer": adam(discriminator_learning_rate=-1.0)}, "above 0"),
        ({"optimizer": adam(discriminator_learning_rate="fast")}, "above 0"),
        ({"optimizer": adam(schedule="cosine", hold=-0.1)}, r"hold lies in \[0, 1\)"),
        ({"optimizer": adam(schedule="falling")}, "one of constant, linear, cosine"),
    ],
)
def test_a_block_that_cannot_be_built_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        images(**changes)


@pytest.mark.parametrize(("rate", "expected"), [(0.125, 0.125), (0.0, 0.5), (None, 0.5)])
def test_the_discriminator_has_a_rate_of_its_own_where_one_is_given(rate, expected):
    model = points(optimizer=adam(discriminator_learning_rate=rate))
    assert float(model.generator_optimizer.learning_rate) == 0.5
    assert float(model.discriminator_optimizer.learning_rate) == expected


def test_a_schedule_is_that_of_both_optimizers_over_the_run():
    falling = adam(discriminator_learning_rate=0.25, schedule="linear", hold=0.5)
    model = points(num_steps=100, optimizer=falling)
    for each, rate in ((model.generator_optimizer, 0.5), (model.discriminator_optimizer, 0.25)):
        for step, share in ((0, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)):
            each.iterations.assign(step)
            assert float(each.learning_rate) == pytest.approx(rate * share)


@pytest.mark.parametrize(
    ("model", "arguments", "width", "logits", "class_logits"),
    [
        ("GAN", {"packing": 1}, 3, 1, None),
        ("GMGAN", {}, 3, 1, None),
        ("DeLiGAN", {"sigma_penalty": 0.1}, 3, 1, None),
        ("SupervisedGMGAN", {"targets": "all"}, 3, 8, None),  # a logit for each image and class
        ("ACGAN", {"alpha": 2.0}, 5, 1, 8),
        ("TGAN", {"codeword_dim": 4}, 7, 1, 8),
    ],
)
def test_networks_are_as_wide_as_the_model_asks(model, arguments, width, logits, class_logits):
    arguments = {"loss": "hinge", "packing": 4, **arguments}
    made = points([0.75, 0.25], model={"name": model, **arguments})
    assert type(made).__name__ == model
    assert made.generator.input_shape == (None, width)
    assert made.discriminator.input_shape == (None, 2 * arguments["packing"])
    outputs = made.discriminator.output
    if class_logits is None:
        assert outputs.shape == (None, logits)
    else:
        assert outputs["logit"].shape == (None, logits)
        assert outputs["class_logits"].shape == (None, class_logits)
    for name, value in arguments.items():
        assert made.get_config()[name] == value


def test_class_frequencies_reach_the_model():
    weights = [0.75, 0.25]
    assert points(weights, model={"name": "ACGAN"}).labels.class_weights == weights


def test_a_map_of_components_to_classes_reaches_the_model():
    for given, made in (("modulo", [0, 1, 0, 1]), ([1, 0, 1, 1], [1, 0, 1, 1])):
        model = {"name": "SupervisedGMGAN", "component_to_class": given}
        assert points([0.75, 0.25], model=model).labels.component_to_class == made


@pytest.mark.parametrize("key", ["num_classes", "class_weights", "labels", "generator", "seed"])
def test_what_follows_from_the_data_cannot_be_set(key):
    with pytest.raises(ValueError, match=f"ACGAN takes no {key}"):
        points([0.5, 0.5], model={"name": "ACGAN", key: 3})


def test_networks_of_images_are_refused_for_points():
    with pytest.raises(ValueError, match="network for images, and the data are points"):
        points(generator=CONFIG["generator"])


@pytest.mark.parametrize("model", ["ACGAN", "TGAN", "SupervisedGMGAN"])
def test_a_model_of_classes_is_refused_for_data_without_labels(model):
    with pytest.raises(ValueError, match=rf"{model} learns classes, and folder:mine has no labels"):
        points(model={"name": model}, dataset="folder:mine")


def test_a_supervised_model_is_refused_with_fewer_components_than_classes():
    with pytest.raises(ValueError, match="Each class needs a component of its own"):
        points([0.2] * 5, model={"name": "SupervisedGMGAN"})


@pytest.mark.parametrize(("num_classes", "labels"), [(None, None), (None, 10), (10, 10)])
def test_a_pixel_cnn_is_the_block_model_alone(num_classes, labels):
    model = {**PIXEL_CNN["model"], "num_classes": num_classes}
    weights = None if labels is None else [0.1] * labels
    made = pixel_cnn(weights, model=model, optimizer=adam(schedule="linear"))
    assert (made.num_levels, made.num_classes, made.image_shape) == (17, num_classes, IMAGES)
    assert float(made.optimizer.learning_rate) == 0.5
    assert made.seed != pixel_cnn(seed=1).seed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": {"name": "StandardNormal", "latent_dim": 3}}, r"no prior.*'none'"),
        ({"prior": {"name": "none", "latent_dim": 3}}, "no prior"),
        ({"generator": {"name": "DCGANGenerator"}}, "no generator"),
        ({"discriminator": {"name": "DCGANDiscriminator"}}, "no discriminator"),
        ({"model": {**PIXEL_CNN["model"], "loss": "hinge"}}, "PixelCNN takes no loss"),
        ({"ema_momentum": 0.9}, r"no average: ema_momentum is 0\. Received: 0\.9"),
        ({"model": {"name": "PixelCNN", "filters": 2}}, "needs num_blocks"),
        (
            {"model": {**PIXEL_CNN["model"], "num_classes": 4}},
            r"num_classes is that of digits, 10, or is left out\. Received: 4",
        ),
    ],
)
def test_what_a_pixel_cnn_has_not_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        pixel_cnn([0.1] * 10, **changes)
