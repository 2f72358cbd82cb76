import hashlib
import json
import pathlib

import keras
import numpy as np
import pytest

from tfmix import data
from tfmix.evaluation import extractors

_CARD = pathlib.Path(__file__).parents[2] / "tfmix/evaluation/extractors/weights"


@pytest.fixture(scope="module")
def digits():
    return extractors.load_extractor("digits")


@pytest.fixture(scope="module")
def test_split():
    return data.load("digits", split="test")


@pytest.fixture
def noise():
    return np.random.default_rng(0).uniform(-1, 1, (300, 8, 8, 1)).astype(np.float32)


def _save(path, *layers, shape=(6, 5, 3)):
    """Saves a classifier whose layers are given."""
    x = images = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    keras.Model(images, x).save(path)
    return path


def _hidden():
    return keras.layers.Flatten(), keras.layers.Dense(7, "relu")


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_card_describes_the_file(name):
    report = json.loads((_CARD / name / "report.json").read_text())
    sha256 = hashlib.sha256((_CARD / name / f"{name}.keras").read_bytes()).hexdigest()
    assert report["sha256"] == sha256
    assert sha256 in (_CARD / name / "README.md").read_text()
    assert report["test_accuracy"] >= report["floor"]


def test_digits_reaches_the_accuracy_of_its_card(digits, test_split):
    report = json.loads((_CARD / "digits" / "report.json").read_text())
    predicted = digits.probs(data.from_uint8(test_split.images)).argmax(axis=1)
    assert (predicted == test_split.labels).mean() == report["test_accuracy"]


def test_mnist_is_shipped_with_its_shapes():
    mnist = extractors.load_extractor("mnist")
    assert (mnist.image_shape, mnist.num_classes, mnist.feature_width) == ((28, 28, 1), 10, 128)


def test_shapes_and_sums(digits, noise):
    probs, features = digits.probs_and_features(noise)
    assert probs.shape == (300, digits.num_classes)
    assert features.shape == (300, digits.feature_width)
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-12)


def test_one_pass_gives_what_two_give(digits, noise):
    probs, features = digits.probs_and_features(noise)
    np.testing.assert_array_equal(digits.probs(noise), probs)
    np.testing.assert_array_equal(digits.features(noise), features)


def test_the_batch_changes_nothing(digits, noise):
    probs, features = digits.probs_and_features(noise)  # two batches
    some_probs, some_features = digits.probs_and_features(noise[250:261])
    np.testing.assert_allclose(some_probs, probs[250:261], rtol=0, atol=1e-6)
    np.testing.assert_allclose(some_features, features[250:261], rtol=1e-6, atol=1e-6)


def test_every_grey_level_comes_through_unchanged():
    levels = data.from_uint8(np.arange(256, dtype=np.uint8)).numpy()
    np.testing.assert_array_equal(extractors.quantize(levels), levels)


def test_what_rounds_to_one_png_has_one_prediction(digits, noise):
    rounded = data.from_uint8(np.rint((noise + 1) * 127.5).astype(np.uint8)).numpy()
    assert not np.array_equal(rounded, noise)
    np.testing.assert_array_equal(digits.features(noise), digits.features(rounded))


def test_rounding_errors_outside_the_range_are_clipped(digits, noise):
    np.testing.assert_array_equal(
        digits.features(np.ones_like(noise) + 1e-6), digits.features(np.ones_like(noise))
    )


@pytest.mark.parametrize("activation", ["softmax", None])
def test_a_classifier_of_ones_own_predicts_as_in_keras(tmp_path, activation):
    path = _save(tmp_path / "own.keras", *_hidden(), keras.layers.Dense(4, activation))
    own = extractors.load_extractor(str(path))
    images = extractors.quantize(np.random.default_rng(0).uniform(-1, 1, (9, 6, 5, 3)))
    expected = keras.models.load_model(path)(images)
    if activation is None:
        expected = keras.ops.softmax(expected)
    np.testing.assert_allclose(own.probs(images), expected, atol=1e-6)
    assert own.features(images).shape == (9, 7)
    assert (own.name, own.image_shape, own.num_classes) == ("own", (6, 5, 3), 4)


def test_a_classifier_without_a_bias_is_taken(tmp_path):
    path = _save(tmp_path / "own.keras", *_hidden(), keras.layers.Dense(4, use_bias=False))
    probs = extractors.load_extractor(path).probs(np.zeros([3, 6, 5, 3], np.float32))
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-12)


def test_a_sequential_classifier_is_taken(tmp_path):
    model = keras.Sequential([keras.Input([6, 5, 3]), *_hidden(), keras.layers.Dense(4)])
    model.save(tmp_path / "own.keras")
    own = extractors.load_extractor(tmp_path / "own.keras")
    assert own.features(np.zeros([3, 6, 5, 3], np.float32)).shape == (3, 7)


@pytest.mark.parametrize(
    "layers",
    [
        [*_hidden(), keras.layers.Dense(4, "sigmoid")],
        [*_hidden(), keras.layers.Dense(4), keras.layers.Softmax()],
        [keras.layers.Dense(4)],
    ],
    ids=["sigmoid", "ends in no Dense", "features of rank 4"],
)
def test_a_model_that_is_no_classifier_is_refused(tmp_path, layers):
    path = _save(tmp_path / "own.keras", *layers)
    with pytest.raises(ValueError, match=r"a last layer Dense.* which ends in") as error:
        extractors.load_extractor(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", [(None, None, 3), (30,)])
def test_a_classifier_of_no_one_image_shape_is_refused(tmp_path, shape):
    pooling = [keras.layers.GlobalAveragePooling2D()] if len(shape) == 3 else []
    path = _save(tmp_path / "own.keras", *pooling, keras.layers.Dense(4), shape=shape)
    with pytest.raises(ValueError, match=r"one shape \[H, W, C\]. Received: .*with inputs"):
        extractors.load_extractor(path)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "own.keras").write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"that Keras can read. Received: .*own\.keras"):
        extractors.load_extractor(tmp_path / "own.keras")


def _pixels(path, shape=(8, 8, 1)):
    """An extractor whose features are the pixels that its network sees."""
    return extractors.load_extractor(_save(path, keras.layers.Flatten(), shape=shape))


def test_a_network_of_features_knows_no_classes(tmp_path, noise):
    own = _pixels(tmp_path / "own.keras")
    assert (own.name, own.num_classes, own.feature_width) == ("own", None, 64)
    probs, features = own.probs_and_features(noise)
    assert probs is None
    assert features.dtype == np.float64
    np.testing.assert_array_equal(features, extractors.quantize(noise).reshape(300, 64))
    with pytest.raises(ValueError, match=r"'own' knows no classes.*KID, FID.*choose a classifier"):
        own.probs(noise)


def test_a_hidden_layer_is_taken_for_features(tmp_path):
    own = extractors.load_extractor(_save(tmp_path / "own.keras", *_hidden()))
    assert (own.num_classes, own.feature_width) == (None, 7)


def test_an_embedding_is_taken_for_features_where_one_says_so(tmp_path):
    path = _save(tmp_path / "own.keras", *_hidden(), keras.layers.Dense(4))
    images = np.random.default_rng(0).uniform(-1, 1, (9, 6, 5, 3))
    own = extractors.load_extractor(f"features:{path}")
    expected = keras.models.load_model(path)(extractors.quantize(images))
    np.testing.assert_allclose(own.features(images), expected, rtol=1e-5, atol=1e-6)
    assert (own.name, own.num_classes) == ("own_features", None)
    assert own.sha256 == extractors.load_extractor(path).sha256


def test_a_classifier_within_a_network_is_not_taken_for_features(tmp_path):
    inner = keras.Sequential([keras.Input([6, 5, 3]), *_hidden(), keras.layers.Dense(4, "softmax")])
    path = _save(tmp_path / "own.keras", keras.layers.Rescaling(2.0), inner)
    with pytest.raises(ValueError, match="features:PATH takes what a network gives"):
        extractors.load_extractor(path)
    assert extractors.load_extractor(f"features:{path}").feature_width == 4


@pytest.mark.parametrize("prefix", ["", "features:"])
def test_outputs_that_are_no_features_are_refused(tmp_path, prefix):
    path = _save(tmp_path / "own.keras", keras.layers.Conv2D(4, 3))
    with pytest.raises(ValueError, match=r"features \[N, F\].*gives \[\[None, 4, 3, 4\]\]"):
        extractors.load_extractor(f"{prefix}{path}")


@keras.saving.register_keras_serializable("extractors_test")
class _Subclassed(keras.Model):
    def call(self, images):
        return keras.ops.mean(images, (1, 2))


def test_a_network_of_unknown_outputs_is_refused(tmp_path):
    model = _Subclassed()
    model(np.zeros([1, 6, 5, 3]))
    model.save(tmp_path / "own.keras")
    with pytest.raises(ValueError, match=r"functional or Sequential.*Received: .*_Subclassed"):
        extractors.load_extractor(tmp_path / "own.keras")


def test_resizing_smooths_what_the_small_image_cannot_show(tmp_path):
    checkerboard = np.indices([32, 32]).sum(axis=0)[None, :, :, None] % 2 * 2.0 - 1
    own = _pixels(tmp_path / "own.keras")
    _, features = own.probs_and_features(checkerboard, resize=True)
    np.testing.assert_allclose(features, 0, atol=0.01)


def test_resizing_comes_after_rounding(tmp_path, noise):
    own = _pixels(tmp_path / "own.keras", (5, 6, 1))
    rounded = extractors.quantize(noise)
    assert not np.array_equal(rounded, noise)
    np.testing.assert_array_equal(
        own.probs_and_features(noise, resize=True)[1],
        own.probs_and_features(rounded, resize=True)[1],
    )


def test_resizing_leaves_images_of_the_right_size_alone(digits, noise):
    for resized, plain in zip(
        digits.probs_and_features(noise, resize=True),
        digits.probs_and_features(noise),
        strict=True,
    ):
        np.testing.assert_array_equal(resized, plain)


def test_the_batch_changes_nothing_in_resizing(tmp_path, noise):
    own = _pixels(tmp_path / "own.keras", (5, 6, 3))
    _, features = own.probs_and_features(noise, resize=True)  # two batches
    _, some = own.probs_and_features(noise[250:261], resize=True)
    np.testing.assert_array_equal(some, features[250:261])


def test_grey_is_repeated_for_colour(tmp_path, noise):
    own = _pixels(tmp_path / "own.keras", (8, 8, 3))
    _, features = own.probs_and_features(noise, resize=True)
    np.testing.assert_array_equal(
        features.reshape(300, 8, 8, 3), np.tile(extractors.quantize(noise), 3)
    )
    with pytest.raises(ValueError, match=r"takes images \[N, 8, 8, 3\].*\[300, 8, 8, 1\]"):
        own.features(noise)


@pytest.mark.parametrize("shape", [(2, 9, 9, 3), (2, 9, 9), (2, 0, 9, 1), (0, 9, 9, 1)])
def test_images_that_resizing_cannot_help_are_refused(digits, shape):
    with pytest.raises(ValueError, match=r"takes images \[N, H, W, 1\].*Received: shape"):
        digits.probs_and_features(np.zeros(shape, np.float32), resize=True)


def test_an_unknown_name_is_answered_with_those_shipped():
    with pytest.raises(
        ValueError, match=r"one of cifar10, digits, fashion_mnist, mnist or .*Received: 'imagenet'"
    ):
        extractors.load_extractor("imagenet")


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"nowhere/own\.keras"):
        extractors.load_extractor("nowhere/own.keras")
    with pytest.raises(FileNotFoundError, match=r"none at nowhere/own\.keras"):
        extractors.load_extractor("features:nowhere/own.keras")


def test_names_are_not_looked_up_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert extractors.load_extractor("digits").image_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros([2, 28, 28, 1], np.float32), r"takes images \[N, 8, 8, 1\].*\[2, 28, 28, 1\]"),
        (np.zeros([8, 8, 1], np.float32), r"shape \[8, 8, 1\]"),
        (np.zeros([0, 8, 8, 1], np.float32), "N at least 1"),
        (np.zeros([2, 8, 8, 1], np.uint8), r"x / 127.5 - 1. Received: uint8"),
        (np.full([2, 8, 8, 1], 255.0), r"in \[-1, 1\]. Received: 255.0 at \(0, 0, 0, 0\) \(128"),
        (np.full([2, 8, 8, 1], np.nan), "Received: nan at"),
    ],
    ids=["shape", "one image", "none", "uint8", "range", "nan"],
)
def test_images_that_it_cannot_take_are_refused(digits, images, message):
    with pytest.raises(ValueError, match=message):
        digits.probs(images)


@pytest.mark.parametrize(
    ("dataset", "channels", "name", "classes"),
    [
        ("digits", 1, "digits", 10),
        ("mnist:3.0.1", 1, "mnist", 10),
        ("folder:pictures", 1, "mnist", None),  # whose classes are not those of the pictures
        ("npz:mine.npz", 3, "cifar10", None),
    ],
)
def test_the_default_is_that_of_the_data_or_features_of_a_stand_in(
    dataset, channels, name, classes
):
    found = extractors.default_extractor(dataset, channels)
    assert (found.name, found.num_classes) == (name, classes)
    assert found.sha256 == extractors.load_extractor(name).sha256


def test_data_without_an_extractor_are_told_what_would_do():
    with pytest.raises(ValueError, match=r"for the data sets cifar10.*--extractor.*Received: stl1"):
        extractors.default_extractor("stl10:1.0.0", 3)


def test_features_without_classes_are_the_same_features(digits, noise):
    bare = digits.without_classes()
    assert bare.probs_and_features(noise)[0] is None
    np.testing.assert_array_equal(bare.features(noise), digits.features(noise))
