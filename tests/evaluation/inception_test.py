import io
import shutil
import tarfile
import time
import urllib.request
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from tests.evaluation.conftest import refuses
from tfmix.evaluation import extractors

SIZE = 20  # of the stand-in's images
NOISE = np.random.default_rng(0).uniform(-1, 1, (70, SIZE, SIZE, 3)).astype(np.float32)


class Inception(tf.Module):
    """A stand-in of the same interface: 5 classes, 8 features."""

    def __init__(self, size=SIZE):
        super().__init__()
        to_logits = np.random.default_rng(0).normal(size=(8, 5))
        self.to_logits = tf.Variable(to_logits, dtype=tf.float32)
        images = tf.TensorSpec([None, size, size, 3], name="images")
        self.call = tf.function(self._call, input_signature=[images])

    def _call(self, images):
        rows = tf.reduce_mean(images, 2)
        pooled = tf.concat([rows[:, 0], rows[:, 7], rows[:, 9, :2]], 1)
        return {"logits": 9 * pooled @ self.to_logits, "pool_3": pooled[:, None, None]}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inception")
    module = Inception()
    tf.saved_model.save(module, folder, signatures=module.call)
    return folder


def load(folder):
    return extractors.load_extractor(f"inception:{folder}")


@pytest.fixture(scope="module")
def inception(saved):
    return load(saved)


@pytest.fixture(scope="module")
def packed(saved):
    with tarfile.open(fileobj=(file := io.BytesIO()), mode="w:gz") as archive:
        archive.add(saved, ".")
    return file.getvalue()


def expected(images):
    outputs = Inception().call(images)
    return tf.nn.softmax(outputs["logits"]), tf.reshape(outputs["pool_3"], [len(images), 8])


def test_it_predicts_as_the_module_does(inception):
    assert (inception.name, inception.image_shape) == ("inception", (SIZE, SIZE, 3))
    assert (inception.num_classes, inception.feature_width) == (5, 8)
    probs, features = inception.probs_and_features(NOISE)  # two batches
    expected_probs, expected_features = expected(extractors.quantize(NOISE))
    np.testing.assert_allclose(features, expected_features, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(probs, expected_probs, rtol=1e-5)


@pytest.mark.parametrize("shape", [(32, 32, 3), (10, 7, 3), (28, 28, 1), (SIZE, SIZE, 1)])
def test_images_of_any_size_are_resized_with_antialiasing(inception, shape):
    images = np.random.default_rng(0).uniform(-1, 1, (3, *shape)).astype(np.float32)
    seen = tf.image.resize(extractors.quantize(images), [SIZE, SIZE], antialias=True)
    seen = tf.repeat(seen, 3 // shape[-1], axis=-1)
    np.testing.assert_allclose(inception.features(images), expected(seen)[1], atol=1e-6)
    said = r"takes images \[N, H, W, 1 or 3\].*Received: shape \[3, 9, 9, 4\]"
    refuses(inception.features, np.zeros([3, 9, 9, 4]), said=said)


def test_modules_that_are_called_or_take_any_size_are_taken(tmp_path, inception):
    module = Inception()
    module.__call__ = module.call
    tf.saved_model.save(module, tmp_path / "called")
    features = load(tmp_path / "called").features(NOISE)
    np.testing.assert_array_equal(features, inception.features(NOISE))
    module = Inception(size=None)
    tf.saved_model.save(module, tmp_path / "any", signatures={"default": module.call})
    assert load(tmp_path / "any").image_shape == (299, 299, 3)


def test_the_hash_is_of_names_and_contents(tmp_path, saved, inception):
    copy = shutil.copytree(saved, tmp_path / "copy")
    assert load(copy).sha256 == inception.sha256
    (copy / "assets").mkdir(exist_ok=True)
    (copy / "assets" / "labels.txt").write_text("cat")
    assert load(copy).sha256 != inception.sha256


def test_another_interface_is_refused(tmp_path):
    for name, shape, call, said in (
        ("vectors", [None, 4], lambda x: x @ tf.ones([4, 2]), r"which takes no images \("),
        ("pool", [None, 4, 4, 3], lambda x: {"pool": x},
         r"gives a dict with.*which gives \{'pool': \[1, 4, 4, 3"),
    ):  # fmt: skip
        module = tf.Module()
        module.call = tf.function(call, input_signature=[tf.TensorSpec(shape, name="x")])
        tf.saved_model.save(module, tmp_path / name, signatures=module.call)
        refuses(load, tmp_path / name, said=said)
    tf.saved_model.save(tf.Module(), tmp_path / "none")
    refuses(load, tmp_path / "none", said=r"with nothing that can be called\.")
    (tmp_path / "saved_model.pb").write_bytes(b"broken")
    refuses(load, tmp_path, said=r"that TensorFlow can read\. Received: ")
    nowhere = tmp_path / "nowhere"
    refuses(load, nowhere, said=r"None is in .*nowhere", error=FileNotFoundError)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """What stands for a server: its `side_effect` are errors and files that it answers."""
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", hub := mock.Mock())
    return hub


def test_without_a_network_the_error_says_what_would_do(monkeypatch, tmp_path):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    said = r"cannot be downloaded here from https.*inception:PATH"
    began = time.monotonic()
    refuses(load, "https://nowhere.invalid/model/1", said=said, error=OSError)  # a real look-up
    assert time.monotonic() - began < 5


def test_a_handle_is_downloaded_once_and_what_is_no_archive_leaves_nothing(
    hub, packed, tmp_path, inception
):
    broken = (b"<html>", b"", b"\x1f\x8b\x08\x00 cut off", packed[:2000])
    for answer in (urllib.error.URLError("no route"), *map(io.BytesIO, broken)):
        hub.side_effect = [answer]
        said = r"cannot be downloaded here from https.*inception:PATH"
        refuses(extractors.load_extractor, "inception", said=said, error=OSError)
        assert not list(tmp_path.iterdir())
    hub.side_effect = [io.BytesIO(packed)]
    for _ in range(2):
        assert load("https://hub.invalid/model/1").sha256 == inception.sha256
    assert hub.call_args.args == ("https://hub.invalid/model/1?tf-hub-format=compressed",)
