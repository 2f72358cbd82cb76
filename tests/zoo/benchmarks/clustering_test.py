"""The benchmark of clusters: a tiny run of it, and which seed it would ship."""

import pytest

from zoo.benchmarks import clustering


def test_the_seed_is_chosen_without_labels():
    good, agreeing = ({"nmi": nmi, "agreement": a} for nmi, a in ((0.9, 0.5), (0.1, 0.8)))
    assert clustering.chosen([{"seed": 3, **good}, {"seed": 4, **agreeing}]) == 4


@pytest.mark.slow
def test_two_seeds_are_trained_once_and_read_again(benchmark, tmp_path):
    flags = [f"--runs={tmp_path / 'runs'}", "--config=gmgan_digits", "--steps=2", "--seeds=2"]
    measured, page, plots = benchmark("clustering", *flags, "--cluster_samples=50")
    again = benchmark("clustering", *flags, "--cluster_samples=50")[0]
    assert again["runs"] == measured["runs"]  # seconds and all
    assert plots == []
    for run in measured["runs"]:
        assert (run["classes"], run["components"], run["steps"]) == (10, 20, 2)
        assert run["scores"]["component head"]["accuracy"] is None  # K is not C
        pixels = run["scores"]["k-means on pixels, K 10"]
        assert 0.5 < pixels["nmi"] < pixels["accuracy"] + 0.2 < 1.1
        assert "k-means on the discriminator's features, K 20" in run["scores"]
        assert 0 <= run["agreement"] <= 1 <= run["perplexity"] <= 20
    assert f"| **{clustering.chosen(measured['runs'])}** |" in page


@pytest.mark.slow
def test_a_model_without_a_head_is_refused(programs, tmp_path):
    result = programs.run("zoo.benchmarks.clustering", "--config=gan_mnist", f"--out={tmp_path}")
    assert result.code == 2
    assert "Received: gan_mnist" in result.err
