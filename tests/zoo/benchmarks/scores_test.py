"""The benchmark of the metrics' time."""

import pytest

pytestmark = pytest.mark.slow


def test_the_metrics_are_timed_against_tfgan(benchmark):
    measured, _, _ = benchmark("scores", "--rows=1200", "--width=8", "--width=600", "--calls=1")
    assert [row["width"] for row in measured["frechet"]] == [8, 600]
    assert all(row["difference"] < 1e-4 for row in measured["frechet"])
    assert all(spent > 0 for row in measured["frechet"] for spent in row["seconds"].values())
    assert min(measured["others"].values()) > 0
