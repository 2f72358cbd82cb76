import math

import numpy as np
import pytest

from tfmix import metrics


def _probs(n=300, num_classes=10, concentration=0.3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(num_classes, concentration), size=n)


def test_uniform_one_hot_scores_the_number_of_classes():
    assert metrics.inception_score(np.eye(7).repeat(20, axis=0)).value == pytest.approx(7, rel=1e-9)


def test_collapse_to_one_class_scores_one():
    one_class = np.eye(7)[np.zeros(50, int)]
    assert metrics.inception_score(one_class).value == pytest.approx(1, rel=1e-9)


def test_one_split_scores_as_all_rows():
    score = metrics.inception_score(_probs(), num_splits=1)
    assert score.mean == pytest.approx(score.value, rel=1e-9)
    assert score.std == 0


def test_splits_of_sorted_rows_are_alike():
    score = metrics.inception_score(np.eye(5).repeat(200, axis=0))
    assert score.mean == pytest.approx(5, rel=0.05)  # unpermuted, each split would hold one class


def test_row_order_changes_no_inception_score():
    probs = _probs()
    shuffled = np.random.default_rng(1).permutation(probs)
    value = metrics.inception_score(probs).value
    assert metrics.inception_score(shuffled).value == pytest.approx(value, rel=1e-9)


def test_the_seed_moves_the_splits_alone():
    probs = _probs()
    first, again, other = (metrics.inception_score(probs, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.value == other.value
    assert first.mean != other.mean
    assert abs(first.mean - other.mean) < first.std


def test_float32_softmax_is_taken():
    probs = _probs()
    score = metrics.inception_score(probs.astype(np.float32))
    assert score.value == pytest.approx(metrics.inception_score(probs).value, rel=1e-5)


@pytest.mark.parametrize("num_splits", [0, 301])
def test_a_number_of_splits_that_the_rows_do_not_give_is_refused(num_splits):
    with pytest.raises(ValueError, match=f"1 to the number of rows, 300. Received: {num_splits}"):
        metrics.inception_score(_probs(300), num_splits=num_splits)


@pytest.mark.parametrize("with_labels", [False, True])
def test_modified_score_equals_the_double_loop(with_labels):
    probs = _probs(300)
    labels = np.random.default_rng(1).integers(0, 10, 300) if with_labels else None
    classes = probs.argmax(axis=1) if labels is None else labels
    floored = np.maximum(probs, 1e-12)
    expected = []
    for label in range(10):
        members = floored[classes == label]
        pairs = [(p * np.log(p / q)).sum() for p in members for q in members]
        expected.append(math.exp(np.mean(pairs)))
    score = metrics.modified_inception_score(probs, labels)
    np.testing.assert_allclose(score.per_class, expected, rtol=1e-10)
    np.testing.assert_allclose(score.value, np.mean(expected), rtol=1e-10)
    np.testing.assert_allclose(score.std, np.std(expected), rtol=1e-10)


def test_one_image_a_class_scores_one_within_classes():
    probs = np.full([10, 10], 0.01) + 0.9 * np.eye(10)
    score = metrics.modified_inception_score(probs.repeat(30, axis=0))
    assert score.value == pytest.approx(1, abs=1e-9)
    assert metrics.inception_score(probs.repeat(30, axis=0)).value > 5


def test_a_class_without_a_sample_is_left_out_and_named():
    probs = _probs(300, num_classes=4)
    labels = probs[:, :2].argmax(axis=1)
    score = metrics.modified_inception_score(probs, labels)
    assert score.missing == (2, 3)
    assert [math.isnan(value) for value in score.per_class] == [False, False, True, True]
    assert score.value == pytest.approx(np.mean(score.per_class[:2]))
    assert score.std == pytest.approx(np.std(score.per_class[:2]))


def test_row_order_changes_no_modified_score():
    probs = _probs()
    shuffled = np.random.default_rng(1).permutation(probs)
    score = metrics.modified_inception_score(probs)
    again = metrics.modified_inception_score(shuffled)
    np.testing.assert_allclose(again.per_class, score.per_class, rtol=1e-9)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(299, int), r"takes 300 ints.*Received: int64 of shape \[299\]"),
        (np.zeros(300), "Received: float64"),
        (np.full(300, 10), r"ints in \[0, 9\]. Received: 10 to 10"),
        (np.full(300, -1), "Received: -1 to -1"),
    ],
)
def test_labels_that_fit_no_row_or_class_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        metrics.modified_inception_score(_probs(300), labels)


@pytest.mark.parametrize("score", [metrics.inception_score, metrics.modified_inception_score])
@pytest.mark.parametrize(
    ("probs", "message"),
    [
        (np.log(_probs()), "a softmax, not logits"),
        (2 * _probs(), "row 0 with minimum .* and sum 2 .300 such rows"),
        (np.empty([0, 10]), r"Received: shape \[0, 10\]"),
        (_probs(1), r"N at least 2. Received: shape \[1, 10\]"),
        (np.eye(10, dtype=np.uint8), "takes floats. Received: uint8"),
        (np.ones(10), r"Received: shape \[10\]"),
    ],
)
def test_what_are_no_probabilities_is_refused(score, probs, message):
    with pytest.raises(ValueError, match=message):
        score(probs)


@pytest.mark.parametrize("seed", [None, 0.5, 2**31])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match="Received"):
        metrics.inception_score(_probs(), seed=seed)
