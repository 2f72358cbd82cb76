import numpy as np
import pytest

from tfmix import metrics
from tfmix.evaluation import clustering_report

LABELS = np.random.default_rng(0).integers(4, size=600)


def test_scores_lie_in_intervals_that_a_seed_repeats():
    clusters = np.where(np.arange(600) % 4 == 0, (LABELS + 1) % 4, LABELS)
    found = clustering_report(LABELS, clusters, 4)
    assert found == clustering_report(LABELS, clusters, 4)
    alone = metrics.clustering_scores(LABELS, clusters)
    for name in ("accuracy", "majority_accuracy", "nmi", "ari"):
        assert found[name]["value"] == getattr(alone, name)
        low, high = found[name]["interval"]
        assert low < found[name]["value"] < high
    low, high = found["accuracy"]["interval"]
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.75 * 0.25 / 600), rel=0.25)


def test_more_clusters_than_classes_have_no_one_to_one_map():
    found = clustering_report(LABELS[:100], LABELS[:100], 7)
    assert found["accuracy"] is None
    assert found["nmi"]["value"] == pytest.approx(1)
