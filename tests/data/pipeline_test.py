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


@pytest.mark.parametrize(
    ("batch_size", "seed", "start_step"),
    [
        *((1, 4, 0), (3, 4, 0), (10, -3, 0), (23, 4, 0)),
        *((3, 1, 1), (3, 1, 4), (5, 1, 4), (5, 1, 5), (23, 1, 3)),
    ],
)
def test_order_is_epochs_joined_end_to_end_from_any_step(batch_size, seed, start_step):
    count = 2 + 20 // batch_size
    found = take(count, points(10), batch_size, seed, start_step=start_step)
    rows = order(10, seed, 12)[start_step * batch_size :][: count * batch_size]
    np.testing.assert_array_equal(np.concatenate(found)[:, 0], rows)


def test_starts_late_without_the_work_before():
    (first,) = take(1, points(10), 10, seed=0, start_step=2_000_000_000)  # else it takes hours
    assert sorted(first[:, 0]) == list(range(10))


def test_uint8_becomes_float_from_minus_one_to_one_and_has_a_way_back():
    values = np.arange(256, dtype=np.uint8)
    scaled = data.from_uint8(values).numpy()
    np.testing.assert_array_equal(scaled, values.astype(np.float32) / 127.5 - 1)
    assert (scaled.min(), scaled.max()) == (-1, 1)
    np.testing.assert_array_equal(to_uint8(scaled), values)


DIGITS = data.load("digits").subset(20, seed=0)
BLOBS = data.load("blobs", "test").subset(20, seed=0)


@pytest.mark.parametrize(
    ("given", "values", "labels"),
    [
        (DIGITS, DIGITS.images / np.float32(127.5) - 1, DIGITS.labels),
        (BLOBS, BLOBS.points, BLOBS.labels),
        ((points(20), np.arange(20)), points(20), np.arange(20)),
        (np.zeros([20, 4, 4, 3], np.uint8), np.full([20, 4, 4, 3], -1, np.float32), None),
        (
            data.ImageSet(np.zeros([20, 2, 2, 1], np.uint8), None, None, {}),
            *(np.full([20, 2, 2, 1], -1, np.float32), None),
        ),
    ],
    ids=["images", "points", "arrays", "array", "images without labels"],
)
def test_rows_come_with_their_labels_where_they_have_them_in_static_shapes(given, values, labels):
    rows = order(20, 5, 1)
    batches = data.batches(given, 20, seed=5)
    spec = tf.TensorSpec([20, *values.shape[1:]])
    batch = next(batches.as_numpy_iterator())
    if labels is not None:
        batch, found = batch
        np.testing.assert_array_equal(found, labels[rows])
        spec = (spec, tf.TensorSpec([20], tf.int32))
    np.testing.assert_array_equal(batch, values[rows])
    assert batches.element_spec == spec


ROWS = np.zeros([3, 2], np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": 2.0}, r"batch_size=2\.0"),
        ({"start_step": -1}, "start_step=-1"),
        ({"start_step": None}, "start_step=None"),
        ({"seed": 2**31}, "seed=2147483648"),
        ({"data": np.zeros([3, 2])}, "float64"),
        ({"data": np.zeros([3, 2], np.int32)}, "int32"),
        ({"data": ROWS[0]}, r"\(2,\)"),
        ({"data": ROWS[:0]}, r"\(0, 2\)"),
        ({"data": np.float32([[0, np.nan], [np.inf, 1]])}, "2 that are NaN or infinite"),
        ({"data": (ROWS, np.zeros(2, np.int32))}, r"shape \(3,\).*\(2,\)"),
        ({"data": (ROWS, np.zeros(3))}, "integer labels.*float64"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.batches(**({"data": ROWS, "batch_size": 2, "seed": 0} | arguments))


def test_no_thread_tunes_what_would_be_waited_for():
    """It sleeps twice as long each time, and `fit` ends when it wakes."""
    images = np.zeros([8, 2, 2, 1], np.uint8)
    assert data.batches(images, 4, seed=0).options().autotune.enabled is False
