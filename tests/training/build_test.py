"""The model that a config describes."""

import pytest

import tfmix
from tests.training.tiny import CONFIG, PIXEL_CNN
from tfmix.training import config as configs
from tfmix.training.build import build

OF_POINTS = {
    "model": {"name": "GAN"},
    "dataset": "grid",
    "prior": {"name": "GaussianMixture", "num_components": 4, "latent_dim": 3},
    "generator": {"name": "MLPGenerator", "widths": [4]},
    "discriminator": {"name": "MLPDiscriminator", "widths": [4]},
}
NORMAL = {"name": "StandardNormal", "latent_dim": 4}
CNN = PIXEL_CNN["model"]
OTHER_NORM = {**CONFIG["discriminator"], "depth": 2, "norm": "batch"}


def images(class_weights=None, **changes):
    return build(configs.checked({**CONFIG, **changes}), (8, 8, 1), class_weights)


def points(class_weights=None, **changes):
    return build(configs.checked({**CONFIG, **OF_POINTS, **changes}), (2,), class_weights)


def pixel_cnn(class_weights=(0.1,) * 10, **changes):
    return images(class_weights, **{**PIXEL_CNN, **changes})


def adam(**arguments):
    return {"name": "Adam", "learning_rate": 0.5, **arguments}


def test_the_model_is_built_as_the_config_says():
    model = images(ema_momentum=0.5, precision="mixed_bfloat16")
    assert type(model) is tfmix.DeLiGAN
    assert (model.prior.num_components, model.generator.width) == (3, 4)
    assert (model.sigma_penalty, model.ema_momentum) == (0.3, 0.5)
    assert float(model.generator_optimizer.learning_rate) == pytest.approx(1e-2)
    assert model.generator_optimizer is not model.discriminator_optimizer
    assert model.generator.layers[1].compute_dtype == "bfloat16"
    assert model.generator.layers[-1].compute_dtype == "float32"


def test_the_seed_governs_every_part_and_no_two_alike():
    made = points(seed=0), points(seed=1)
    parts = [part for m in made for part in (m, m.prior, m.generator, m.discriminator)]
    assert len({part.seed for part in parts}) == 8


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": {"name": "Cauchy"}}, "prior.name is one of GaussianMixture"),
        ({"prior": {**NORMAL, "num_components": 3}}, "takes no num_components"),
        ({"prior": {"name": "GaussianMixture", "latent_dim": 3}}, "needs num_components"),
        ({"model": {"name": "DeLiGAN", "prior": 3}}, "takes no prior.*block model may set"),
        ({"model": {"name": "DeLiGAN", "sigma_penalty": "x"}}, "at least 0 and finite"),
        ({"model": {"name": "DeLiGAN", "sigma": 1}}, "takes no sigma"),
        ({"model": {"name": "DeLiGAN", "loss": "saturating"}}, "loss is one of non_saturating"),
        ({"model": {"name": "GAN", "num_classes": 3}}, "GAN takes no num_classes"),
        ({"generator": {"name": "DCGANGenerator", "height": 3}}, "takes no height"),
        ({"generator": {"name": "MLPGenerator"}}, "network for points, and the data are images"),
        (
            {"model": {"name": "GAN", "r1_penalty": 1.0}, "discriminator": OTHER_NORM},
            "without batch normalisation",
        ),
        ({"optimizer": {"name": "Adamant"}}, "optimizer.name is one of Keras's"),
        ({"optimizer": adam(rate=1)}, "Adam takes no rate"),
        ({"optimizer": adam(beta_1=2.0)}, r"beta_1 lies in \[0, 1\)"),
        ({"optimizer": adam(learning_rate="fast")}, "above 0"),
        ({"optimizer": adam(learning_rate=0.0)}, "above 0"),
        ({"optimizer": adam(discriminator_learning_rate=-1.0)}, "above 0"),
        ({"optimizer": adam(discriminator_learning_rate="fast")}, "above 0"),
        ({"optimizer": adam(schedule="cosine", hold=-0.1)}, r"hold lies in \[0, 1\)"),
        ({"optimizer": adam(schedule="falling")}, "one of constant, linear, cosine"),
        ({"optimizer": adam(beta_2=[0.9])}, "optimizer.beta_2 is a number, or a first value"),
        ({"optimizer": adam(beta_2=[0.9, 1.0])}, r"optimizer.beta_2 lies in \[0, 1\)"),
        ({"optimizer": {"name": "Nadam", "beta_2": [0.9, 0.99]}}, "of two values is Adam's"),
        ({"prior_optimizer": adam(beta_1=2.0)}, r"prior_optimizer.beta_1 lies in \[0, 1\)"),
        ({"prior_optimizer": {"name": "Adamant"}}, "prior_optimizer.name is one of Keras's"),
        (
            {"prior_optimizer": adam(discriminator_learning_rate=0.1)},
            "block optimizer. Received: in prior_opt",
        ),
        (
            {"model": {"name": "GAN"}, "prior": NORMAL, "prior_optimizer": adam()},
            "nothing to train; leave prior_optimizer out",
        ),
        *(
            ({"model": {"name": "GAN", "r1_penalty": pair}}, "model.r1_penalty is a number, or a")
            for pair in ([0.0, 1.0], [1.0, -1.0], [1.0], [True, 1.0], ["a", 1.0], [1.0, 1e999])
        ),
        ({"model": {"name": "GMGAN", "invariance_weight": 1.0}}, "set component_weight as well"),
    ],
)
def test_a_block_that_cannot_be_built_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        images(**changes)


@pytest.mark.parametrize(
    ("class_weights", "changes", "said"),
    [
        *(
            ([0.5, 0.5], {"model": {"name": "ACGAN", key: 3}}, f"ACGAN takes no {key}")
            for key in ("num_classes", "class_weights", "labels", "generator", "seed")
        ),
        *(
            (
                None,
                {"model": {"name": m}, "dataset": "folder:x"},
                f"{m} learns classes, and folder:x has",
            )
            for m in ("ACGAN", "TGAN", "SupervisedGMGAN")
        ),
        (None, {"generator": CONFIG["generator"]}, "for images, and the data are points"),
        ([0.2] * 5, {"model": {"name": "SupervisedGMGAN"}}, "class needs a component of its own"),
    ],
)
def test_what_does_not_fit_the_data_is_refused(class_weights, changes, said):
    with pytest.raises(ValueError, match=said):
        points(class_weights, **changes)


@pytest.mark.parametrize(("rate", "expected"), [(0.125, 0.125), (0.0, 0.5), (None, 0.5)])
def test_both_optimizers_have_the_schedule_and_rates_of_their_own(rate, expected):
    falling = adam(discriminator_learning_rate=rate, schedule="linear", hold=0.5)
    model = points(num_steps=100, optimizer=falling)
    for each, first in (model.generator_optimizer, 0.5), (model.discriminator_optimizer, expected):
        for step, share in ((0, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)):
            each.iterations.assign(step)
            assert float(each.learning_rate) == pytest.approx(first * share)


def test_no_rate_ends_before_the_run_where_one_network_may_take_all_updates():
    model = {"name": "GAN", "balance": "loss_threshold", "generator_steps": 3}
    made = points(num_steps=10, model=model, optimizer=adam(schedule="linear"))
    for each in (made.generator_optimizer, made.discriminator_optimizer):
        each.iterations.assign(39)  # of 40
        assert float(each.learning_rate) > 0


def test_the_prior_has_the_optimizer_of_its_own_block():
    model = points(num_steps=10, prior_optimizer=adam(schedule="linear"))
    made = model.prior_optimizer
    assert float(made.learning_rate) == 0.5
    made.iterations.assign(5)
    assert float(made.learning_rate) == pytest.approx(0.25)
    assert points().prior_optimizer is None


def test_a_first_and_a_last_value_make_a_schedule():
    """Penalties go by training steps, optimizers by their own updates, two in a step here."""
    model = {"name": "GAN", "r1_penalty": [1.0, 0.5], "r2_penalty": 0.25, "generator_steps": 2}
    made = points(num_steps=100, model=model, optimizer=adam(beta_2=[0.9, 0.99]))
    gammas = [float(made.penalties.r1_penalty(step)) for step in (0, 50, 100)]
    assert gammas == pytest.approx([1.0, 0.75, 0.5])
    assert made.penalties.r2_penalty == 0.25
    for each, length in (made.generator_optimizer, 200), (made.discriminator_optimizer, 100):
        for update, expected in ((0, 0.9), (length // 2, 0.945), (length, 0.99)):
            each.iterations.assign(update)
            assert float(each.beta_2) == pytest.approx(expected)


def test_the_discriminator_has_the_heads_that_the_model_asks_for():
    weights = {"component_weight": 1.0, "noise_weight": 0.5, "invariance_weight": 1.0}
    made = images(model={"name": "GMGAN", **weights, "packing": 1})
    widths = {name: output.shape[1] for name, output in made.discriminator.output.items()}
    assert widths == {"logit": 1, "component_logits": 3, "noise": 4}
    assert weights.items() <= made.get_config().items()


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
    heads = ["logit", "class_logits"]
    found = [outputs[head].shape[1] for head in heads] if class_logits else [outputs.shape[1], None]
    assert found == [logits, class_logits]
    assert arguments.items() <= made.get_config().items()
    if model == "ACGAN":
        assert made.labels.class_weights == [0.75, 0.25]


def test_a_map_of_components_to_classes_reaches_the_model():
    for given, made in (("modulo", [0, 1, 0, 1]), ([1, 0, 1, 1], [1, 0, 1, 1])):
        model = {"name": "SupervisedGMGAN", "component_to_class": given}
        assert points([0.75, 0.25], model=model).labels.component_to_class == made


@pytest.mark.parametrize(("num_classes", "labels"), [(None, None), (None, 10), (10, 10)])
def test_a_pixel_cnn_is_the_block_model_alone(num_classes, labels):
    weights = None if labels is None else [0.1] * labels
    model = {**CNN, "num_classes": num_classes}
    made = pixel_cnn(weights, model=model, optimizer=adam(schedule="linear"))
    assert (made.num_levels, made.num_classes, made.image_shape) == (17, num_classes, (8, 8, 1))
    assert float(made.optimizer.learning_rate) == 0.5
    assert made.seed != pixel_cnn(seed=1).seed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prior": NORMAL}, r"no prior.*'none'"),
        ({"prior": {"name": "none", "latent_dim": 3}}, "no prior"),
        ({"generator": {"name": "DCGANGenerator"}}, "no generator"),
        ({"discriminator": {"name": "DCGANDiscriminator"}}, "no discriminator"),
        ({"prior_optimizer": {"name": "Adam"}}, "no prior_optimizer"),
        ({"model": {**CNN, "loss": "hinge"}}, "PixelCNN takes no loss"),
        ({"ema_momentum": 0.9}, r"no average: ema_momentum is 0\. Received: 0\.9"),
        ({"model": {"name": "PixelCNN", "filters": 2}}, "needs num_blocks"),
        ({"model": {**CNN, "num_classes": 4}}, r"digits, 10, or is left out\. Received: 4"),
    ],
)
def test_what_a_pixel_cnn_has_not_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        pixel_cnn(**changes)
