import io
import tarfile
import time
import urllib.request

import numpy as np
import pytest
import tensorflow as tf

from tfmix.evaluation import extractors

SIZE = 20  # of the stand-in's images


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


class Callable(Inception):
    def __init__(self, size=SIZE):
        super().__init__(size)
        self.__call__ = self.call


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inception")
    module = Inception()
    tf.saved_model.save(module, folder, signatures=module.call)
    return folder


@pytest.fixture(scope="module")
def inception(saved):
    return extractors.load_extractor(f"inception:{saved}")


@pytest.fixture
def noise():
    return np.random.default_rng(0).uniform(-1, 1, (70, SIZE, SIZE, 3)).astype(np.float32)


def _expected(images):
    outputs = Inception().call(images)
    return tf.nn.softmax(outputs["logits"]), tf.reshape(outputs["pool_3"], [len(images), 8])


def _packed(folder):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, ".")
    return packed.getvalue()


def test_widths_are_the_models_own(inception):
    assert (inception.name, inception.image_shape) == ("inception", (SIZE, SIZE, 3))
    assert (inception.num_classes, inception.feature_width) == (5, 8)


def test_it_predicts_as_the_module_does(inception, noise):
    probs, features = inception.probs_and_features(noise)  # two batches
    expected_probs, expected_features = _expected(extractors.quantize(noise))
    np.testing.assert_allclose(features, expected_features, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(probs, expected_probs, rtol=1e-5)
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-12)
    assert (probs.dtype, features.dtype) == (np.float64, np.float64)


@pytest.mark.parametrize("shape", [(32, 32, 3), (10, 7, 3), (28, 28, 1), (SIZE, SIZE, 1)])
def test_images_of_any_size_are_resized_with_antialiasing(inception, shape):
    images = np.random.default_rng(0).uniform(-1, 1, (3, *shape)).astype(np.float32)
    seen = tf.image.resize(extractors.quantize(images), [SIZE, SIZE], antialias=True)
    seen = tf.repeat(seen, 3 // shape[-1], axis=-1)
    np.testing.assert_allclose(inception.features(images), _expected(seen)[1], atol=1e-6)


def test_the_batch_changes_nothing(inception, noise):
    some = inception.probs_and_features(noise[60:67])
    for part, whole in zip(some, inception.probs_and_features(noise), strict=True):
        np.testing.assert_allclose(part, whole[60:67], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros([2, 9, 9, 4], np.float32), r"takes images \[N, H, W, 1 or 3\].*\[2, 9, 9, 4\]"),
        (np.zeros([9, 9, 3], np.float32), r"shape \[9, 9, 3\]"),
        (np.zeros([2, 9, 9, 3], np.uint8), r"x / 127.5 - 1. Received: uint8"),
        (np.full([2, 9, 9, 3], 255.0), r"Received: 255.0 at \(0, 0, 0, 0\)"),
        (np.full([2, 9, 9, 3], np.nan), "Received: nan at"),
    ],
    ids=["channels", "one image", "uint8", "range", "nan"],
)
def test_images_that_it_cannot_take_are_refused(inception, images, message):
    with pytest.raises(ValueError, match=message):
        inception.features(images)


def test_a_module_that_is_itself_called_is_taken(tmp_path, inception, noise):
    module = Callable()
    tf.saved_model.save(module, tmp_path)
    called = extractors.load_extractor(f"inception:{tmp_path}")
    np.testing.assert_array_equal(called.features(noise), inception.features(noise))


def test_images_are_299_wide_where_the_model_takes_any(tmp_path):
    module = Inception(size=None)
    tf.saved_model.save(module, tmp_path, signatures={"default": module.call})
    assert extractors.load_extractor(f"inception:{tmp_path}").image_shape == (299, 299, 3)


def test_the_hash_is_of_names_and_contents(tmp_path, saved, inception):
    (tmp_path / "copy" / "variables").mkdir(parents=True)
    for path in sorted(saved.rglob("*"), reverse=True):
        if path.is_file():
            (tmp_path / "copy" / path.relative_to(saved)).write_bytes(path.read_bytes())
    copy = extractors.load_extractor(f"inception:{tmp_path / 'copy'}")
    assert copy.sha256 == inception.sha256
    (tmp_path / "copy" / "assets").mkdir()
    (tmp_path / "copy" / "assets" / "labels.txt").write_text("cat")
    assert extractors.load_extractor(f"inception:{tmp_path / 'copy'}").sha256 != copy.sha256


def test_another_interface_is_refused(tmp_path):
    module = tf.Module()
    vectors = tf.TensorSpec([None, 4], name="x")
    module.call = tf.function(lambda x: x @ tf.ones([4, 2]), input_signature=[vectors])
    tf.saved_model.save(module, tmp_path / "vectors", signatures=module.call)
    with pytest.raises(ValueError, match=r"'serving_default', which takes no images \("):
        extractors.load_extractor(f"inception:{tmp_path / 'vectors'}")

    images = tf.TensorSpec([None, 4, 4, 3], name="x")
    module.call = tf.function(lambda x: {"pool": x}, input_signature=[images])
    tf.saved_model.save(module, tmp_path / "pool", signatures=module.call)
    with pytest.raises(ValueError, match=r"gives a dict with.*which gives \{'pool': \[1, 4, 4, 3"):
        extractors.load_extractor(f"inception:{tmp_path / 'pool'}")

    tf.saved_model.save(tf.Module(), tmp_path / "none")
    with pytest.raises(ValueError, match=r"with nothing that can be called\."):
        extractors.load_extractor(f"inception:{tmp_path / 'none'}")


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"None is in .*nowhere"):
        extractors.load_extractor(f"inception:{tmp_path / 'nowhere'}")
    (tmp_path / "saved_model.pb").write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"that TensorFlow can read\. Received: "):
        extractors.load_extractor(f"inception:{tmp_path}")


@pytest.mark.parametrize("given", ["inception", "inception:https://nowhere.invalid/model/1"])
def test_without_a_network_the_error_says_what_would_do(tmp_path, monkeypatch, given):
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    if given == "inception":  # a machine with a network would download it

        def refuse(url, timeout):
            raise urllib.error.URLError(f"no route to {url}")

        monkeypatch.setattr(urllib.request, "urlopen", refuse)
    began = time.monotonic()
    with pytest.raises(OSError, match=r"cannot be downloaded here from https.*inception:PATH"):
        extractors.load_extractor(given)
    assert time.monotonic() - began < 5
    assert not list(tmp_path.iterdir())


def test_a_handle_is_downloaded_once(tmp_path, monkeypatch, saved, inception):
    asked = []

    def answer(url, timeout):
        asked.append(url)
        return io.BytesIO(_packed(saved))

    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    for _ in range(2):
        loaded = extractors.load_extractor("inception:https://hub.invalid/model/1")
        assert loaded.sha256 == inception.sha256
    assert asked == ["https://hub.invalid/model/1?tf-hub-format=compressed"]


@pytest.mark.parametrize("sent", [b"<html>", b"", b"\x1f\x8b\x08\x00 cut off", None])
def test_an_answer_that_is_no_archive_leaves_nothing_behind(tmp_path, monkeypatch, saved, sent):
    sent = _packed(saved)[:2000] if sent is None else sent
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: io.BytesIO(sent))
    with pytest.raises(OSError, match=r"cannot be downloaded here"):
        extractors.load_extractor("inception:https://hub.invalid/model/1")
    assert not list(tmp_path.iterdir())
