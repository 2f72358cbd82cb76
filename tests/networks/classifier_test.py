import keras
import numpy as np
import pytest

from tfmix.networks import image_classifier, mirrored, residual_classifier

BOTH = pytest.mark.parametrize("build", [image_classifier, residual_classifier])


@BOTH
def test_images_become_probabilities(build):
    for image_shape in ((8, 8, 1), (28, 28, 1), (48, 40, 3), (8, 9, 2)):
        images = np.random.default_rng(0).uniform(-1, 1, [5, *image_shape]).astype(np.float32)
        probabilities = build(image_shape, 4)(images).numpy()
        assert probabilities.shape == (5, 4)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@BOTH
def test_weights_follow_the_seed(build):
    made = [build((8, 8, 1), 3, seed=seed).get_weights() for seed in (0, 0, 1)]
    for one, same, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, same)
        assert one.ndim < 2 or (one != other).any()


def test_it_is_saved_without_this_library(tmp_path):
    made = image_classifier((8, 8, 1), 3, convolutions=[(4, 3, 1)], width=5, dropout=0.0)
    made.save(tmp_path / "made.keras")
    loaded = keras.models.load_model(tmp_path / "made.keras")
    images = np.zeros([2, 8, 8, 1], np.float32)
    np.testing.assert_array_equal(loaded(images), made(images))
    assert {type(layer).__module__.split(".")[0] for layer in loaded.layers} == {"keras"}


@pytest.mark.parametrize(
    ("build", "wrong"),
    [
        (image_classifier, {"num_classes": 0, "width": 0}),
        (residual_classifier, {"num_classes": 0, "stem": 0, "widths": (8, 0)}),
    ],
)
def test_refuses(build, wrong):
    for name, value in wrong.items():
        with pytest.raises(ValueError, match=f"{name} is an integer of at least 1"):
            build((8, 8, 1), **{"num_classes": 3, name: value})


def test_a_stage_adds_to_what_it_sees():
    network = residual_classifier((8, 8, 1), 3, stem=4, widths=(6, 5))
    assert sum(isinstance(layer, keras.layers.Add) for layer in network.layers) == 2
    assert network.get_layer("features").output.shape == (None, 5)


def test_a_mirrored_classifier_sees_no_side_and_is_saved_without_this_library(tmp_path):
    images = np.random.default_rng(0).uniform(-1, 1, [5, 8, 8, 3]).astype(np.float32)
    plain = residual_classifier((8, 8, 3), 4, stem=4, widths=(6,))
    mirrored(plain).save(tmp_path / "made.keras")
    loaded = keras.models.load_model(tmp_path / "made.keras")
    np.testing.assert_allclose(loaded(images), loaded(images[:, :, ::-1]), rtol=1e-5)
    assert np.abs(plain(images) - plain(images[:, :, ::-1])).max() > 1e-3
    features = keras.Model(plain.input, plain.get_layer("features").output)
    mean = (features(images) + features(images[:, :, ::-1])) / 2
    np.testing.assert_allclose(loaded(images), plain.layers[-1](mean), rtol=1e-5)
