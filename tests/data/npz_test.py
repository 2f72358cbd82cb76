import json
import zipfile

import numpy as np
import pytest

from tfmix import data


def pictures(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.fixture
def load(tmp_path):
    """Saves arrays and loads them as an image set."""

    def save_and_load(split="train", options=None, **arrays):
        np.savez(tmp_path / "x.npz", **arrays)
        return data.load(f"npz:{tmp_path}/x.npz", split, **options or {})

    return save_and_load


def test_images_and_labels(load):
    images = pictures(4, 5, 6, 3)
    loaded = load(images=images, labels=np.array([2, 0, 2, 0], np.uint8))
    np.testing.assert_array_equal(loaded.images, images)
    np.testing.assert_array_equal(loaded.labels, [2, 0, 2, 0])
    assert loaded.labels.dtype == np.int32
    assert loaded.class_names == ("0", "1", "2")


def test_grey_images_need_no_channel(load):
    images = pictures(4, 5, 6)
    np.testing.assert_array_equal(load(images=images).images, images[..., None])


def test_images_without_labels(load):
    assert load(images=pictures(4, 5, 6)).labels is None


def test_only_array(load):
    images = pictures(4, 5, 6, 1)
    np.testing.assert_array_equal(load(whatever=images).images, images)


@pytest.mark.parametrize("split", ["train", "test"])
def test_layout_of_keras(load, split):
    arrays = {"x_train": pictures(4, 5, 6), "x_test": pictures(3, 5, 6)}
    labels = {"y_train": np.arange(4), "y_test": np.arange(3)[:, None]}
    loaded = load(split, **arrays, **labels)
    np.testing.assert_array_equal(loaded.images[..., 0], arrays[f"x_{split}"])
    np.testing.assert_array_equal(loaded.labels, labels[f"y_{split}"].ravel())


def test_resizes_and_converts(load):
    loaded = load(images=pictures(4, 5, 6), options={"image_size": 8, "channels": 3})
    assert loaded.images.shape == (4, 8, 8, 3)


def test_source(load):
    source = json.loads(json.dumps(load(images=pictures(4, 5, 6)).source))
    assert source["name"].startswith("npz:")
    assert (source["version"], source["split"], source["count"]) == (None, "train", 4)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros([4, 5, 6], np.float32), "uint8.*Received: float32"),
        (np.zeros([4, 5], np.uint8), r"\[N, H, W\].*\(4, 5\)"),
        (np.zeros([0, 5, 6], np.uint8), r"\(0, 5, 6\)"),
        (np.zeros([4, 5, 6, 2], np.uint8), "2 channels"),
    ],
)
def test_refuses_images(load, images, message):
    with pytest.raises(ValueError, match=message):
        load(images=images)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, np.int64), r"each of its 4 images.*\(3,\)"),
        (np.zeros([4, 2], np.int64), r"\(4, 2\)"),
        (np.zeros(4, np.float32), "float32"),
        (np.array([0, 1, -1, 0]), "from -1 to 1"),
        (np.array([0, 1, 10**9, 0]), "from 0 to 1000000000"),
    ],
)
def test_refuses_labels(load, labels, message):
    with pytest.raises(ValueError, match=message):
        load(images=pictures(4, 5, 6), labels=labels)


@pytest.mark.parametrize(
    ("split", "names", "message"),
    [
        ("train", ["a", "b"], "x_train and, if labelled, y_train, or images.*holds a, b"),
        ("train", [], "holds nothing"),
        ("test", ["images"], "x_test and, if labelled, y_test. Received.*holds images"),
    ],
)
def test_refuses_names(load, split, names, message):
    with pytest.raises(ValueError, match=message):
        load(split, **{name: pictures(4, 5, 6) for name in names})


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npz"):
        data.load(f"npz:{tmp_path}/none.npz")


@pytest.mark.parametrize("content", [b"", b"not a zip file"])
def test_refuses_other_files(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"numpy\.savez.*x\.npz"):
        data.load(f"npz:{tmp_path}/x.npz")


def test_never_unpickles(load):
    with pytest.raises(ValueError, match="Object arrays cannot be loaded"):
        load(images=np.array([{}, {}], object))


def test_refuses_a_zip_file_of_something_else(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.png", b"no array")
    with pytest.raises(ValueError, match=r"uint8.*Received: \|S8 of shape \(\)"):
        data.load(f"npz:{tmp_path}/x.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_file(tmp_path, save):
    save(tmp_path / "x.npz", images=pictures(40, 5, 6))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[600:610] = bytes(10)
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(OSError, match=r"damaged.*x\.npz"):
        data.load(f"npz:{tmp_path}/x.npz")
