import keras
import numpy as np
import pytest

from tfmix.networks import image_classifier


@pytest.mark.parametrize("image_shape", [(8, 8, 1), (28, 28, 1), (48, 40, 3), (7, 9, 2)])
def test_images_become_probabilities(image_shape):
    images = np.random.default_rng(0).uniform(-1, 1, [5, *image_shape]).astype(np.float32)
    probabilities = image_classifier(image_shape, 4)(images).numpy()
    assert probabilities.shape == (5, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_weights_follow_the_seed():
    first, again, other = (image_classifier((8, 8, 1), 3, seed=seed) for seed in (0, 0, 1))
    for one, same, another in zip(*(m.get_weights() for m in (first, again, other)), strict=True):
        np.testing.assert_array_equal(one, same)
        assert one.ndim < 2 or (one != another).any()


def test_it_is_saved_without_this_library(tmp_path):
    made = image_classifier((8, 8, 1), 3, convolutions=[(4, 3, 1)], width=5, dropout=0.0)
    made.save(tmp_path / "made.keras")
    loaded = keras.models.load_model(tmp_path / "made.keras")
    images = np.zeros([2, 8, 8, 1], np.float32)
    np.testing.assert_array_equal(loaded(images), made(images))
    assert {type(layer).__module__.split(".")[0] for layer in loaded.layers} == {"keras"}


@pytest.mark.parametrize("argument", ["num_classes", "width"])
def test_refuses(argument):
    with pytest.raises(ValueError, match=f"{argument} is an integer of at least 1"):
        image_classifier((8, 8, 1), **{"num_classes": 3, argument: 0})
