import importlib
import json

import numpy as np
import pytest
from sklearn import datasets

from tfmix import data


def test_digits_are_stratified_and_every_image_is_in_one_split():
    train, test = (data.load("digits", split) for split in ("train", "test"))
    assert (train.images.shape, test.images.shape) == ((1297, 8, 8, 1), (500, 8, 8, 1))
    assert train.class_names == tuple("0123456789")
    shares = np.bincount(train.labels) / 1297, np.bincount(test.labels) / 500
    np.testing.assert_allclose(*shares, atol=2e-3)
    whole = np.rint(datasets.load_digits().images / 16 * 255).astype(np.uint8)
    parts = np.concatenate([train.images, test.images])
    assert sorted(map(np.ndarray.tobytes, parts)) == sorted(map(np.ndarray.tobytes, whole))
    source = json.loads(json.dumps(test.source))
    assert source.pop("version").startswith("scikit-learn 1.")
    assert source == {"name": "digits", "split": "test", "count": 500}
    assert data.load("digits", "test", image_size=16, channels=3).images.shape == (500, 16, 16, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "valid"}, r"splits train, test.*'valid'"),
        *(({"image_size": value}, f"image_size={value!r}") for value in (-1, 2.5, "8", None)),
        *(({"channels": value}, f"channels={value!r}") for value in (2, 4, -1, None)),
        ({"dataset": "folder:"}, "folder:PATH needs a path"),
        ({"dataset": "npz:"}, "npz:PATH needs a path"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load(**({"dataset": "digits"} | arguments))


def test_the_function_is_not_hidden_by_the_module_of_its_name():
    assert importlib.import_module("tfmix.data.load").load is data.load
