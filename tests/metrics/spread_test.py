import numpy as np
import pytest
from scipy.spatial import distance

from tfmix import metrics


def test_it_estimates_the_mean_distance_of_all_pairs():
    rows = np.random.default_rng(0).normal(size=[1200, 3, 2])  # more pairs than pass at a time
    expected = distance.pdist(rows.reshape(-1, 6)).mean()
    assert metrics.pair_distance(rows) == pytest.approx(expected, rel=0.02)
    assert type(metrics.pair_distance(rows)) is float


def test_images_pair_within_their_group_alone_and_a_group_counts_by_its_images():
    rows = np.array([0, 200, 0, 201, 0, 201, 0, 90, 0], np.uint8)[:, None]
    groups = np.array([0, 1, 0, 1, 0, 1, 0, 2, 0])
    assert metrics.pair_distance(rows[groups != 1], groups[groups != 1]) == 0
    assert metrics.pair_distance(rows[[0, 1, 2, 3]], groups[[0, 1, 2, 3]]) == 0.5  # 0 and 1
    three_pairs = metrics.pair_distance(rows[[0, 2, 4, 1, 3]], groups[[0, 2, 4, 1, 3]])
    assert three_pairs == pytest.approx(1 / 3)


def test_without_two_images_of_a_group_there_is_none():
    assert metrics.pair_distance(np.zeros([1, 4])) is None
    assert metrics.pair_distance(np.eye(3), np.arange(3)) is None


def test_refuses():
    with pytest.raises(ValueError, match=r"`groups` takes 3 ints.*shape \[2\]"):
        metrics.pair_distance(np.eye(3), np.arange(2))
    with pytest.raises(ValueError, match="finite numbers"):
        metrics.pair_distance(np.full([2, 2], np.nan))
