import json
import pathlib

import numpy as np
import pytest
from sklearn import datasets

import tfmix
from tfmix import data


def test_digits():
    train, test = data.load("digits"), data.load("digits", "test")
    assert train.images.shape == (1297, 8, 8, 1)
    assert test.images.shape == (500, 8, 8, 1)
    assert train.class_names == tuple("0123456789")
    assert (train.images.min(), train.images.max()) == (0, 255)


def test_digits_are_stratified():
    shares = [
        np.bincount(data.load("digits", split).labels) / count
        for split, count in [("train", 1297), ("test", 500)]
    ]
    np.testing.assert_allclose(*shares, atol=2e-3)


def test_digits_splits_share_no_image_and_leave_none_out():
    def rows(images):
        return sorted(image.tobytes() for image in images)

    whole = np.rint(datasets.load_digits().images / 16 * 255).astype(np.uint8)
    parts = np.concatenate([data.load("digits").images, data.load("digits", "test").images])
    assert rows(parts) == rows(whole)


def test_digits_source_is_ready_for_json():
    source = json.loads(json.dumps(data.load("digits", "test").source))
    assert source["name"] == "digits"
    assert source["version"].startswith("scikit-learn 1.")
    assert source["split"] == "test"
    assert source["count"] == 500


def test_resizes_and_converts():
    assert data.load("digits", image_size=16, channels=3).images.shape == (1297, 16, 16, 3)


def test_digits_refuses_split():
    with pytest.raises(ValueError, match=r"splits train, test.*'valid'"):
        data.load("digits", "valid")


@pytest.mark.parametrize("image_size", [-1, 2.5, "8", None])
def test_refuses_image_size(image_size):
    with pytest.raises(ValueError, match=f"image_size={image_size!r}"):
        data.load("digits", image_size=image_size)


@pytest.mark.parametrize("channels", [2, 4, -1, None])
def test_refuses_channels(channels):
    with pytest.raises(ValueError, match=f"channels={channels!r}"):
        data.load("digits", channels=channels)


@pytest.mark.parametrize("dataset", ["folder:", "npz:"])
def test_refuses_no_path(dataset):
    with pytest.raises(ValueError, match="needs a path"):
        data.load(dataset)


def test_door_is_where_the_design_says():
    assert tfmix.data.images.load is data.load
    assert pathlib.Path(tfmix.data.images.__file__).name == "images.py"
