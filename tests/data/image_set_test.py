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


def test_subset_is_balanced():
    for size in (1, 2, 3, 10, 29, 30):
        subset = image_set([0, 1, 2] * 30).subset(size, seed=0)
        counts = np.bincount(subset.labels, minlength=3)
        assert counts.sum() == size
        assert np.ptp(counts) <= 1


def test_small_class_gives_all_and_chance_decides_which_other_gives_the_odd_image():
    whole = image_set([0] * 3 + [1] * 12 + [2] * 12)
    counts = {tuple(np.bincount(whole.subset(10, seed).labels).tolist()) for seed in range(30)}
    assert counts == {(3, 3, 4), (3, 4, 3)}


def test_subset_keeps_images_with_labels_in_order_and_says_where_they_come_from():
    whole = image_set([2, 0, 1] * 20)
    subset = whole.subset(25, seed=3)
    assert (np.diff(indices(subset).astype(int)) > 0).all()
    np.testing.assert_array_equal(subset.labels, whole.labels[indices(subset)])
    assert json.loads(json.dumps(subset.source)) == whole.source | {"count": 25, "subset_seed": 3}
    np.testing.assert_array_equal(indices(whole.subset(9, 5)), indices(whole.subset(9, 5)))
    assert (indices(whole.subset(9, 5)) != indices(whole.subset(9, 6))).any()
    assert set(indices(whole.subset(9, -5))) < set(indices(whole.subset(40, -5)))
    assert whole.subset(0, seed=1) is whole
    np.testing.assert_array_equal(whole.subset(60, seed=1).images, whole.images)


def test_the_last_of_each_class_are_as_many_of_each_in_their_order():
    last = image_set([0, 1, 2, 2, 1, 0, 2, 0, 1, 0]).last(6)
    assert indices(last).tolist() == [3, 4, 6, 7, 8, 9]
    assert last.labels.tolist() == [2, 1, 2, 0, 1, 0]
    assert last.source["count"] == 6
    assert last.source["subset"] == "the last of each class"


@pytest.mark.parametrize("size", [0, 4, 12])
def test_the_last_are_refused_where_classes_have_not_as_many(size):
    with pytest.raises(ValueError, match=rf"has 3 of one at least\. Received: size={size}\."):
        image_set([0, 1, 2, 2, 1, 0, 2, 0, 1, 0]).last(size)
    with pytest.raises(ValueError, match="some has 0 of one at least"):
        image_set(count=10).last(3)


def test_the_parts_stay_what_they_are():
    # A run is compared with others of its seed: another draw would be another training set.
    whole = image_set([0, 1, 2] * 4)
    assert indices(whole.subset(5, seed=7)).tolist() == [0, 2, 4, 6, 8]
    assert indices(image_set(count=12).subset(5, seed=7)).tolist() == [0, 1, 4, 6, 10]
    assert indices(whole.split(0, 4, seed=7)[1]).tolist() == [4, 6, 8, 10]


def test_subset_without_labels_is_uniform():
    whole = image_set(count=10)
    drawn = np.concatenate([indices(whole.subset(3, seed)) for seed in range(1000)])
    counts = np.bincount(drawn, minlength=10)
    assert abs(counts - 300).max() < 5 * np.sqrt(1000 * 0.3 * 0.7)


def test_num_classes_counts_classes_without_an_image_or_is_none_without_labels():
    assert image_set([0, 0]).num_classes == 3
    assert image_set(count=2).num_classes is None


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


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        *(("subset", (n, 0), rf"1 to 30 images.*size={n}\.") for n in (-1, 31, 1.5, None)),
        *(("subset", (2, seed), "seed") for seed in (2**31, 0.5)),
        *(
            ("split", (n, m, 0), f"Received: size={n}, held_out={m}")
            for n, m in ((0, 30), (25, 6), (5, 0), (-1, 5), (0, 2.5))
        ),
    ],
)
def test_refuses_a_part(method, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(image_set(count=30), method)(*arguments)


IMAGES = np.zeros([2, 4, 4, 1], np.uint8)


@pytest.mark.parametrize(
    ("images", "labels", "names", "message"),
    [
        (IMAGES.astype(np.float32), None, None, "uint8 images.*float32"),
        (IMAGES[..., 0], None, None, r"\(2, 4, 4\)"),
        (IMAGES[:0], None, None, "N at least 1"),
        (IMAGES, None, ("a",), "together"),
        (IMAGES, np.zeros(3, np.int32), ("a",), r"\(2,\).*\(3,\)"),
        (IMAGES, np.zeros(2, np.int64), ("a",), "int32.*int64"),
        (IMAGES, np.int32([0, 1]), ("a",), "from 0 to 1"),
        (IMAGES, np.int32([0, -1]), ("a",), "from -1 to 0"),
    ],
)
def test_refuses_arrays(images, labels, names, message):
    with pytest.raises(ValueError, match=message):
        ImageSet(images, labels, names, {})
