import json

import numpy as np
import pytest
import tensorflow as tf

from tfmix import data
from tfmix.data import toy

COUNTS = {
    "ring": (50_000, 10_000),
    "grid": (50_000, 10_000),
    "grid_unequal": (50_000, 10_000),
    "blobs": (50_000, 10_000),
    "unimodal": (400, 400),
    "bimodal": (400, 400),
}
MODES = {"ring": 8, "grid": 25, "grid_unequal": 25, "blobs": 3, "unimodal": 1, "bimodal": 2}
STDS = {
    "ring": 0.01,
    "grid": 0.05,
    "grid_unequal": 0.05,
    "blobs": 0.15,
    "unimodal": 0.3,
    "bimodal": 0.15,
}


def small(**changes):
    """Four points of two modes."""
    fields = {
        "points": np.arange(8, dtype=np.float32).reshape(4, 2),
        "labels": np.array([0, 1, 1, 0], np.int32),
        "class_names": ("a", "b"),
        "centers": np.zeros([2, 2]),
        "std": 0.1,
        "weights": np.array([0.25, 0.75]),
        "source": {"name": "some", "version": None, "split": "train", "count": 4},
    }
    return data.PointSet(**(fields | changes))


def test_the_names():
    assert set(COUNTS) == set(toy.NAMES)


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("split", ["train", "test"])
class TestEverySet:
    def test_shapes(self, name, split):
        points = data.load(name, split)
        count, modes = COUNTS[name][split == "test"], MODES[name]
        assert (points.points.shape, points.points.dtype) == ((count, 2), np.float32)
        assert points.centers.shape == (modes, 2)
        assert points.num_classes == len(points.class_names) == modes
        assert points.std == STDS[name]
        source = {"name": name, "version": None, "split": split, "count": count}
        assert json.loads(json.dumps(points.source)) == source

    def test_points_are_normal_around_their_modes(self, name, split):
        points = data.load(name, split)
        noise = (points.points - points.centers[points.labels]) / points.std
        count = len(noise)
        np.testing.assert_allclose(noise.mean(axis=0), 0, atol=5 / np.sqrt(count))
        np.testing.assert_allclose(np.cov(noise.T), np.eye(2), atol=7 / np.sqrt(count))
        inside = np.mean((noise**2).sum(axis=1) < 9)  # of a round Gaussian, 1 - exp(-9/2)
        assert inside == pytest.approx(1 - np.exp(-4.5), abs=5 * np.sqrt(0.011 / count))

    def test_modes_come_as_often_as_their_weights_say(self, name, split):
        points = data.load(name, split)
        count = len(points.labels)
        found = np.bincount(points.labels, minlength=MODES[name]) / count
        error = np.sqrt(points.weights * (1 - points.weights) / count)
        assert (np.abs(found - points.weights) <= 5 * error).all()


@pytest.mark.parametrize("name", COUNTS)
def test_splits_have_points_of_their_own_and_the_same_ones_each_time(name):
    first, again, test = data.load(name), data.load(name), data.load(name, "test")
    np.testing.assert_array_equal(first.points, again.points)
    assert (first.points[:100] != test.points[:100]).all()


def test_what_is_done_to_one_load_does_not_reach_the_next():
    data.load("blobs").centers[:] = 7
    assert data.load("blobs").centers.max() <= 1


def test_sets_have_points_of_their_own():
    grid, unequal = data.load("grid"), data.load("grid_unequal")
    assert (grid.points[:100] != unequal.points[:100]).all()


def test_the_points_stay_what_they_are():
    # Other draws would be other sets under the same names.
    first = [data.load(name).points[0] for name in ("ring", "bimodal")]
    expected = [[0.6823735, -0.7061109], [-0.8487960, -0.6528320]]
    np.testing.assert_allclose(first, expected, atol=1e-6)


def test_the_order_is_random():
    labels = data.load("bimodal").labels
    assert 30 < labels[:100].sum() < 70


def test_ring_lies_on_the_unit_circle():
    centers = data.load("ring").centers
    np.testing.assert_allclose(np.linalg.norm(centers, axis=1), 1)
    steps = np.linalg.norm(centers - np.roll(centers, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, 2 * np.sin(np.pi / 8))


def test_grid_has_every_place_once():
    places = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    for name in ("grid", "grid_unequal"):
        assert {tuple(center) for center in data.load(name).centers.tolist()} == places


def test_unequal_weights_rise_evenly_to_the_tenfold():
    weights = np.sort(data.load("grid_unequal").weights)
    assert weights.sum() == pytest.approx(1)
    assert weights[-1] / weights[0] == pytest.approx(10)
    np.testing.assert_allclose(np.diff(weights), weights[0] * 9 / 24)


def test_unequal_weights_tell_nothing_of_the_place():
    points = data.load("grid_unequal")
    square = points.weights.reshape(5, 5)
    i, j = np.divmod(np.arange(25), 5)
    for lines in (i, j, (i + j) % 5, (i - j) % 5):
        sums = np.bincount(lines, square.ravel())
        np.testing.assert_allclose(sums, 1 / 5)


def test_blobs_are_those_of_the_benchmark():
    blobs = data.load("blobs")
    assert blobs.weights.tolist() == [0.7, 0.2, 0.1]
    side = np.sqrt(3) / 2
    np.testing.assert_allclose(blobs.centers, [[0, 1], [-side, -0.5], [side, -0.5]], atol=1e-12)


@pytest.mark.parametrize("split", ["train", "test"])
def test_bimodal_has_exactly_half_of_each(split):
    points = data.load("bimodal", split)
    assert points.centers.tolist() == [[0.6, 0.6], [-0.6, -0.6]]
    assert np.bincount(points.labels).tolist() == [200, 200]


def test_refuses_split():
    with pytest.raises(ValueError, match=r"ring has the splits train, test.*'valid'"):
        data.load("ring", "valid")


@pytest.mark.parametrize("argument", [{"image_size": 8}, {"channels": 1}])
def test_refuses_to_make_images(argument):
    [(name, value)] = argument.items()
    with pytest.raises(ValueError, match=f"grid holds points in the plane.*{name}={value}"):
        data.load("grid", **argument)


def test_an_unknown_name_is_told_the_toy_sets():
    with pytest.raises(ValueError, match=r"grid_unequal.*Received: dataset='no such set'"):
        data.load("no such set")


def test_subset_keeps_points_with_their_modes_in_order():
    whole = data.load("blobs")
    part = whole.subset(500, seed=3)
    rows = np.flatnonzero(np.isin(whole.points[:, 0], part.points[:, 0]))
    rows = rows[np.isin(whole.points[rows, 1], part.points[:, 1])]
    np.testing.assert_array_equal(part.points, whole.points[rows])
    np.testing.assert_array_equal(part.labels, whole.labels[rows])
    np.testing.assert_array_equal(part.weights, whole.weights)
    assert part.source == whole.source | {"count": 500, "subset_seed": 3}


def test_subset_is_not_balanced():
    labels = data.load("blobs").subset(5_000, seed=0).labels
    np.testing.assert_allclose(np.bincount(labels) / 5_000, [0.7, 0.2, 0.1], atol=0.03)


def test_larger_subset_holds_the_smaller():
    whole = data.load("unimodal")
    less, more = (set(map(tuple, whole.subset(size, 1).points)) for size in (10, 40))
    assert less < more
    assert whole.subset(0, seed=1) is whole


def test_subset_refuses_size():
    with pytest.raises(ValueError, match=r"subset of some has 1 to 4 points.*Received: size=5\."):
        small().subset(5, seed=0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": np.zeros([4, 2])}, "float32 points.*float64"),
        ({"points": np.zeros([4, 3], np.float32)}, r"\(4, 3\)"),
        ({"points": np.zeros(4, np.float32)}, r"\(4,\)"),
        ({"points": np.zeros([0, 2], np.float32)}, "N at least 1"),
        ({"points": np.float32([[0, np.nan]] * 4)}, "4 coordinates that are NaN"),
        ({"labels": np.zeros(3, np.int32)}, r"4 points take int32 labels.*\(3,\)"),
        ({"labels": np.zeros(4, np.int64)}, "int32.*int64"),
        ({"labels": np.full(4, 2, np.int32)}, "from 2 to 2"),
        ({"centers": np.zeros([3, 2])}, r"centers.*\(2, 2\).*\(3, 2\)"),
        ({"centers": np.full([2, 2], np.inf)}, "4 not finite"),
        ({"weights": np.ones(3) / 3}, r"weights.*\(3,\)"),
        ({"weights": np.array([0.5, 0.4])}, r"sum to 1.*\[0\.5, 0\.4\]"),
        ({"weights": np.array([1.0, 0.0])}, r"above 0.*\[1\.0, 0\.0\]"),
        ({"std": 0.0}, r"std=0\.0"),
        ({"std": np.inf}, "std=inf"),
    ],
)
def test_refuses_arrays(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_values_are_what_batches_are_cut_from():
    points, digits = data.load("ring", "test"), data.load("digits", "test")
    assert points.values is points.points
    assert digits.values is digits.images


def test_batches_of_points():
    points = data.load("blobs").subset(20, seed=0)
    pipeline = data.batches(points, 20, seed=5)
    assert pipeline.element_spec == (tf.TensorSpec([20, 2]), tf.TensorSpec([20], tf.int32))
    batch, labels = next(pipeline.as_numpy_iterator())
    shuffle = tf.random.experimental.stateless_shuffle
    rows = shuffle(tf.range(20), seed=[5, 0], alg="philox").numpy()
    np.testing.assert_array_equal(batch, points.points[rows])
    np.testing.assert_array_equal(labels, points.labels[rows])
