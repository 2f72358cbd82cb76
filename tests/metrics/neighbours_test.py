import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tfmix import metrics
from tfmix.metrics import _neighbours


@pytest.mark.parametrize("offset", [0.0, 1e4], ids=["centered", "where float32 tells none apart"])
def test_the_nearest_is_that_of_all_distances_and_of_equal_ones_the_first(offset, monkeypatch):
    monkeypatch.setattr(_neighbours, "_MIB", 0.01)
    rng = np.random.default_rng(0)
    rows, others = offset + rng.normal(size=[90, 5]), offset + rng.normal(size=[70, 5])
    others[40:50] = others[10:20]
    rows[:20] = others[10:30]
    index, squared = _neighbours.nearest(rows, others)
    expected = cdist(rows, others, "sqeuclidean")
    np.testing.assert_array_equal(index, expected.argmin(axis=1))
    np.testing.assert_allclose(squared, expected.min(axis=1), rtol=1e-9)


def test_balls_that_are_known_change_no_number():
    real, fake = np.random.default_rng(0).normal(size=[2, 60, 4])
    for measure in (metrics.precision_recall, metrics.density_coverage):
        known = metrics.RealBalls(real, 4)
        assert measure(real, fake, 4, balls=known) == measure(real, fake, 4)
