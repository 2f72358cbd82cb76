import dataclasses

import pytest

from tfmix.evaluation import Curve, Protocol

COUNTS = 10_000, 60_000, 10_000, 10_000  # real, training, reference and generated images
PROTOCOL = Protocol("mnist 3.0.1", "test", "ef" * 8, *COUNTS, "mnist", "cd" * 32, (0, 1))


def test_the_hash_changes_with_what_is_measured():
    assert dataclasses.replace(PROTOCOL).hash == PROTOCOL.hash
    for change in (
        {"dataset": "mnist 3.0.2"},
        {"num_fake": 9_999},
        {"extractor_sha256": "ab" * 32},
        {"real_sha256": "ab" * 8},
        {"sampling_seeds": (0, 2)},
        {"curve": Curve(scales=(1.0,))},
    ):
        assert dataclasses.replace(PROTOCOL, **change).hash != PROTOCOL.hash, change


@pytest.mark.parametrize(("count", "name"), [(10_000, "fid10k_mnist"), (500, "fid500_mnist")])
def test_a_score_is_named_with_its_count_and_extractor(count, name):
    assert dataclasses.replace(PROTOCOL, num_fake=count).score_name("fid") == name
