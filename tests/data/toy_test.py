import json

import numpy as np
import pytest

from tfmix import data
from tfmix.data import toy

MANY, FEW = {"train": 50_000, "test": 10_000}, {"train": 400, "test": 400}
SETS = {  # the number of modes, their std, and how many points each split has
    "ring": (8, 0.01, MANY),
    "grid": (25, 0.05, MANY),
    "grid_unequal": (25, 0.05, MANY),
    "blobs": (3, 0.15, MANY),
    "unimodal": (1, 0.3, FEW),
    "bimodal": (2, 0.15, FEW),
}


@pytest.fixture(scope="module", params=[(n, s) for n in SETS for s in ("train", "test")], ids=str)
def points(request):
    """Each set and split in turn."""
    return data.load(*request.param)


@pytest.fixture(scope="module")
def blobs():
    return data.load("blobs")


def test_every_set_has_the_stated_shape(points):
    name, split = points.source["name"], points.source["split"]
    modes, std, counts = SETS[name]
    assert (points.points.shape, points.points.dtype) == ((counts[split], 2), np.float32)
    assert points.centers.shape == (modes, 2)
    assert points.num_classes == len(points.class_names) == modes
    assert points.std == std
    source = {"name": name, "version": None, "split": split, "count": counts[split]}
    assert json.loads(json.dumps(points.source)) == source


def test_points_are_normal_around_their_modes(points):
    noise = (points.points - points.centers[points.labels]) / points.std
    count = len(noise)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=5 / np.sqrt(count))
    np.testing.assert_allclose(np.cov(noise.T), np.eye(2), atol=7 / np.sqrt(count))
    inside = np.mean((noise**2).sum(axis=1) < 9)  # of a round Gaussian, 1 - exp(-9/2)
    assert inside == pytest.approx(1 - np.exp(-4.5), abs=5 * np.sqrt(0.011 / count))


def test_modes_come_as_often_as_their_weights_say(points):
    count = len(points.labels)
    found = np.bincount(points.labels, minlength=points.num_classes) / count
    error = np.sqrt(points.weights * (1 - points.weights) / count)
    assert (np.abs(found - points.weights) <= 5 * error).all()


def test_each_set_and_split_has_points_of_its_own_and_the_same_ones_each_time(blobs):
    first = [data.load(name, split).points[0] for name in toy.NAMES for split in ("train", "test")]
    assert len({tuple(point) for point in first}) == 12
    np.testing.assert_array_equal(data.load("blobs").points, blobs.points)
    # Other draws would be other sets under the same names.
    assert list(SETS) == list(toy.NAMES)
    expected = [[0.6823735, -0.7061109], [-0.8487960, -0.6528320]]
    np.testing.assert_allclose(first[0::10], expected, atol=1e-6)
    data.load("unimodal").centers[:] = 7  # which does not reach the next
    assert data.load("unimodal").centers.max() <= 1


def test_modes_of_ring_and_blobs_lie_on_the_unit_circle(blobs):
    centers = data.load("ring", "test").centers
    np.testing.assert_allclose(np.linalg.norm(centers, axis=1), 1)
    steps = np.linalg.norm(centers - np.roll(centers, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, 2 * np.sin(np.pi / 8))
    side = np.sqrt(3) / 2
    np.testing.assert_allclose(blobs.centers, [[0, 1], [-side, -0.5], [side, -0.5]], atol=1e-12)
    assert blobs.weights.tolist() == [0.7, 0.2, 0.1]


def test_grids_have_every_place_once_and_unequal_weights_that_tell_nothing_of_it():
    grids = [data.load(name, "test") for name in ("grid", "grid_unequal")]
    places = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert [set(map(tuple, grid.centers.tolist())) for grid in grids] == [places, places]
    weights = grids[1].weights
    ranked = np.sort(weights)
    assert weights.sum() == pytest.approx(1)
    assert ranked[-1] / ranked[0] == pytest.approx(10)
    np.testing.assert_allclose(np.diff(ranked), ranked[0] * 9 / 24)
    i, j = np.divmod(np.arange(25), 5)
    for lines in (i, j, (i + j) % 5, (i - j) % 5):
        np.testing.assert_allclose(np.bincount(lines, weights), 1 / 5)


def test_bimodal_has_exactly_half_of_each_in_random_order():
    for points in (data.load("bimodal", split) for split in ("train", "test")):
        assert points.centers.tolist() == [[0.6, 0.6], [-0.6, -0.6]]
        assert np.bincount(points.labels).tolist() == [200, 200]
        assert 30 < points.labels[:100].sum() < 70


def test_load_refuses():
    for name, arguments, message in (
        ("ring", {"split": "valid"}, "ring has the splits train, test.*'valid'"),
        ("grid", {"image_size": 8}, "grid contains points in the plane.*image_size=8"),
        ("grid", {"channels": 1}, "grid contains points in the plane.*channels=1"),
    ):
        with pytest.raises(ValueError, match=message):
            data.load(name, **arguments)


def test_subset_keeps_points_with_their_modes_in_order_and_is_not_balanced(blobs):
    part = blobs.subset(5_000, seed=3)
    rows = np.flatnonzero(np.isin(blobs.points[:, 0], part.points[:, 0]))
    rows = rows[np.isin(blobs.points[rows, 1], part.points[:, 1])]
    np.testing.assert_array_equal(part.points, blobs.points[rows])
    np.testing.assert_array_equal(part.labels, blobs.labels[rows])
    np.testing.assert_array_equal(part.weights, blobs.weights)
    assert part.source == blobs.source | {"count": 5_000, "subset_seed": 3}
    np.testing.assert_allclose(np.bincount(part.labels) / 5_000, [0.7, 0.2, 0.1], atol=0.03)
    less = {tuple(point) for point in blobs.subset(10, seed=3).points}
    assert less < {tuple(point) for point in part.points}


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
def test_refuses_fields(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)
    with pytest.raises(ValueError, match=r"subset of some has 1 to 4 points.*Received: size=5\."):
        small().subset(5, seed=0)
