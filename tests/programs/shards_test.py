"""Shards of many images: what they hold, and that a stop in between leaves no trace."""

import numpy as np
import pytest
import tensorflow as tf

from tests.samplers import of_images
from tfmix.programs import shards

MADE_BY = {"model": "tiny", "num": 10, "shards": 3, "seed": 7, "scale": 0.7}


@pytest.fixture(scope="module")
def sampler():
    return of_images()


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_shards_hold_the_images_of_sample_with_their_seeds(sampler, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "_CHUNK_ROWS", 2)
    counts = []
    shards.write(sampler, tmp_path, MADE_BY, {"scale": 0.7}, lambda *count: counts.append(count))
    names = [f"tiny-{shard:05d}-of-00003.tfrecord" for shard in range(3)]
    assert sorted(contents(tmp_path)) == ["manifest.json", *names]
    assert counts[-1] == (10, 10)
    files = [str(tmp_path / name) for name in names]
    read = [tf.train.Example.FromString(raw.numpy()) for raw in tf.data.TFRecordDataset(files)]
    features = [example.features.feature for example in read]
    images = [tf.io.decode_png(each["image"].bytes_list.value[0]) for each in features]
    np.testing.assert_array_equal(images, sampler.images(10, seed=7, scale=0.7))
    due = sampler.draw(10, seed=7, scale=0.7)["component"]
    assert [each["component"].int64_list.value[0] for each in features] == due.tolist()
    again = [each["seed"].int64_list.value[0] for each in features]
    np.testing.assert_array_equal(sampler.images(10, seed=again, scale=0.7), images)


def test_stopped_and_resumed_gives_the_same_bytes(sampler, tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "_CHUNK_ROWS", 2)
    shards.write(sampler, tmp_path / "whole", MADE_BY, {})

    def stop(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shards.write(sampler, tmp_path / "parts", MADE_BY, {}, stop)
    assert len(contents(tmp_path / "parts")) == 2
    first = tmp_path / "parts/tiny-00000-of-00003.tfrecord"
    before = first.stat().st_mtime_ns
    shards.write(sampler, tmp_path / "parts", MADE_BY, {})
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
    assert first.stat().st_mtime_ns == before


def test_other_shards_and_other_files_are_not_mixed_in(sampler, tmp_path):
    shards.write(sampler, tmp_path / "made", {**MADE_BY, "num": 3}, {})
    said = r"holds shards with num 3, seed 7\. Received: num 10, seed 8"
    with pytest.raises(ValueError, match=said):
        shards.write(sampler, tmp_path / "made", {**MADE_BY, "seed": 8}, {})
    with pytest.raises(ValueError, match="names a new folder"):
        shards.write(sampler, tmp_path, MADE_BY, {})
