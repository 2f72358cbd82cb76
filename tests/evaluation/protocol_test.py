import dataclasses

import pytest

from tfmix.evaluation import Protocol


@pytest.fixture
def protocol():
    return Protocol("mnist 3.0.1", "test", 10_000, 10_000, "mnist", "ab" * 32, (0, 1))


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "mnist 3.0.2"},
        {"num_fake": 9_999},
        {"extractor_sha256": "cd" * 32},
        {"sampling_seeds": (0, 2)},
    ],
)
def test_the_hash_changes_with_what_is_measured(protocol, change):
    assert dataclasses.replace(protocol).hash == protocol.hash
    assert dataclasses.replace(protocol, **change).hash != protocol.hash


@pytest.mark.parametrize(("count", "name"), [(10_000, "fid10k_mnist"), (500, "fid500_mnist")])
def test_a_score_is_named_with_its_count_and_extractor(protocol, count, name):
    assert dataclasses.replace(protocol, num_fake=count).score_name("fid") == name
