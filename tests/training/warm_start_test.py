"""Starting from a trained model: what is taken over, re-initialised or refused."""

import ast
import functools
import re

import keras
import numpy as np
import pytest

import tfmix
from tests.training.tiny import CONFIG
from tfmix.training import config as configs
from tfmix.training.build import build
from tfmix.training.warm_start import warm_start

PRIOR, GENERATOR = CONFIG["prior"], CONFIG["generator"]
GAN, LABELLED = {"model": {"name": "GAN"}}, {"model": {"name": "ACGAN"}}
THREE_HOT = {"name": "OneHotNormal", "num_components": 3, "latent_dim": 5}
ONE_HOT = {**GAN, "prior": {**THREE_HOT, "num_components": 2}}


def make(shape=(8, 8, 1), classes=3, **changes):
    config = configs.checked({**CONFIG, "seed": 5, **changes})
    return build(config, shape, [1 / classes] * classes)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Models with weights that no new one has, and their files: whole ones, or samplers alone."""

    @functools.cache
    def saved(whole, changes):
        gan = make(**ast.literal_eval(changes))
        for number, variable in enumerate(gan.weights):
            if variable.name != "step":
                noise = np.random.default_rng(number).normal(size=variable.shape)
                noise = abs(noise) if "variance" in variable.name else noise
                variable.assign(noise.astype(np.float32))
        path = tmp_path_factory.mktemp("source") / "source.keras"
        (gan if whole else gan.sampler()).save(path)
        return gan, path

    return lambda whole=True, **changes: saved(whole, repr(changes))


def started(path, **changes):
    """A new model that is started from a file, and the notes on what did not fit."""
    fresh = make(**changes)
    return fresh, warm_start(fresh, path, seed=0)


def test_a_model_with_the_same_layers_is_taken_over_whole(source, same):
    gan, path = source()
    fresh, notes = started(path)
    assert notes == []
    for part in ("prior", "generator", "discriminator"):
        assert same(getattr(gan, part), getattr(fresh, part)), part
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))  # the average
    assert fresh.step == 0


def test_a_sampler_brings_prior_and_generator(source, same):
    gan, path = source(whole=False)
    fresh, (note,) = started(path)
    assert re.search("The discriminator is re-initialised.*holds no discriminator", note)
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))
    assert same(fresh.generator, gan.sampled.generator)  # what is trained, too
    assert same(fresh.discriminator, make().discriminator)


@pytest.mark.parametrize("momentum", [(0.9, 0.0), (0.0, 0.9), (0.0, 0.0)])
def test_averages_are_taken_over_whichever_side_keeps_them(source, momentum):
    gan, path = source(ema_momentum=momentum[0])
    fresh, _ = started(path, ema_momentum=momentum[1])
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))


@pytest.mark.parametrize("covariance", ["isotropic", "diag", "full"])
def test_more_components_start_at_places_of_the_others(source, covariance):
    prior = {**PRIOR, "covariance": covariance}
    gan, path = source(prior=prior)
    fresh, (note,) = started(path, prior={**prior, "num_components": 7})
    assert "Components 3 to 6" in note
    drawn = gan.prior.sample(4, seed=0)
    np.testing.assert_array_equal(fresh.prior.loc, np.concatenate([gan.prior.loc, drawn.z]))
    rows = [0, 1, 2, *drawn.component]
    np.testing.assert_allclose(fresh.prior.scale, np.asarray(gan.prior.scale)[rows], rtol=1e-6)


def test_of_fewer_components_the_first_are_taken(source):
    gan, path = source()
    fresh, notes = started(path, prior={**PRIOR, "num_components": 2})
    assert notes == []
    np.testing.assert_array_equal(fresh.prior.loc, gan.prior.loc[:2])


def test_a_prior_of_another_class_or_shape_is_re_initialised(source, same):
    gan, path = source(**GAN, prior={"name": "StandardNormal", "latent_dim": 4})
    fresh, (note,) = started(path)
    assert note == "The prior is re-initialised: StandardNormal there, GaussianMixture here."
    assert same(fresh.prior, make().prior)
    assert same(gan.generator, fresh.generator)
    _, (note,) = started(source(prior={**PRIOR, "covariance": "isotropic"})[1])
    assert "raw_scale is re-initialised: (3, 1) there, (3, 4) here" in note


@pytest.mark.parametrize("covariance", ["diag", "full"])
def test_scales_of_earlier_files_are_taken_over(source, covariance):
    earlier = {**PRIOR, "covariance": covariance, "scale_parametrization": "softplus"}
    gan, path = source(prior=earlier)
    fresh, notes = started(path, prior={**PRIOR, "covariance": covariance})
    assert notes == []
    np.testing.assert_allclose(fresh.prior.scale, gan.prior.scale, rtol=1e-6)
    assert fresh.prior.scale_parametrization == "identity"


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"learn_loc": False}, {}),
        ({"learn_scale": False}, {"learn_weights": True, "gradient": "marginal"}),
        ({"name": "StudentTMixture", "learn_df": True}, {"name": "StudentTMixture"}),
    ],
)
def test_what_is_learned_may_differ(source, was, now):
    gan, path = source(prior={**PRIOR, **was})
    fresh, notes = started(path, prior={**PRIOR, **now})
    assert notes == []
    for name in ("loc", "scale", "logits"):
        np.testing.assert_array_equal(getattr(fresh.prior, name), getattr(gan.prior, name))


@pytest.mark.parametrize(("before", "classes"), [(LABELLED, 2), (LABELLED, 5), ({}, 3)])
def test_the_generator_keeps_the_weights_of_z_and_of_shared_classes(source, before, classes, same):
    gan, path = source(**before)
    fresh, notes = started(path, classes=classes, **LABELLED)
    kernel, expected = (each.generator.weights[0].numpy() for each in (fresh, gan))
    untouched = make(classes=classes, **LABELLED).generator.weights[0].numpy()
    shared = 4 + (min(classes, 3) if before else 0)
    np.testing.assert_array_equal(kernel[:shared], expected[:shared])
    np.testing.assert_array_equal(kernel[shared:], untouched[shared:])
    inputs = {2: "none", 5: "inputs 7 to 8", 3: "inputs 4 to 6"}[classes]
    assert any(inputs in note for note in notes) == (inputs != "none")
    assert any("class_logits is re-initialised" in note for note in notes)
    assert same(*(each.discriminator.get_layer("logit") for each in (fresh, gan)))


def test_a_head_for_components_comes_along_where_it_fits(source, same):
    tied = {"model": {**CONFIG["model"], "component_weight": 1.0}}
    more = {**tied, "prior": {**PRIOR, "num_components": 4}}
    for before, changes, fits in ((tied, tied, True), ({}, tied, False), (tied, more, False)):
        gan, path = source(**before)
        fresh, notes = started(path, **changes)
        found, given = (
            {each.name if "log" in each.name else number: each for number, each in enumerate(part)}
            for part in (fresh.discriminator.layers, gan.discriminator.layers)
        )
        for name in found.keys() & given.keys():
            taken = fits or name != "component_logits"
            assert same(found[name], given[name]) == taken
        again = "The discriminator's head component_logits is re-initialised."
        assert (again in notes) != fits


def test_a_discriminator_with_other_layers_is_re_initialised_and_cannot_be_frozen(source):
    _, path = source(discriminator={**CONFIG["discriminator"], "width": 3})
    _, (note,) = started(path)
    assert "The discriminator is re-initialised: that of init_from has other layers" in note
    with pytest.raises(ValueError, match="frozen_layers=1 holds layers that were trained"):
        started(path, init_from=str(path), model={**CONFIG["model"], "frozen_layers": 1})


@pytest.mark.parametrize(
    ("before", "changes", "said"),
    [
        ({}, {"generator": {**GENERATOR, "width": 3}}, "does not fit.*Take its config's"),
        ({}, {"shape": (16, 16, 1)}, "does not fit"),
        ({}, {"shape": (8, 8, 3)}, "does not fit"),
        ({}, {"generator": {**GENERATOR, "depth": 2}}, "has .* weights, this one"),
        ({}, {"prior": {**PRIOR, "latent_dim": 3}}, r"z of width 4\. .* prior\.latent_dim=3"),
        (ONE_HOT, {**GAN, "prior": THREE_HOT}, r"2 places\. Received: prior\.num_components=3"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(source, before, changes, said):
    with pytest.raises(ValueError, match=said):
        started(source(**before)[1], **changes)


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is none"):
        started(tmp_path / "none.keras")
    path = tmp_path / "x.keras"
    path.write_text("no model")
    with pytest.raises(ValueError, match="cannot be read as a Keras model"):
        started(path)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(path)
    with pytest.raises(ValueError, match="a GAN or a Sampler"):
        started(path)


@pytest.mark.slow
def test_a_run_starts_from_another_and_is_resumed_without_it(run, tmp_path, same, caplog):
    caplog.set_level("INFO")
    config = {**CONFIG, "init_from": str(run.workdir / "model.keras")}
    config["model"] = {**CONFIG["model"], "frozen_layers": 1}
    whole = tfmix.training.train(config, tmp_path / "whole")
    assert f"Starting from {config['init_from']}." in caplog.text
    assert "re-initialised" not in caplog.text
    assert same(whole.discriminator.layers[1], run.model.discriminator.layers[1])
    assert not same(whole.discriminator, run.model.discriminator)
    tfmix.training.train({**config, "num_steps": 3}, tmp_path / "part")
    part = tfmix.training.train({**config, "init_from": "moved"}, tmp_path / "part")
    assert same(whole, part)
