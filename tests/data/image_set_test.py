import json

import numpy as np
import pytest

from tfmix.data import ImageSet


def image_set(labels=None, count=None):
    """Images that carry their own index in the first pixel."""
    count = len(labels) if count is None else count
    images = np.zeros([count, 2, 2, 1], np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    names = None if labels is None else tuple("abc")
    labels = None if labels is None else np.array(labels, np.int32)
    return ImageSet(images, labels, names, {"name": "some", "split": "train", "count": count})


def indices(subset):
    return subset.images[:, 0, 0, 0]


@pytest.mark.parametrize("size", [1, 2, 3, 10, 29, 30])
def test_subset_is_balanced(size):
    subset = image_set([0, 1, 2] * 30).subset(size, seed=0)
    counts = np.bincount(subset.labels, minlength=3)
    assert counts.sum() == size
    assert np.ptp(counts) <= 1


def test_small_class_gives_all_and_others_fill_up():
    subset = image_set([0] * 3 + [1] * 40 + [2] * 40).subset(24, seed=0)
    counts = np.bincount(subset.labels)
    assert counts[0] == 3
    assert sorted(counts[1:]) == [10, 11]


def test_subset_draws_which_class_gets_the_odd_image():
    favoured = {int(image_set([0, 1, 2] * 9).subset(1, seed).labels[0]) for seed in range(30)}
    assert favoured == {0, 1, 2}


def test_subset_keeps_images_with_labels_in_order():
    whole = image_set([2, 0, 1] * 20)
    subset = whole.subset(25, seed=3)
    assert (np.diff(indices(subset).astype(int)) > 0).all()
    np.testing.assert_array_equal(subset.labels, whole.labels[indices(subset)])


def test_same_seed_same_subset():
    whole = image_set([0, 1, 2] * 20)
    np.testing.assert_array_equal(indices(whole.subset(9, 5)), indices(whole.subset(9, 5)))
    assert (indices(whole.subset(9, 5)) != indices(whole.subset(9, 6))).any()


def test_negative_seed_is_a_seed():
    whole = image_set(count=50)
    assert len(whole.subset(9, -1).images) == 9


def test_subset_without_labels_is_uniform():
    whole = image_set(count=10)
    drawn = np.concatenate([indices(whole.subset(3, seed)) for seed in range(1000)])
    counts = np.bincount(drawn, minlength=10)
    assert abs(counts - 300).max() < 5 * np.sqrt(1000 * 0.3 * 0.7)


def test_larger_subset_holds_the_smaller():
    whole = image_set([0, 1, 2] * 20)
    assert set(indices(whole.subset(10, 1))) < set(indices(whole.subset(40, 1)))


def test_size_zero_is_the_whole_set():
    whole = image_set([0, 1, 2])
    assert whole.subset(0, seed=1) is whole


def test_subset_of_every_image_is_the_whole_set():
    whole = image_set([0, 1, 2] * 5)
    np.testing.assert_array_equal(whole.subset(15, seed=1).images, whole.images)


def test_subset_says_where_it_comes_from():
    source = image_set([0, 1, 2] * 5).subset(4, seed=7).source
    assert json.loads(json.dumps(source)) == {
        "name": "some",
        "split": "train",
        "count": 4,
        "subset_seed": 7,
    }


@pytest.mark.parametrize("size", [-1, 4, 1.5, None])
def test_refuses_size(size):
    with pytest.raises(ValueError, match=rf"1 to 3 images.*Received: size={size}\."):
        image_set(count=3).subset(size, seed=0)


@pytest.mark.parametrize("seed", [2**31, 0.5])
def test_refuses_seed(seed):
    with pytest.raises(ValueError, match="seed"):
        image_set(count=3).subset(2, seed=seed)


def test_num_classes_counts_classes_without_an_image():
    assert image_set([0, 0]).num_classes == 3


def test_num_classes_without_labels():
    assert image_set(count=2).num_classes is None


@pytest.mark.parametrize(
    ("images", "labels", "names", "message"),
    [
        (np.zeros([2, 4, 4, 1], np.float32), None, None, "uint8 images.*float32"),
        (np.zeros([2, 4, 4], np.uint8), None, None, r"\(2, 4, 4\)"),
        (np.zeros([0, 4, 4, 1], np.uint8), None, None, "N at least 1"),
        (np.zeros([2, 4, 4, 1], np.uint8), None, ("a",), "together"),
        (np.zeros([2, 4, 4, 1], np.uint8), np.zeros(3, np.int32), ("a",), r"\(2,\).*\(3,\)"),
        (np.zeros([2, 4, 4, 1], np.uint8), np.zeros(2, np.int64), ("a",), "int32.*int64"),
        (np.zeros([2, 4, 4, 1], np.uint8), np.array([0, 1], np.int32), ("a",), "from 0 to 1"),
        (np.zeros([2, 4, 4, 1], np.uint8), np.array([0, -1], np.int32), ("a",), "from -1 to 0"),
    ],
)
def test_refuses_arrays(images, labels, names, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(images, labels, names, {})


@pytest.mark.parametrize("size", [0, 6, 15])
@pytest.mark.parametrize("labelled", [True, False])
def test_a_split_has_no_row_twice_and_begins_with_the_subset(size, labelled):
    whole = image_set([0, 1, 2] * 10) if labelled else image_set(count=30)
    first, second = whole.split(size, 9, seed=4)
    assert len(first.images) == (size or 21)
    assert len(second.images) == second.source["count"] == 9
    assert not set(indices(first)) & set(indices(second))
    if size:
        np.testing.assert_array_equal(indices(first), indices(whole.subset(size, seed=4)))
    if labelled:
        assert np.bincount(second.labels).tolist() == [3, 3, 3]


def test_of_classes_of_unequal_size_each_part_has_its_share():
    whole = image_set([0] * 90 + [1] * 9 + [2])
    first, second = whole.split(0, 33, seed=2)
    assert np.bincount(second.labels, minlength=3).tolist() == [30, 3, 0]
    assert np.bincount(first.labels, minlength=3).tolist() == [60, 6, 1]
    other, _ = whole.split(0, 33, seed=3)
    assert set(indices(first)) != set(indices(other))


@pytest.mark.parametrize(("size", "held_out"), [(0, 30), (25, 6), (5, 0), (-1, 5), (0, 2.5)])
def test_a_split_that_there_are_too_few_rows_for_is_refused(size, held_out):
    with pytest.raises(ValueError, match=f"Received: size={size}, held_out={held_out}"):
        image_set(count=30).split(size, held_out, seed=0)
