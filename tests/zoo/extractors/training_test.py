"""Training of extractors that is stopped and goes on."""

import keras
import numpy as np
import pytest

import tfmix
from zoo.extractors import training as extractor_training
from zoo.extractors.recipes import RECIPES, Recipe

pytestmark = pytest.mark.slow

SHORT = {"epochs": 2, "batch_size": 32, "floor": 0.0}
DROPOUT = {"convolutions": ((4, 3, 2),), "width": 8}  # a random layer too
CUTOUT = {"flip": True, "cutout": 0.1, "label_smoothing": 0.1}
SMALL = {
    "adam": Recipe("image_classifier", DROPOUT, optimizer="adam", shift=0.2, rotation=0.1, **SHORT),
    "sgd": Recipe(
        "residual_classifier", {"stem": 4, "widths": (8,)}, optimizer="sgd", **CUTOUT, **SHORT
    ),
}


@pytest.fixture(scope="module")
def digits():
    return tfmix.data.load("digits").subset(96, seed=0)


@pytest.mark.parametrize("recipe", SMALL.values(), ids=SMALL)
def test_a_stopped_run_goes_on_and_ends_with_the_same_bits(recipe, digits, tmp_path, monkeypatch):
    whole, _ = extractor_training.train(recipe, digits, 3, tmp_path / "whole")

    fit, calls = keras.Sequential.fit, []

    def stop(self, *arguments, **keywords):
        calls.append(keywords["initial_epoch"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fit(self, *arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(keras.Sequential, "fit", stop)
        with pytest.raises(KeyboardInterrupt):
            extractor_training.train(recipe, digits, 3, tmp_path / "stopped")
    resumed, first_epoch = extractor_training.train(recipe, digits, 3, tmp_path / "stopped")
    assert first_epoch == 1
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

    extractor_training.forget(recipe, 3, tmp_path / "stopped")
    assert not list((tmp_path / "stopped").iterdir())


def test_another_seed_begins_anew(digits, tmp_path):
    recipe = SMALL["sgd"]
    first, _ = extractor_training.train(recipe, digits, 0, tmp_path)
    other, first_epoch = extractor_training.train(recipe, digits, 1, tmp_path)
    assert first_epoch == 0
    assert (first.get_weights()[0] != other.get_weights()[0]).any()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_builds_its_network(name):
    recipe = RECIPES[name]
    shape = {"digits": (8, 8, 1), "cifar10": (32, 32, 3)}.get(name, (28, 28, 1))
    build = getattr(tfmix.networks, recipe.network)
    classifier = build(shape, 10, **recipe.arguments)
    assert 64 <= classifier.get_layer("features").output.shape[-1] <= 256
