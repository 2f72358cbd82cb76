"""The benchmark of the metrics' time."""

import json

import pytest

pytestmark = pytest.mark.slow


def test_the_metrics_are_timed_against_tfgan(programs, tmp_path):
    flags = ["--rows=1200", "--width=8", "--width=600", "--calls=1", f"--out={tmp_path}"]
    result = programs.run("zoo.benchmarks.scores", *flags)
    assert result.code == 0, result.err
    assert (tmp_path / "scores.md").read_text() in result.out
    measured = json.loads((tmp_path / "scores.json").read_text())
    assert [row["width"] for row in measured["frechet"]] == [8, 600]
    assert all(row["difference"] < 1e-4 for row in measured["frechet"])
    assert all(spent > 0 for row in measured["frechet"] for spent in row["seconds"].values())
    assert min(measured["others"].values()) > 0
