"""Beginning from a trained model: what is taken over, what begins anew, what is refused."""

import keras
import numpy as np
import pytest

import tfmix
from tests.training.tiny import CONFIG
from tfmix.training import config as configs
from tfmix.training.build import build
from tfmix.training.warm_start import warm_start

LABELLED = {**CONFIG, "model": {"name": "ACGAN"}}


def make(shape=(8, 8, 1), classes=3, **changes):
    config = configs.checked({**CONFIG, "seed": 5, **changes})
    return build(config, shape, [1 / classes] * classes)


@pytest.fixture
def source(tmp_path):
    """A model whose weights no fresh one has, saved whole and as a sampler."""

    def saved(whole=True, **changes):
        gan = make(**changes)
        for number, variable in enumerate(gan.weights):
            if variable.name != "step":
                noise = np.random.default_rng(number).normal(size=variable.shape)
                noise = abs(noise) if "variance" in variable.name else noise
                variable.assign(noise.astype(np.float32))
        assert np.isfinite(gan.sample(5, seed=3)).all()
        path = tmp_path / "source.keras"
        (gan if whole else gan.sampler()).save(path)
        return gan, path

    return saved


def same(one, other):
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_model_of_the_same_make_is_taken_over_whole(source):
    gan, path = source()
    fresh = make()
    assert warm_start(fresh, path, seed=0) == []
    for part in ("prior", "generator", "discriminator"):
        assert same(getattr(gan, part), getattr(fresh, part)), part
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))  # the average
    assert fresh.step == 0


def test_a_sampler_brings_prior_and_generator(source):
    gan, path = source(whole=False)
    fresh = make()
    untouched = fresh.discriminator.get_weights()
    (note,) = warm_start(fresh, path, seed=0)
    assert "The discriminator begins anew" in note
    assert "holds no discriminator" in note
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))
    assert same(fresh.generator, gan.sampled.generator)  # what is trained, too
    for weight, before in zip(fresh.discriminator.get_weights(), untouched, strict=True):
        np.testing.assert_array_equal(weight, before)


@pytest.mark.parametrize("momentum", [(0.9, 0.0), (0.0, 0.9), (0.0, 0.0)])
def test_averages_are_taken_over_whichever_side_keeps_them(source, momentum):
    gan, path = source(ema_momentum=momentum[0])
    fresh = make(ema_momentum=momentum[1])
    warm_start(fresh, path, seed=0)
    np.testing.assert_array_equal(fresh.sample(5, seed=3), gan.sample(5, seed=3))


@pytest.mark.parametrize("covariance", ["isotropic", "diag", "full"])
def test_more_components_begin_within_those_that_there_are(source, covariance):
    prior = {**CONFIG["prior"], "covariance": covariance}
    gan, path = source(prior=prior)
    fresh = make(prior={**prior, "num_components": 7})
    (note,) = warm_start(fresh, path, seed=0)
    assert "Components 3 to 6" in note
    for name in ("loc", "scale"):
        np.testing.assert_allclose(
            getattr(fresh.prior, name)[:3], getattr(gan.prior, name), rtol=1e-6
        )
    drawn = gan.prior.sample(4, seed=0)
    np.testing.assert_array_equal(fresh.prior.loc[3:], drawn.z)
    scale = np.asarray(gan.prior.scale)[drawn.component]
    np.testing.assert_allclose(fresh.prior.scale[3:], scale, rtol=1e-6)


def test_of_fewer_components_the_first_are_taken(source):
    gan, path = source()
    fresh = make(prior={**CONFIG["prior"], "num_components": 2})
    assert warm_start(fresh, path, seed=0) == []
    np.testing.assert_array_equal(fresh.prior.loc, gan.prior.loc[:2])


def test_a_prior_of_another_kind_begins_anew(source):
    gan, path = source(
        model={"name": "GAN"},
        prior={"name": "StandardNormal", "latent_dim": 4},
    )
    fresh = make()
    before = fresh.prior.loc.numpy()
    (note,) = warm_start(fresh, path, seed=0)
    assert note == "The prior begins anew: StandardNormal there, GaussianMixture here."
    np.testing.assert_array_equal(fresh.prior.loc, before)
    assert same(gan.generator, fresh.generator)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({"learn_loc": False}, {}),
        (
            {"learn_loc": False, "learn_scale": False},
            {"learn_weights": True, "gradient": "marginal"},
        ),
        ({"name": "StudentTMixture", "learn_df": True}, {"name": "StudentTMixture"}),
    ],
)
def test_what_is_learned_may_differ(source, was, now):
    gan, path = source(prior={**CONFIG["prior"], **was})
    fresh = make(prior={**CONFIG["prior"], **now})
    assert warm_start(fresh, path, seed=0) == []
    for name in ("loc", "scale", "logits"):
        np.testing.assert_array_equal(getattr(fresh.prior, name), getattr(gan.prior, name))


def test_z_of_another_width_or_layout_is_refused(source):
    _, path = source(
        model={"name": "GAN"},
        prior={"name": "OneHotNormal", "num_components": 2, "latent_dim": 5},
    )
    fresh = make(prior={**CONFIG["prior"], "latent_dim": 6})
    with pytest.raises(ValueError, match=r"z of width 5\. Received: prior\.latent_dim=6"):
        warm_start(fresh, path, seed=0)
    other = {"name": "OneHotNormal", "num_components": 3, "latent_dim": 5}
    fresh = make(model={"name": "GAN"}, prior=other)
    with pytest.raises(ValueError, match=r"has 2 places\. Received: prior\.num_comp.*=3"):
        warm_start(fresh, path, seed=0)


def test_a_scale_of_another_shape_begins_anew(source):
    _, path = source(prior={**CONFIG["prior"], "covariance": "isotropic"})
    (note,) = warm_start(make(), path, seed=0)
    assert "raw_scale begins anew: (3, 1) there, (3, 4) here" in note


@pytest.mark.parametrize("classes", [2, 5])
def test_other_classes_keep_the_weights_of_z(source, classes):
    gan, path = source(**LABELLED)
    fresh = make(classes=classes, **LABELLED)
    before = fresh.generator.weights[0].numpy()
    notes = warm_start(fresh, path, seed=0)
    kernel, expected = fresh.generator.weights[0].numpy(), gan.generator.weights[0].numpy()
    shared = 4 + min(classes, 3)
    np.testing.assert_array_equal(kernel[:shared], expected[:shared])
    np.testing.assert_array_equal(kernel[shared:], before[shared:])
    assert any("class_logits begins anew" in note for note in notes)
    assert any("inputs 7 to 8" in note for note in notes) == (classes == 5)
    heads = {layer.name: layer for layer in fresh.discriminator.layers}
    assert same(heads["logit"], {layer.name: layer for layer in gan.discriminator.layers}["logit"])


def test_a_model_without_classes_begins_one_with_classes(source):
    gan, path = source()
    fresh = make(**LABELLED)
    notes = warm_start(fresh, path, seed=0)
    assert any("inputs 4 to 6" in note for note in notes)
    np.testing.assert_array_equal(
        fresh.generator.weights[0].numpy()[:4], gan.generator.weights[0].numpy()
    )


def test_a_discriminator_of_another_make_begins_anew_and_cannot_be_frozen(source):
    _, path = source(discriminator={**CONFIG["discriminator"], "width": 3})
    (note,) = warm_start(make(), path, seed=0)
    assert "The discriminator begins anew: that of init_from has other layers" in note
    frozen = make(init_from=str(path), model={**CONFIG["model"], "frozen_layers": 1})
    with pytest.raises(ValueError, match="frozen_layers=1 holds layers that were trained"):
        warm_start(frozen, path, seed=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"generator": {**CONFIG["generator"], "width": 3}}, "does not fit.*Take its config's"),
        ({"shape": (16, 16, 1)}, "does not fit"),
        ({"shape": (8, 8, 3)}, "does not fit"),
        ({"generator": {**CONFIG["generator"], "depth": 2}}, "has .* weights, this one"),
        ({"prior": {**CONFIG["prior"], "latent_dim": 3}}, "draws z of width 4"),
    ],
)
def test_a_generator_that_does_not_fit_is_refused(source, changes, said):
    _, path = source()
    with pytest.raises(ValueError, match=said):
        warm_start(make(**changes), path, seed=0)


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="which is none"):
        warm_start(make(), tmp_path / "none.keras", seed=0)
    (tmp_path / "x.keras").write_text("no model")
    with pytest.raises(ValueError, match="cannot be read as a Keras model"):
        warm_start(make(), tmp_path / "x.keras", seed=0)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "y.keras")
    with pytest.raises(ValueError, match="a GAN or a Sampler"):
        warm_start(make(), tmp_path / "y.keras", seed=0)


def test_a_run_begins_from_another_and_goes_on_as_itself(tmp_path):
    first = tfmix.training.train({**CONFIG, "num_steps": 2}, tmp_path / "first")
    config = {**CONFIG, "init_from": str(tmp_path / "first" / "model.keras")}
    config["model"] = {**config["model"], "frozen_layers": 1}
    whole = tfmix.training.train(config, tmp_path / "whole")
    np.testing.assert_array_equal(
        whole.discriminator.layers[1].get_weights()[0],
        first.discriminator.layers[1].get_weights()[0],
    )
    assert not same(whole.discriminator, first.discriminator)
    tfmix.training.train({**config, "num_steps": 3}, tmp_path / "part")
    part = tfmix.training.train(config, tmp_path / "part")
    for one, other in zip(whole.get_weights(), part.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    moved = {**config, "init_from": "moved", "num_steps": 7}
    assert tfmix.training.train(moved, tmp_path / "part").step == 7
    with pytest.raises(ValueError, match="another init_from"):
        tfmix.training.train({**CONFIG, "init_from": "x", "num_steps": 2}, tmp_path / "first")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"init_from": 3}, "init_from is a path, or empty"),
        ({"model": {**CONFIG["model"], "frozen_layers": 1}}, "name their model with init_from"),
    ],
)
def test_bad_keys_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        configs.checked({**CONFIG, **changes})
