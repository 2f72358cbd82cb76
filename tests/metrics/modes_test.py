import math

import numpy as np
import pytest

from tfmix import data, metrics

CENTERS = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def _at(counts, centers=CENTERS):
    """Points on the centres, so many at each."""
    return np.repeat(centers, counts, axis=0)


@pytest.mark.parametrize("name", ["ring", "grid", "blobs"])
def test_a_sample_of_the_truth(name):
    points = data.load(name, "test").subset(2500, seed=0)
    found = metrics.mode_coverage(points.points, points.centers, points.std, weights=points.weights)
    assert found.modes == points.num_classes
    assert found.high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.01)
    # The mean of KL of n draws to their own law is about (M - 1) / 2 n.
    assert found.reverse_kl < 3 * points.num_classes / 2 / 2500
    assert [type(value) for value in vars(found).values()] == [int, float, float]


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([5, 3, 2, 0], None),
        ([5, 3, 2, 0], np.array([0.1, 0.2, 0.3, 0.4])),
        ([7, 7, 7, 7], None),
        ([1, 2, 3, 4], np.float32([0.1, 0.2, 0.3, 0.4])),
        ([0, 9, 0, 0], None),  # collapse to one mode
    ],
)
def test_reverse_kl_has_its_closed_form(counts, weights):
    found = metrics.mode_coverage(_at(counts), CENTERS, 1.0, weights=weights)
    shares = np.divide(counts, sum(counts))
    kept = shares > 0
    true = np.ones(4) if weights is None else weights.astype(float)
    expected = shares[kept] * np.log(shares[kept] / (true / true.sum())[kept])
    assert (found.modes, found.high_quality) == (kept.sum(), 1)
    assert found.reverse_kl == pytest.approx(expected.sum(), rel=1e-12, abs=1e-12)


def test_no_divergence_falls_below_zero_and_row_order_changes_nothing():
    generator = np.random.default_rng(0)
    centers = 10.0 * np.arange(7)[:, None]
    for _ in range(30):
        counts = generator.integers(1, 50, 7)
        given = {"weights": counts / counts.sum()}
        found = metrics.mode_coverage(_at(counts, centers), centers, 1.0, **given)
        assert 0 <= found.reverse_kl < 1e-12
    points = generator.uniform(-5, 15, [500, 2])
    found = metrics.mode_coverage(points, CENTERS, 1.0)
    assert metrics.mode_coverage(generator.permutation(points), CENTERS, 1.0) == found


@pytest.mark.parametrize(
    ("points", "centers", "expected"),
    [
        # Three deviations are within, and more are not.
        ([[3, 0], [10, -3.001], [0, 7], [5, 5]], CENTERS, (2, 0.5, math.log(2))),
        # Between two modes a sample finds both, but it is of the nearest alone.
        ([[1, 0], [1, 0]], [[0, 0], [2.5, 0]], (2, 1.0, math.log(2))),
        ([[1e200, 1e200]] * 5, CENTERS, (0, 0.0, math.inf)),
        ([[0, 0]] * 2, [[0, 0]], (1, 1.0, 0.0)),
    ],
)
def test_samples_near_the_centres_count(points, centers, expected):
    found = metrics.mode_coverage(np.array(points, float), centers, 1.0)
    assert tuple(vars(found).values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
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
def test_refuses(changes, message):
    arguments = {"points": np.zeros([5, 2]), "centers": CENTERS, "std": 1.0} | changes
    with pytest.raises(ValueError, match=message):
        metrics.mode_coverage(**arguments)
