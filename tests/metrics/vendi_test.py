import numpy as np
import pytest

from tfmix import metrics


def far_apart(count):
    return 100.0 * np.eye(count)


@pytest.mark.parametrize("counts", [[1] * 7, [9], [5, 3, 2]])
def test_repeated_images_count_by_the_entropy_of_their_shares(counts):
    """Those that are all different count one by one, one that is repeated counts once."""
    shares = np.divide(counts, sum(counts))
    rows = np.repeat(far_apart(len(counts)), counts, axis=0)
    expected = np.exp(-(shares * np.log(shares)).sum())
    assert metrics.vendi_score(rows, 1.0) == pytest.approx(expected)


def test_two_images_have_a_closed_form():
    distance, bandwidth = 1.3, 0.9
    overlap = np.exp(-(distance**2) / (2 * bandwidth**2))
    shares = np.array([1 + overlap, 1 - overlap]) / 2
    expected = np.exp(-(shares * np.log(shares)).sum())
    found = metrics.vendi_score(np.array([[5.0], [5.0 + distance]]), bandwidth)
    assert found == pytest.approx(expected, rel=1e-9)


def test_order_changes_nothing_and_a_bad_bandwidth_is_refused():
    rows = np.random.default_rng(0).normal(size=[50, 4])
    first = metrics.vendi_score(rows, 1.0)
    assert metrics.vendi_score(rows[::-1], 1.0) == pytest.approx(first, rel=1e-9)
    assert type(first) is float
    for bandwidth in (0.0, -1.0, np.nan, np.inf, "wide"):
        with pytest.raises(ValueError, match="bandwidth is a finite number above 0"):
            metrics.vendi_score(rows, bandwidth)


def test_the_bandwidth_is_how_far_the_fifth_neighbour_lies():
    line = np.arange(100.0)[:, None]
    assert metrics.vendi_bandwidth(line) == pytest.approx(3)  # 1, 1, 2, 2, 3
    assert metrics.vendi_bandwidth(7 * line) == pytest.approx(21)
    assert metrics.vendi_bandwidth(np.ones([10, 2])) == pytest.approx(0, abs=1e-5)
    with pytest.raises(ValueError, match="at least 6 rows"):
        metrics.vendi_bandwidth(line[:5])
