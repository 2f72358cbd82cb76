"""What every metric refuses of the inputs that several of them share."""

import numpy as np
import pytest

from tfmix import metrics

GOOD = np.random.default_rng(0).normal(size=[40, 4])
CLASS = np.zeros(40, int)
PROBS = np.random.default_rng(0).dirichlet(np.full(10, 0.3), size=40)
LABELS = np.arange(40) % 10

# Name of the metric and of the argument: a call with that argument alone left open.
FEATURES = {
    "frechet_distance real": lambda bad: metrics.frechet_distance(bad, GOOD),
    "frechet_distance fake": lambda bad: metrics.frechet_distance(GOOD, bad),
    "kernel_distance fake": lambda bad: metrics.kernel_distance(GOOD, bad),
    "precision_recall fake": lambda bad: metrics.precision_recall(GOOD, bad),
    "density_coverage fake": lambda bad: metrics.density_coverage(GOOD, bad),
    "quality_diversity fake": lambda bad: metrics.quality_diversity(GOOD, CLASS, bad, CLASS),
    "copy_share real": lambda bad: metrics.copy_share(bad, GOOD, GOOD),
    "copy_share fake": lambda bad: metrics.copy_share(GOOD, bad, GOOD),
    "copy_share train": lambda bad: metrics.copy_share(GOOD, GOOD, bad),
    "copy_distance train": lambda bad: metrics.copy_distance(GOOD, bad),
    "fld_gap train": lambda bad: metrics.fld_gap(bad, GOOD, GOOD),
    "fld_gap real": lambda bad: metrics.fld_gap(GOOD, bad, GOOD),
    "intra_cluster_distance fake": lambda bad: metrics.intra_cluster_distance(
        GOOD, CLASS, bad, CLASS, CLASS
    ),
    "vendi_score features": lambda bad: metrics.vendi_score(bad, 1.0),
    "vendi_bandwidth real": lambda bad: metrics.vendi_bandwidth(bad),
    "mode_coverage points": lambda bad: metrics.mode_coverage(bad, GOOD, 1.0),
}
PAIRS = [name for name in FEATURES if name.split("_")[0] not in ("vendi", "mode")]
PROBABILITIES = (metrics.inception_score, metrics.modified_inception_score)
LABELLED = {
    "labels": lambda bad: metrics.modified_inception_score(PROBS, bad),
    "fake_labels": lambda bad: metrics.quality_diversity(GOOD, LABELS, GOOD, bad),
    "clusters": lambda bad: metrics.clustering_scores(LABELS, bad, num_clusters=10),
}
SEEDED = [
    lambda seed: metrics.inception_score(PROBS, seed=seed),
    lambda seed: metrics.kernel_distance(GOOD, GOOD, seed=seed),
    lambda seed: metrics.quality_diversity(GOOD, CLASS, GOOD, CLASS, seed=seed),
    lambda seed: metrics.clustering_scores(LABELS, LABELS, seed=seed),
    lambda seed: metrics.ms_ssim(np.zeros([40, 12, 12, 1]), LABELS, seed=seed),
]


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros([40, 4], np.uint8), "takes floats. Received: uint8"),
        (np.zeros([0, 4]), r"takes \[N, width\].*shape \[0, 4\]"),
        (np.zeros([1, 4]), r"N at least 2. Received: shape \[1, 4\]"),
        (np.zeros([40, 2, 2]), r"Received: shape \[40, 2, 2\]"),
        (np.zeros([40, 0]), r"Received: shape \[40, 0\]"),
        (np.where(np.arange(4) == 3, np.nan, GOOD), "Received: nan at row 0, column 3"),
        (np.where(np.arange(4) == 2, -np.inf, GOOD), r"-inf at row 0, column 2 \(40 not"),
    ],
)
def test_what_are_no_features_is_refused_in_one_line(name, bad, message):
    with pytest.raises(ValueError, match=f"`{name.split()[1]}` .*{message}") as error:
        FEATURES[name](bad)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", PAIRS)
def test_features_of_two_widths_are_refused(name):
    with pytest.raises(ValueError, match=r"same width. Received: shapes \[40, .\] and \[40, .\]"):
        FEATURES[name](GOOD[:, :3])


@pytest.mark.parametrize("score", PROBABILITIES)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.log(PROBS), "a softmax, not logits"),
        (2 * PROBS, "row 0 with minimum .* and sum 2 .40 such rows"),
        (PROBS[:1], r"N at least 2. Received: shape \[1, 10\]"),
        (np.eye(10, dtype=np.uint8), "takes floats. Received: uint8"),
    ],
)
def test_what_are_no_probabilities_is_refused(score, bad, message):
    with pytest.raises(ValueError, match=message):
        score(bad)


@pytest.mark.parametrize("name", LABELLED)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (LABELS[1:], r"takes 40 ints.*Received: int64 of shape \[39\]"),
        (LABELS.astype(float), "takes 40 ints.*Received: float64"),
        (LABELS + 1, r"takes ints in \[0, 9\]. Received: 1 to 10"),
        (LABELS - 1, "takes ints .*Received: -1 to 8"),
    ],
)
def test_labels_that_fit_no_row_or_class_are_refused(name, bad, message):
    with pytest.raises(ValueError, match=f"`{name}` {message}"):
        LABELLED[name](bad)


@pytest.mark.parametrize("score", SEEDED)
@pytest.mark.parametrize("seed", [None, 0.5, 2**31])
def test_what_is_no_seed_is_refused(score, seed):
    with pytest.raises(ValueError, match=f"seed.*Received.*{seed}"):
        score(seed)
