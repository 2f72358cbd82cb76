import dataclasses

import pytest

from tfmix.evaluation import Curve, Protocol

COUNTS = 10_000, 60_000, 10_000, 10_000  # real, training, reference and generated images
PROTOCOL = Protocol("mnist 3.0.1", "test", "ef" * 8, *COUNTS, "mnist", "cd" * 32, (0, 1))


def test_the_hash_changes_with_what_all_scores_depend_on_alone():
    for change in (
        {"dataset": "mnist 3.0.2"},
        {"num_fake": 9_999},
        {"extractor_sha256": "ab" * 32},
        {"real_sha256": "ab" * 8},
    ):
        assert dataclasses.replace(PROTOCOL, **change).hash != PROTOCOL.hash, change
    others = {"curve": Curve(scales=(1.0,)), "num_train": 9, "sampling_seeds": (7,)}
    assert dataclasses.replace(PROTOCOL, **others).hash == PROTOCOL.hash


def test_a_score_has_a_hash_of_its_own():
    def hashed(metric="recall", k=3, **changes):
        return dataclasses.replace(PROTOCOL, **changes).score_hash(metric, {"k": k, "seed": 0})

    assert (
        hashed()
        == hashed(sampling_seeds=(7,))
        == PROTOCOL.score_hash("recall", {"seed": 0, "k": 3})
    )
    assert len({hashed(), hashed("coverage"), hashed(k=5), hashed(num_fake=9_999)}) == 4


@pytest.mark.parametrize(("count", "name"), [(10_000, "fid10k_mnist"), (500, "fid500_mnist")])
def test_a_score_is_named_with_its_count_and_extractor(count, name):
    assert dataclasses.replace(PROTOCOL, num_fake=count).score_name("fid") == name
