import numpy as np
import pytest

from tfmix import metrics

LABELS = np.repeat(np.arange(5), 40)


def test_the_right_clusters_under_other_names():
    found = metrics.clustering_scores(LABELS, (LABELS + 2) % 5)
    assert vars(found) == {"accuracy": 1.0, "majority_accuracy": 1.0, "nmi": 1.0, "ari": 1.0}
    assert {type(value) for value in vars(found).values()} == {float}


@pytest.mark.parametrize(
    ("labels", "clusters", "num_clusters", "accuracy"),
    [
        # Both clusters' majorities are 1's and 0's.
        ([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 1, 1, 1, 1, 0], None, 6 / 10),
        ([0, 0, 1, 1, 2], [0, 0, 1, 1, 1], None, None),
        ([0, 0, 1, 1, 2], [0, 0, 1, 1, 1], 3, 4 / 5),  # an empty cluster
    ],
)
def test_accuracy_is_that_of_the_best_one_to_one_map(labels, clusters, num_clusters, accuracy):
    found = metrics.clustering_scores(labels, clusters, num_clusters=num_clusters)
    assert found.accuracy == accuracy


def test_more_clusters_than_classes_have_a_majority_map_alone():
    clusters = 2 * LABELS + np.arange(200) % 2
    found = metrics.clustering_scores(LABELS, clusters)
    assert found.accuracy is None
    assert found.majority_accuracy == 1
    assert found.nmi == pytest.approx(2 * np.log(5) / (np.log(5) + np.log(10)))


def test_chance_scores_as_chance():
    clusters = np.random.default_rng(0).integers(5, size=20_000)
    found = metrics.clustering_scores(np.tile(LABELS, 100), clusters)
    assert found.accuracy == pytest.approx(0.2, abs=0.02)
    assert found.majority_accuracy == pytest.approx(0.2, abs=0.02)
    assert abs(found.ari) < 0.01
    assert found.nmi < 0.01


def test_the_majority_map_is_not_scored_where_it_was_fitted():
    labels = np.random.default_rng(0).integers(2, size=400)
    own = metrics.clustering_scores(labels, np.arange(400))  # each image a cluster of its own
    assert own.majority_accuracy < 0.65
    assert own.nmi > 0.2  # which nmi rewards, and ari does not
    assert own.ari == 0


def test_order_moves_the_halves_alone():
    rng = np.random.default_rng(1)
    clusters = np.where(rng.uniform(size=200) < 0.8, LABELS, rng.integers(5, size=200))
    order = rng.permutation(200)
    first = vars(metrics.clustering_scores(LABELS, clusters))
    again = vars(metrics.clustering_scores(LABELS[order], clusters[order]))
    assert first.pop("majority_accuracy") == pytest.approx(again.pop("majority_accuracy"), abs=0.1)
    assert first == pytest.approx(again, rel=1e-9)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0], "at least 2 images. Received: 1"),
        ([0, -1], "`labels` takes ints at least 0. Received: -1 to 0"),
        ([0.0, 1.0], "`labels` takes 2 ints, .* Received: float64"),
    ],
)
def test_refuses_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        metrics.clustering_scores(labels, range(len(labels)))
