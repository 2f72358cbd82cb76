import dataclasses

import pytest

from tfmix.evaluation import Curve, Protocol

PROTOCOL = Protocol(
    **{"dataset": "mnist 3.0.1", "split": "test", "real_sha256": "ef" * 8, "num_real": 10_000},
    **{"num_train": 60_000, "num_reference": 10_000, "num_fake": 10_000, "extractor": "mnist"},
    **{"extractor_sha256": "cd" * 32, "sampling_seeds": (0, 1)},
)


def test_the_hash_changes_with_what_is_measured():
    changes = {
        **{"dataset": "mnist 3.0.2", "num_fake": 9_999, "extractor_sha256": "ab" * 32},
        **{"real_sha256": "ab", "sampling_seeds": (0, 2), "curve": Curve(scales=(1.0,))},
    }
    assert dataclasses.replace(PROTOCOL).hash == PROTOCOL.hash
    changed = [dataclasses.replace(PROTOCOL, **{k: v}).hash for k, v in changes.items()]
    assert len({PROTOCOL.hash, *changed}) == 7


@pytest.mark.parametrize(("count", "name"), [(10_000, "fid10k_mnist"), (500, "fid500_mnist")])
def test_a_score_is_named_with_its_count_and_extractor(count, name):
    assert dataclasses.replace(PROTOCOL, num_fake=count).score_name("fid") == name
