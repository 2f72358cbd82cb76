import json
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from tensorflow_datasets.core import download as tfds_download

from tfmix import data


class Builder(tfds.core.GeneratorBasedBuilder):
    """A data set of FEATURES, whose splits have so many examples as SPLITS says."""

    VERSION = tfds.core.Version("1.2.3")

    def _info(self):
        features = tfds.features.FeaturesDict(self.FEATURES)
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in self.SPLITS}


class TinyPictures(Builder):
    """A set like stl10: two classes, and a split without; an image carries its own label."""

    FEATURES: ClassVar = {
        "image": tfds.features.Image(shape=(6, 4, 3)),
        "label": tfds.features.ClassLabel(names=["cat", "dog"]),
        "boxes": tfds.features.Sequence(tf.int64),
    }
    SPLITS: ClassVar = {"train": 60, "test": 5, "unlabelled": 4}

    def _generate_examples(self, split):
        for i in range(self.SPLITS[split]):
            label = -1 if split == "unlabelled" else i % 2
            yield i, {"image": np.full([6, 4, 3], i, np.uint8), "label": label, "boxes": [0] * i}


class PicturesOfManySizes(Builder):
    """A set with pictures of no fixed size and without labels."""

    FEATURES: ClassVar = {"image": tfds.features.Image()}
    SPLITS: ClassVar = {"train": 4}

    def _generate_examples(self, split):
        for i in range(1, 5):
            yield i, {"image": np.full([5 * i, 7, 3], 9, np.uint8)}


class FarAway(Builder):
    """A set that cannot be fetched."""

    FEATURES: ClassVar = {"image": tfds.features.Image(shape=(2, 2, 1))}
    SPLITS: ClassVar = {"train": 1}

    def _generate_examples(self, split):
        raise ConnectionError("no such host\nand much more")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder with `tiny_pictures` in several files, and `pictures_of_many_sizes`."""
    folder = tmp_path_factory.mktemp("tfds")
    tfds.disable_progress_bar()
    TinyPictures(data_dir=folder).download_and_prepare(
        download_config=tfds_download.DownloadConfig(num_shards=3)
    )
    PicturesOfManySizes(data_dir=folder).download_and_prepare()
    return folder


def test_reads_in_the_order_of_the_files_with_labels_and_names(prepared):
    files = sorted(map(str, (prepared / "tiny_pictures" / "1.2.3").glob("*train*")))
    assert len(files) == 3
    features = TinyPictures(data_dir=prepared).info.features
    examples = [features.deserialize_example(each) for each in tf.data.TFRecordDataset(files)]
    images = data.load("tiny_pictures", data_dir=prepared)
    np.testing.assert_array_equal(images.images, [example["image"] for example in examples])
    np.testing.assert_array_equal(images.labels, [example["label"] for example in examples])
    assert images.images.shape == (60, 6, 4, 3)
    assert images.class_names == ("cat", "dog")


def test_source_and_the_folder_that_the_environment_names(prepared, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(prepared))
    source = json.loads(json.dumps(data.load("tiny_pictures:1.2.3", "test").source))
    assert source == {"name": "tiny_pictures", "version": "1.2.3", "split": "test", "count": 5}


def test_what_has_no_classes_or_many_sizes_is_resized_and_converted(prepared):
    wanted = {"image_size": 5, "channels": 1, "data_dir": prepared}
    images = data.load("tiny_pictures", "unlabelled", **wanted)
    assert images.images.shape == (4, 5, 5, 1)
    assert images.labels is images.num_classes is None
    images = data.load("pictures_of_many_sizes", data_dir=prepared, image_size=6)
    np.testing.assert_array_equal(images.images, np.full([4, 6, 6, 3], 9))
    assert images.labels is None


def test_prepares_what_is_missing_and_names_what_is_damaged(tmp_path):
    assert len(data.load("tiny_pictures", "test", data_dir=tmp_path).images) == 5
    (file,) = (tmp_path / "tiny_pictures" / "1.2.3").glob("*test*")
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(OSError, match=r"cannot be read; remove it.*tiny_pictures/1\.2\.3"):
        data.load("tiny_pictures", "test", data_dir=tmp_path)


def test_failed_download(tmp_path):
    with pytest.raises(
        OSError,
        match=r"^far_away is not in .* could not be downloaded; data_dir or TFDS_DATA_DIR can "
        r"point at a prepared copy\. Received: ConnectionError: no such host and much more\.$",
    ):
        data.load("far_away", data_dir=tmp_path)


UNKNOWN = r"^dataset is 'digits', .*grid_unequal.*'mnist'.*'folder:PATH' or 'npz:PATH'\. .*$"


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        *((name, "train", UNKNOWN) for name in ("nope", "", "kaggle:nope", "no pe", None)),
        ("huggingface:mnist", "train", UNKNOWN),
        ("tiny_pictures:9.9.9", "train", "^TFDS has no such config or version.*9.9.9'.*$"),
        ("tiny_pictures/nope", "train", "^TFDS has no such config or version.*/nope'.*$"),
        ("tiny_pictures", "valid", r"the splits .*train.*unlabelled\. .*split='valid'"),
        ("imdb_reviews", "train", r"feature 'image'.*imdb_reviews, with .*text \(Text\)"),
        ("pictures_of_many_sizes", "train", "image_size is needed for pictures_of_many_sizes"),
    ],
)
def test_refuses(prepared, name, split, message):
    with pytest.raises(ValueError, match=message):
        data.load(name, split, data_dir=prepared)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("mnist", (28, 28, 1)), ("fashion_mnist", (28, 28, 1)), ("cifar10", (32, 32, 3))],
)
def test_real_sets(tfds_dir, name, shape):
    images = data.load(name, "test", data_dir=tfds_dir)
    assert images.images.shape == (10_000, *shape)
    np.testing.assert_array_equal(np.bincount(images.labels) > 890, [True] * 10)
    assert images.source["version"].startswith("3.0.")


@pytest.mark.parametrize(("name", "shape"), [("mnist", (28, 28, 1)), ("stl10", (96, 96, 3))])
def test_sets_that_tfds_mocks_are_read(name, shape):
    with tfds.testing.mock_data(num_examples=5):
        images = data.load(name, "train")
    assert images.images.shape == (5, *shape)
    assert images.num_classes == 10
