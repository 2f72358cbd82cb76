import math

import numpy as np
import pytest

from tfmix import data, metrics

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def _at(counts, centers=CENTERS):
    """Points on the centres, so many at each."""
    return np.repeat(centers, counts, axis=0)


def test_a_sample_of_the_truth():
    for name in ("ring", "grid", "blobs"):
        points = data.load(name).subset(2500, seed=0)
        found = metrics.mode_coverage(
            points.points, points.centers, points.std, weights=points.weights
        )
        assert found.modes == points.num_classes
        assert found.high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.01)
        # The mean of KL of n draws to their own law is about (M - 1) / 2 n.
        assert found.reverse_kl < 3 * points.num_classes / 2 / 2500


def test_the_numbers_are_python_numbers():
    found = metrics.mode_coverage(_at([1, 1, 1, 1]), CENTERS, 1)
    assert [type(value) for value in vars(found).values()] == [int, float, float]


def test_reverse_kl_to_uniform_has_its_closed_form():
    found = metrics.mode_coverage(_at([5, 3, 2, 0]), CENTERS, 1.0)
    shares = np.array([0.5, 0.3, 0.2])
    assert found.modes == 3
    assert found.high_quality == 1
    assert found.reverse_kl == pytest.approx((shares * np.log(4 * shares)).sum(), rel=1e-12)


def test_reverse_kl_to_weights_has_its_closed_form():
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    found = metrics.mode_coverage(_at([5, 3, 2, 0]), CENTERS, 1.0, weights=weights)
    shares = np.array([0.5, 0.3, 0.2])
    expected = (shares * np.log(shares / weights[:3])).sum()
    assert found.reverse_kl == pytest.approx(expected, rel=1e-12)


def test_the_right_shares_are_at_no_divergence():
    even = metrics.mode_coverage(_at([7, 7, 7, 7]), CENTERS, 1.0)
    weighted = metrics.mode_coverage(
        _at([1, 2, 3, 4]), CENTERS, 1.0, weights=np.float32([0.1, 0.2, 0.3, 0.4])
    )
    assert even.reverse_kl == pytest.approx(0, abs=1e-12)
    assert weighted.reverse_kl == pytest.approx(0, abs=1e-12)


def test_no_divergence_falls_below_zero():
    generator = np.random.default_rng(0)
    centers = 10.0 * np.arange(7)[:, None]
    for _ in range(30):
        counts = generator.integers(1, 50, 7)
        found = metrics.mode_coverage(
            _at(counts, centers), centers, 1.0, weights=counts / counts.sum()
        )
        assert 0 <= found.reverse_kl < 1e-12


def test_collapse_to_one_mode():
    found = metrics.mode_coverage(_at([0, 9, 0, 0]), CENTERS, 1.0)
    assert (found.modes, found.high_quality) == (1, 1)
    assert found.reverse_kl == pytest.approx(math.log(4))


def test_three_deviations_are_within_and_more_are_not():
    points = np.array([[3.0, 0.0], [10.0, -3.001], [0.0, 7.0], [5.0, 5.0]])
    found = metrics.mode_coverage(points, CENTERS, 1.0)
    assert (found.modes, found.high_quality) == (2, 0.5)
    assert found.reverse_kl == pytest.approx(math.log(2))


def test_a_sample_between_two_modes_finds_both():
    points = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = metrics.mode_coverage(points, [[0, 0], [2.5, 0]], 1.0)
    assert found.modes == 2
    assert found.reverse_kl == pytest.approx(math.log(2))  # but it is of the nearest alone


def test_no_sample_of_high_quality():
    found = metrics.mode_coverage(np.full([5, 2], 1e200), CENTERS, 1.0)
    assert found == metrics.ModeCoverage(modes=0, high_quality=0.0, reverse_kl=math.inf)


def test_row_order_changes_nothing():
    points = np.random.default_rng(0).uniform(-5, 15, [500, 2])
    shuffled = np.random.default_rng(1).permutation(points)
    assert metrics.mode_coverage(points, CENTERS, 1.0) == metrics.mode_coverage(
        shuffled, CENTERS, 1.0
    )


def test_one_mode_is_enough():
    found = metrics.mode_coverage(np.zeros([2, 2]), [[0.0, 0.0]], 0.1)
    assert (found.modes, found.high_quality, found.reverse_kl) == (1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.array([[0, np.nan], [0, 0]])}, "nan at row 0, column 1"),
        ({"points": np.zeros([1, 2])}, "N at least 2"),
        ({"points": np.zeros([5, 2], int)}, "floats.*int64"),
        ({"points": np.zeros([5, 3])}, r"\[M, 3\].*\[4, 2\]"),
        ({"centers": np.zeros([0, 2])}, r"M at least 1.*\[0, 2\]"),
        ({"centers": np.zeros(2)}, r"Received: shape \[2\]"),
        ({"centers": [[0, 0], [np.inf, 0]]}, r"centers=inf at \[1, 0\]"),
        ({"std": 0.0}, r"above 0.*std=0\.0"),
        ({"std": np.nan}, "std=nan"),
        ({"weights": [0.5, 0.5]}, r"4 numbers.*shape \[2\]"),
        ({"weights": [0.5, 0.5, 0.0, 0.0]}, r"weights=0\.0 at \[2\]"),
        ({"weights": [0.5, np.nan, 0.2, 0.2]}, r"weights=nan at \[1\]"),
        ({"weights": [0.5, 0.5, 0.5, 0.5]}, "a sum of 2"),
    ],
)
def test_refuses_input(changes, message):
    arguments = {"points": np.zeros([5, 2]), "centers": CENTERS, "std": 1.0} | changes
    with pytest.raises(ValueError, match=message):
        metrics.mode_coverage(**arguments)
