import math

import numpy as np
import pytest

from tfmix import metrics


def _probs(n=300, num_classes=10, concentration=0.3, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(num_classes, concentration), size=n)


PROBS = _probs()
SHUFFLED = np.random.default_rng(1).permutation(PROBS)


def test_uniform_one_hot_scores_the_number_of_classes_and_one_class_scores_one():
    score = metrics.inception_score(np.eye(7).repeat(100, axis=0))
    assert score.value == pytest.approx(7, rel=1e-9)
    assert score.mean == pytest.approx(7, rel=0.1)  # unpermuted, a split would hold one class
    one_class = np.eye(7)[np.zeros(50, int)]
    assert metrics.inception_score(one_class).value == pytest.approx(1, rel=1e-9)


def test_one_split_scores_as_all_rows_and_a_number_that_the_rows_do_not_give_is_refused():
    score = metrics.inception_score(PROBS, num_splits=1)
    assert score.mean == pytest.approx(score.value, rel=1e-9)
    assert score.std == 0
    for number in (0, 301):
        with pytest.raises(ValueError, match=f"1 to the number of rows, 300. Received: {number}"):
            metrics.inception_score(PROBS, num_splits=number)


def test_the_seed_moves_the_splits_alone():
    first, again, other = (metrics.inception_score(PROBS, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.value == other.value
    assert first.mean != other.mean
    assert abs(first.mean - other.mean) < first.std


def test_neither_row_order_nor_float32_changes_a_score():
    value = metrics.inception_score(PROBS).value
    assert metrics.inception_score(SHUFFLED).value == pytest.approx(value, rel=1e-9)
    assert metrics.inception_score(PROBS.astype(np.float32)).value == pytest.approx(value, rel=1e-5)
    per_class = metrics.modified_inception_score(PROBS).per_class
    again = metrics.modified_inception_score(SHUFFLED).per_class
    np.testing.assert_allclose(again, per_class, rtol=1e-9)


@pytest.mark.parametrize("labels", [None, np.random.default_rng(1).integers(0, 10, 300)])
def test_modified_score_equals_the_double_loop(labels):
    classes = PROBS.argmax(axis=1) if labels is None else labels
    floored = np.maximum(PROBS, 1e-12)
    expected = []
    for label in range(10):
        members = floored[classes == label]
        pairs = [(p * np.log(p / q)).sum() for p in members for q in members]
        expected.append(math.exp(np.mean(pairs)))
    score = metrics.modified_inception_score(PROBS, labels)
    np.testing.assert_allclose(score.per_class, expected, rtol=1e-10)
    np.testing.assert_allclose(score.value, np.mean(expected), rtol=1e-10)
    np.testing.assert_allclose(score.std, np.std(expected), rtol=1e-10)


def test_one_image_a_class_scores_one_within_classes():
    probs = (np.full([10, 10], 0.01) + 0.9 * np.eye(10)).repeat(30, axis=0)
    assert metrics.modified_inception_score(probs).value == pytest.approx(1, abs=1e-9)
    assert metrics.inception_score(probs).value > 5


def test_a_class_without_a_sample_is_left_out_and_named():
    probs = _probs(num_classes=4)
    score = metrics.modified_inception_score(probs, probs[:, :2].argmax(axis=1))
    assert score.missing == (2, 3)
    assert [math.isnan(value) for value in score.per_class] == [False, False, True, True]
    assert score.value == pytest.approx(np.mean(score.per_class[:2]))
    assert score.std == pytest.approx(np.std(score.per_class[:2]))
