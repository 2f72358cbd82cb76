import itertools

import numpy as np
import pytest
import tensorflow as tf

from tfmix import data
from tfmix.pictures import to_uint8


def take(number, *arguments, **keywords):
    return list(itertools.islice(data.batches(*arguments, **keywords).as_numpy_iterator(), number))


def points(count):
    """Points that carry their own index."""
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], 2, axis=1)


def order(count, seed, num_epochs):
    """The order of the rows as the design states it."""
    shuffle = tf.random.experimental.stateless_shuffle
    return np.concatenate(
        [shuffle(tf.range(count), seed=[seed, epoch], alg="philox") for epoch in range(num_epochs)]
    )


@pytest.mark.parametrize("batch_size", [1, 3, 10, 23])
def test_order_is_epochs_joined_end_to_end(batch_size):
    rows = np.concatenate(take(40 // batch_size, points(10), batch_size, seed=4))[:, 0]
    np.testing.assert_array_equal(rows, order(10, 4, 4)[: len(rows)])


@pytest.mark.parametrize(("batch_size", "start_step"), [(3, 1), (3, 4), (5, 4), (5, 5), (23, 3)])
def test_starts_at_any_step(batch_size, start_step):
    whole = take(start_step + 6, points(10), batch_size, seed=1)
    late = take(6, points(10), batch_size, seed=1, start_step=start_step)
    np.testing.assert_array_equal(late, whole[start_step:])


def test_starts_late_without_the_work_before():
    (first,) = take(1, points(10), 10, seed=0, start_step=2_000_000_000)  # else it takes hours
    assert sorted(first[:, 0]) == list(range(10))


def test_an_epoch_of_more_than_its_rows_goes_round():
    (batch,) = take(1, points(4), 12, seed=0)
    np.testing.assert_array_equal(np.bincount(batch[:, 0].astype(int)), [3, 3, 3, 3])


def test_seeds_give_orders_of_their_own():
    first, second = (np.concatenate(take(3, points(50), 50, seed=seed)) for seed in (0, 1))
    assert (first != second).any()


def test_negative_seed_is_a_seed():
    rows = np.concatenate(take(2, points(10), 10, seed=-3))[:, 0]
    np.testing.assert_array_equal(rows, order(10, -3, 2))


def test_uint8_becomes_float_from_minus_one_to_one():
    images = np.arange(256, dtype=np.uint8).reshape(64, 2, 2, 1)
    (batch,) = take(1, images, 64, seed=0)
    expected = images.astype(np.float32) / 127.5 - 1
    np.testing.assert_array_equal(np.sort(batch.ravel()), expected.ravel())


def test_from_uint8_has_a_way_back():
    values = np.arange(256, dtype=np.uint8)
    scaled = data.from_uint8(values).numpy()
    assert (scaled.min(), scaled.max()) == (-1, 1)
    np.testing.assert_array_equal(to_uint8(scaled), values)


def test_shapes_are_static():
    images = np.zeros([7, 4, 4, 3], np.uint8)
    assert data.batches(images, 3, seed=0).element_spec == tf.TensorSpec([3, 4, 4, 3])


def test_labels_stay_with_their_rows():
    for rows, labels in take(5, (points(10), np.arange(10)), 3, seed=0):
        np.testing.assert_array_equal(rows[:, 0], labels)
        assert labels.dtype == np.int32


def test_takes_a_labelled_image_set():
    images = data.load("digits").subset(20, seed=0)
    (batch, labels), *_ = take(1, images, 20, seed=0)
    rows = order(20, 0, 1)
    np.testing.assert_array_equal(batch, data.from_uint8(images.images[rows]))
    np.testing.assert_array_equal(labels, images.labels[rows])


def test_image_set_without_labels_gives_images_alone():
    images = data.ImageSet(np.zeros([5, 2, 2, 1], np.uint8), None, None, {})
    assert data.batches(images, 2, seed=0).element_spec == tf.TensorSpec([2, 2, 2, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2.0}, r"batch_size=2\.0"),
        ({"start_step": -1}, "start_step=-1"),
        ({"start_step": None}, "start_step=None"),
        ({"seed": 2**31}, "seed=2147483648"),
    ],
)
def test_refuses_number(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.batches(points(4), **({"batch_size": 2, "seed": 0} | arguments))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros([3, 2]), "float64"),
        (np.zeros([3, 2], np.int32), "int32"),
        (np.zeros(3, np.float32), r"\(3,\)"),
        (np.zeros([0, 2], np.float32), r"\(0, 2\)"),
        (np.float32([[0, np.nan], [np.inf, 1]]), "2 that are NaN or infinite"),
        ((np.zeros([3, 2], np.float32), np.zeros(2, np.int32)), r"shape \(3,\).*\(2,\)"),
        ((np.zeros([3, 2], np.float32), np.zeros(3)), "integer labels.*float64"),
    ],
)
def test_refuses_arrays(values, message):
    with pytest.raises(ValueError, match=message):
        data.batches(values, 2, seed=0)
