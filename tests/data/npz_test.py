import json
import zipfile

import numpy as np
import pytest

from tfmix import data

NOISE = np.random.default_rng(0).integers(0, 256, [40, 5, 6, 3], np.uint8)
PICTURES = NOISE[:4]
GREY = PICTURES[..., 0]


@pytest.fixture
def load(tmp_path):
    """Saves arrays, or bytes, and loads them as an image set."""

    def save_and_load(arrays, split="train", **options):
        if isinstance(arrays, bytes):
            (tmp_path / "x.npz").write_bytes(arrays)
        else:
            np.savez(tmp_path / "x.npz", **arrays)
        return data.load(f"npz:{tmp_path}/x.npz", split, **options)

    return save_and_load


KERAS = {
    "x_train": GREY,
    "y_train": np.array([2, 0, 2, 0], np.uint8),
    "x_test": GREY[:3],
    "y_test": np.arange(3)[:, None],
}


@pytest.mark.parametrize(
    ("arrays", "split", "images", "labels"),
    [
        ({"images": PICTURES, "labels": KERAS["y_train"]}, "train", PICTURES, [2, 0, 2, 0]),
        ({"images": GREY}, "train", GREY[..., None], None),
        ({"whatever": PICTURES}, "train", PICTURES, None),
        (KERAS, "train", GREY[..., None], [2, 0, 2, 0]),
        (KERAS, "test", GREY[:3, ..., None], [0, 1, 2]),
    ],
)
def test_reads_every_layout(load, arrays, split, images, labels):
    loaded = load(arrays, split)
    np.testing.assert_array_equal(loaded.images, images)
    assert loaded.class_names == (None if labels is None else ("0", "1", "2"))
    if labels is None:
        assert loaded.labels is None
    else:
        assert (loaded.labels.tolist(), loaded.labels.dtype) == (labels, np.int32)


def test_resizes_and_converts_and_says_where_it_comes_from(load):
    loaded = load({"images": GREY}, image_size=8, channels=3)
    assert loaded.images.shape == (4, 8, 8, 3)
    source = json.loads(json.dumps(loaded.source))
    assert source.pop("name").startswith("npz:")
    assert source == {"version": None, "split": "train", "count": 4}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": GREY.astype(np.float32)}, "uint8.*Received: float32"),
        ({"images": GREY[0]}, r"\[N, H, W\].*\(5, 6\)"),
        ({"images": GREY[:0]}, r"\(0, 5, 6\)"),
        ({"images": PICTURES[..., :2]}, "2 channels"),
        ({"images": GREY, "labels": np.zeros(3, np.int64)}, r"each of its 4 images.*\(3,\)"),
        ({"images": GREY, "labels": np.zeros([4, 2], np.int64)}, r"\(4, 2\)"),
        ({"images": GREY, "labels": np.zeros(4, np.float32)}, "float32"),
        ({"images": GREY, "labels": np.array([0, 1, -1, 0])}, "from -1 to 1"),
        ({"images": GREY, "labels": np.array([0, 1, 10**9, 0])}, "from 0 to 1000000000"),
        ({"a": GREY, "b": GREY}, "x_train and, if labelled, y_train, or images.*contains a, b"),
        ({}, "contains nothing"),
        ({"images": np.array([{}, {}], object)}, "Object arrays cannot be loaded"),  # unpickling
        (b"", r"numpy\.savez.*x\.npz"),
        (b"not a zip file", r"numpy\.savez.*x\.npz"),
    ],
)
def test_refuses(load, arrays, message):
    with pytest.raises(ValueError, match=message):
        load(arrays)


def test_refuses_a_split_that_is_not_there_another_archive_and_no_file(load, tmp_path):
    with pytest.raises(ValueError, match=r"x_test and, if labelled, y_test\. Received.*images"):
        load({"images": GREY}, "test")
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.png", b"no array")
    with pytest.raises(ValueError, match=r"uint8.*Received: \|S8 of shape \(\)"):
        data.load(f"npz:{tmp_path}/x.npz")
    with pytest.raises(FileNotFoundError, match=r"none\.npz"):
        data.load(f"npz:{tmp_path}/none.npz")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_file(tmp_path, load, save):
    save(tmp_path / "x.npz", images=NOISE)
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[600:610] = bytes(10)
    with pytest.raises(OSError, match=r"damaged.*x\.npz"):
        load(bytes(content))
