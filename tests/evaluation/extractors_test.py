import hashlib
import json
import pathlib

import keras
import numpy as np
import pytest

from tests.evaluation.conftest import refuses
from tfmix import data
from tfmix.evaluation import extractors

WEIGHTS = pathlib.Path(__file__).parents[2] / "tfmix/evaluation/extractors/weights"
NOISE = np.random.default_rng(0).uniform(-1, 1, (300, 8, 8, 1)).astype(np.float32)
OWN = np.random.default_rng(0).uniform(-1, 1, (9, 6, 5, 3)).astype(np.float32)


def save(path, *layers, shape=(6, 5, 3)):
    """Saves a network whose layers are given."""
    x = images = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    keras.Model(images, x).save(path)
    return path


def hidden():
    return keras.layers.Flatten(), keras.layers.Dense(7, "relu")


def pixels(path, shape=(8, 8, 1)):
    """An extractor whose features are the pixels that its network sees."""
    return extractors.load_extractor(save(path, keras.layers.Flatten(), shape=shape))


def resized(extractor, images):
    return extractor.probs_and_features(images, resize=True)[1]


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_the_card_describes_the_file_and_what_it_reaches(name, digits):
    report = json.loads((WEIGHTS / name / "report.json").read_text())
    sha256 = hashlib.sha256((WEIGHTS / name / f"{name}.keras").read_bytes()).hexdigest()
    assert report["sha256"] == sha256
    assert sha256 in (WEIGHTS / name / "README.md").read_text()
    assert report["test_accuracy"] >= report["floor"]
    loaded = extractors.load_extractor(name)
    assert list(loaded.class_names) == report["class_names"]
    assert list(loaded.image_shape) == report["image_shape"]
    assert loaded.feature_width == report["feature_width"]
    if name == "digits":
        predicted = loaded.probs(data.from_uint8(digits["test"].images)).argmax(axis=1)
        assert (predicted == digits["test"].labels).mean() == report["test_accuracy"]


def test_one_pass_gives_what_two_give_and_a_batch_of_any_size(extractor):
    probs, features = extractor.probs_and_features(NOISE)  # two batches
    assert (probs.shape, features.shape) == ((300, 10), (300, extractor.feature_width))
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-12)
    assert (probs.dtype, features.dtype) == (np.float64, np.float64)
    np.testing.assert_array_equal(extractor.probs(NOISE), probs)
    np.testing.assert_array_equal(extractor.features(NOISE), features)
    some_probs, some_features = extractor.probs_and_features(NOISE[250:261])
    np.testing.assert_allclose(some_probs, probs[250:261], rtol=0, atol=1e-6)
    np.testing.assert_allclose(some_features, features[250:261], rtol=1e-6, atol=1e-6)


def test_what_is_one_png_has_one_prediction(extractor):
    levels = data.from_uint8(np.arange(256, dtype=np.uint8)).numpy()
    np.testing.assert_array_equal(extractors.quantize(levels), levels)
    rounded = data.from_uint8(np.rint((NOISE + 1) * 127.5).astype(np.uint8)).numpy()
    assert not np.array_equal(rounded, NOISE)
    np.testing.assert_array_equal(extractor.features(NOISE), extractor.features(rounded))
    white = np.ones_like(NOISE)  # errors of rounding outside the range are clipped
    np.testing.assert_array_equal(extractor.features(white + 1e-6), extractor.features(white))


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("last", [["softmax"], [], [None, False]], ids=str)
def test_a_classifier_of_ones_own_predicts_as_in_keras(tmp_path, last, sequential):
    path = tmp_path / "own.keras"
    layers = *hidden(), keras.layers.Dense(4, *last)
    if sequential:
        keras.Sequential([keras.Input([6, 5, 3]), *layers]).save(path)
    else:
        save(path, *layers)
    own = extractors.load_extractor(str(path))
    expected = keras.models.load_model(path)(extractors.quantize(OWN))
    expected = expected if last == ["softmax"] else keras.ops.softmax(expected)
    np.testing.assert_allclose(own.probs(OWN), expected, atol=1e-6)
    assert own.features(OWN).shape == (9, 7)
    assert (own.name, own.image_shape, own.num_classes) == ("own", (6, 5, 3), 4)
    assert own.class_names is None


def test_a_network_of_features_knows_no_classes(tmp_path, extractor):
    own = pixels(tmp_path / "own.keras")
    assert (own.name, own.num_classes, own.feature_width) == ("own", None, 64)
    probs, features = own.probs_and_features(NOISE)
    assert probs is None
    np.testing.assert_array_equal(features, extractors.quantize(NOISE).reshape(300, 64))
    refuses(own.probs, NOISE, said=r"'own' knows no classes.*KID, FID.*choose a classifier")
    relu = extractors.load_extractor(save(tmp_path / "relu.keras", *hidden()))
    assert (relu.num_classes, relu.feature_width) == (None, 7)
    bare = extractor.without_classes()
    assert bare.probs_and_features(NOISE)[0] is None
    np.testing.assert_array_equal(bare.features(NOISE), extractor.features(NOISE))
    # What a network gives are features where one says so.
    path = save(tmp_path / "own.keras", *hidden(), keras.layers.Dense(4))
    own = extractors.load_extractor(f"features:{path}")
    expected = keras.models.load_model(path)(extractors.quantize(OWN))
    np.testing.assert_allclose(own.features(OWN), expected, rtol=1e-5, atol=1e-6)
    assert (own.name, own.num_classes) == ("own_features", None)
    assert own.sha256 == extractors.load_extractor(path).sha256


@keras.saving.register_keras_serializable("extractors_test")
class Subclassed(keras.Model):
    def call(self, images):
        return keras.ops.mean(images, (1, 2))


def classifier_within():
    return keras.Sequential([keras.Input([6, 5, 3]), *hidden(), keras.layers.Dense(4, "softmax")])


NO_CLASSIFIER = r"a last layer Dense.* which ends in"


@pytest.mark.parametrize(
    ("layers", "shape", "said"),
    [
        ([*hidden(), keras.layers.Dense(4, "sigmoid")], (6, 5, 3), NO_CLASSIFIER),
        ([*hidden(), keras.layers.Dense(4), keras.layers.Softmax()], (6, 5, 3), NO_CLASSIFIER),
        ([keras.layers.Dense(4)], (6, 5, 3), NO_CLASSIFIER),
        ([keras.layers.Conv2D(4, 3)], (6, 5, 3), r"features \[N, F\].*\[\[None, 4, 3, 4\]\]"),
        ([keras.layers.Rescaling(2.0), classifier_within()], (6, 5, 3), "features:PATH takes what"),
        ([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(4)], (None, None, 3),
         r"one shape \[H, W, C\]. Received: .*with inputs"),
        ([keras.layers.Dense(4)], (30,), r"one shape \[H, W, C\]. Received: .*with inputs"),
    ],
    ids=["sigmoid", "no Dense", "rank 4", "maps", "within", "any size", "vectors"],
)  # fmt: skip
def test_networks_of_no_clear_meaning_are_refused(tmp_path, layers, shape, said):
    path = save(tmp_path / "own.keras", *layers, shape=shape)
    refuses(extractors.load_extractor, path, said=said)


def test_files_that_are_no_extractors_are_refused(tmp_path):
    load, own = extractors.load_extractor, tmp_path / "own.keras"
    path = save(tmp_path / "within.keras", keras.layers.Rescaling(2.0), classifier_within())
    assert load(f"features:{path}").feature_width == 4
    path = save(tmp_path / "maps.keras", keras.layers.Conv2D(4, 3))
    refuses(load, f"features:{path}", said=r"features \[N, F\].*gives \[\[None, 4, 3, 4\]\]")
    model = Subclassed()
    model(np.zeros([1, 6, 5, 3]))
    model.save(own)
    refuses(load, own, said=r"functional or Sequential.*Received: .*Subclassed")
    own.write_bytes(b"no zip")
    refuses(load, own, said=r"that Keras can read. Received: .*own\.keras")
    for name in ("nowhere/own.keras", "features:nowhere/own.keras"):
        refuses(load, name, said=r"none at nowhere/own\.keras", error=FileNotFoundError)


def test_names_are_those_shipped_and_not_of_the_current_folder(tmp_path, monkeypatch):
    shipped = r"one of cifar10, digits, fashion_mnist, mnist or .*Received: 'imagenet'"
    refuses(extractors.load_extractor, "imagenet", said=shipped)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert extractors.load_extractor("digits").image_shape == (8, 8, 1)


def test_resizing_smooths_after_rounding_in_batches_of_any_size(tmp_path, extractor):
    checkerboard = np.indices([32, 32]).sum(axis=0)[None, :, :, None] % 2 * 2.0 - 1
    np.testing.assert_allclose(resized(pixels(tmp_path / "a.keras"), checkerboard), 0, atol=0.01)
    own = pixels(tmp_path / "own.keras", (5, 6, 3))
    features = resized(own, NOISE)  # two batches
    np.testing.assert_array_equal(features, resized(own, extractors.quantize(NOISE)))
    np.testing.assert_array_equal(features[250:261], resized(own, NOISE[250:261]))
    np.testing.assert_array_equal(resized(extractor, NOISE), extractor.features(NOISE))


def test_resizing_repeats_grey_for_colour_and_refuses_what_it_cannot_help(tmp_path, extractor):
    own = pixels(tmp_path / "own.keras", (8, 8, 3))
    expected = np.tile(extractors.quantize(NOISE), 3)
    np.testing.assert_array_equal(resized(own, NOISE).reshape(300, 8, 8, 3), expected)
    refuses(own.features, NOISE, said=r"takes images \[N, 8, 8, 3\].*\[300, 8, 8, 1\]")
    for shape in ((2, 9, 9, 3), (2, 9, 9), (2, 0, 9, 1), (0, 9, 9, 1)):
        said = r"takes images \[N, H, W, 1\].*Received: shape"
        refuses(resized, extractor, np.zeros(shape, np.float32), said=said)


def test_images_that_it_cannot_take_are_refused(extractor):
    for shape, value, said in (
        ([2, 28, 28, 1], 0.0, r"takes images \[N, 8, 8, 1\].*\[2, 28, 28, 1\]"),
        ([8, 8, 1], 0.0, r"shape \[8, 8, 1\]"),
        ([0, 8, 8, 1], 0.0, "N at least 1"),
        ([2, 8, 8, 1], np.uint8(0), r"x / 127.5 - 1. Received: uint8"),
        ([2, 8, 8, 1], 255.0, r"in \[-1, 1\]. Received: 255.0 at \(0, 0, 0, 0\) \(128"),
        ([2, 8, 8, 1], np.nan, "Received: nan at"),
    ):
        refuses(extractor.probs, np.full(shape, value), said=said)


def test_the_default_is_that_of_the_data_or_features_of_another():
    for dataset, channels, name, classes in (
        ("digits", 1, "digits", 10),
        ("mnist:3.0.1", 1, "mnist", 10),
        ("folder:pictures", 1, "mnist", None),  # whose classes are not those of the pictures
        ("npz:mine.npz", 3, "cifar10", None),
    ):
        found = extractors.default_extractor(dataset, channels)
        assert (found.name, found.num_classes) == (name, classes)
        assert found.sha256 == extractors.load_extractor(name).sha256
    said = r"for the data sets cifar10.*--extractor.*Received: stl1"
    refuses(extractors.default_extractor, "stl10:1.0.0", 3, said=said)
