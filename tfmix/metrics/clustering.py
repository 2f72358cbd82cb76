"""Clustering scores: how clusters that were found without labels agree with the classes."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize
from sklearn import metrics
from sklearn.metrics.cluster import contingency_matrix

from tfmix.metrics import _checks


@dataclasses.dataclass(frozen=True)
class ClusteringScores:
    """Agreement of clusters with classes.

    Attributes:
        accuracy: The accuracy under the best one-to-one map of clusters to classes; None where
            their numbers differ, as there is no such map.
        majority_accuracy: The accuracy under the map of each cluster to its most frequent class,
            fitted on one half of the images and measured on the other. It rises with the number of
            clusters, so compare it only for the same number of clusters.
        nmi: Mutual information, normalised by the arithmetic mean of the entropies, in [0, 1].
        ari: Adjusted Rand index, at most 1, about 0 by chance.
    """

    accuracy: float | None
    majority_accuracy: float
    nmi: float
    ari: float


def clustering_scores(
    labels: ArrayLike, clusters: ArrayLike, seed: int = 0, *, num_clusters: int | None = None
) -> ClusteringScores:
    """Compares clusters with classes: accuracy by matching and by majority, NMI and ARI.

    Args:
        labels: Classes, ints [N] from 0.
        clusters: Clusters, ints [N] from 0.
        seed: Seed of the permutation of the rows before they are halved for the majority map.
        num_clusters: K, if some clusters may be empty; None: the largest of `clusters` plus 1.

    Raises:
        ValueError: The classes and clusters are not ints from 0 of the same length of at least 2,
            or a cluster is not below K.
    """
    count = np.size(labels)
    if count < 2:
        raise ValueError(f"Clustering scores take at least 2 images. Received: {count}.")
    labels = _checks.labels(labels, count)
    clusters = _checks.labels(clusters, count, num_clusters, name="clusters")
    num_classes = int(labels.max()) + 1
    num_clusters = num_clusters or int(clusters.max()) + 1
    return ClusteringScores(
        accuracy=_matched(labels, clusters) if num_clusters == num_classes else None,
        majority_accuracy=_by_majority(labels, clusters, _checks.generator(seed)),
        nmi=float(metrics.normalized_mutual_info_score(labels, clusters)),
        ari=float(metrics.adjusted_rand_score(labels, clusters)),
    )


def _matched(labels: np.ndarray, clusters: np.ndarray) -> float:
    table = contingency_matrix(labels, clusters)  # only those that occur
    matched = optimize.linear_sum_assignment(table, maximize=True)
    return float(table[matched].sum() / len(labels))


def _by_majority(labels: np.ndarray, clusters: np.ndarray, generator: np.random.Generator) -> float:
    fitted, scored = np.array_split(generator.permutation(len(labels)), 2)
    table = np.zeros((clusters.max() + 1, labels.max() + 1), int)
    np.add.at(table, (clusters[fitted], labels[fitted]), 1)
    most_frequent = table.sum(axis=0).argmax()  # for clusters that are not in the first half
    map_ = np.where(table.any(axis=1), table.argmax(axis=1), most_frequent)
    return float((map_[clusters[scored]] == labels[scored]).mean())
