import warnings

import numpy as np
import pytest

from tfmix import metrics
from tfmix.metrics import distances

_few_images = pytest.mark.filterwarnings("ignore:FID of .* images:UserWarning")


def _normal(n, width=8, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width))


@_few_images
def test_a_shift_of_the_mean_has_its_closed_form():
    real = _normal(500)
    shift = np.linspace(-1, 1, 8)
    assert float(metrics.frechet_distance(real, real + shift)) == pytest.approx(
        (shift**2).sum(), rel=1e-6
    )


@_few_images
def test_a_change_of_scale_has_its_closed_form():
    real = _normal(500)
    expected = 4 * real.var(axis=0, ddof=1).sum() + 4 * (real.mean(axis=0) ** 2).sum()
    assert float(metrics.frechet_distance(real, 3 * real)) == pytest.approx(expected, rel=1e-6)


@_few_images
def test_a_set_is_at_no_distance_from_itself():
    real = _normal(500)
    assert metrics.frechet_distance(real, real).value == pytest.approx(0, abs=1e-6)


@_few_images
def test_row_order_changes_no_number_of_fid():
    real, fake = _normal(400), 1.2 * _normal(500, seed=1)
    rng = np.random.default_rng(2)
    first = metrics.frechet_distance(real, fake)
    again = metrics.frechet_distance(rng.permutation(real), rng.permutation(fake))
    assert again.value == pytest.approx(first.value, rel=1e-9)
    assert again.extrapolated == pytest.approx(first.extrapolated, rel=1e-9)
    assert again.std_error == pytest.approx(first.std_error, rel=1e-9)


@_few_images
def test_extrapolation_takes_off_the_bias():
    distance = metrics.frechet_distance(_normal(2000, 32), _normal(2000, 32, seed=1))
    assert distance.value > 0.1  # both sets are of one distribution
    assert abs(distance.extrapolated) < 0.1 * distance.value
    assert abs(distance.extrapolated) < 3 * distance.std_error


@_few_images
def test_twice_as_many_rows_as_features_are_enough():
    distance = metrics.frechet_distance(_normal(16), _normal(16, seed=1))
    assert np.isfinite([distance.value, distance.extrapolated, distance.std_error]).all()


@_few_images
def test_wide_features_have_the_same_distance(monkeypatch):
    real, fake = _normal(500), 1.3 * _normal(500, seed=1)
    expected = metrics.frechet_distance(real, fake)
    monkeypatch.setattr(distances, "_WIDE", 7)
    monkeypatch.setattr(distances.tfgan, "frechet_distance", None)
    found = metrics.frechet_distance(real, fake)
    assert found.value == pytest.approx(expected.value, rel=1e-6)
    assert found.extrapolated == pytest.approx(expected.extrapolated, rel=1e-6)


@_few_images
def test_one_feature_is_enough():
    real = _normal(500, 1)
    assert float(metrics.frechet_distance(real, real + 2)) == pytest.approx(4, rel=1e-6)


def test_fewer_rows_than_twice_the_features_are_refused():
    with pytest.raises(ValueError, match=r"at least 16 rows on each side. Received: 500 real, 15"):
        metrics.frechet_distance(_normal(500), _normal(15))


def test_few_images_are_warned_of():
    with pytest.warns(UserWarning, match="FID of 100 images"):
        metrics.frechet_distance(_normal(100), _normal(10_000))


def test_ten_thousand_images_are_not_warned_of():
    with warnings.catch_warnings(action="error"):
        metrics.frechet_distance(_normal(10_000, 2), _normal(10_000, 2, seed=1))


@_few_images
def test_the_larger_distance_is_larger_by_both():
    real, near, far = _normal(600), _normal(600, seed=1) + 0.1, _normal(600, seed=2) + 0.5
    for distance in (metrics.frechet_distance, metrics.kernel_distance):
        assert distance(real, near).value < distance(real, far).value


def test_kid_of_one_distribution_is_within_its_error_of_zero():
    distances = [
        metrics.kernel_distance(_normal(1000, seed=seed), _normal(1000, seed=100 + seed))
        for seed in range(10)
    ]
    standardized = [distance.value / distance.std_error for distance in distances]
    assert np.mean(np.abs(standardized) < 2) >= 0.8
    assert np.mean(np.abs(standardized)) < 1.5


def test_kid_permutes_rows_by_its_seed():
    real, fake = np.sort(_normal(500), axis=0), np.sort(_normal(500, seed=1), axis=0) + 0.3
    first, again, other = (metrics.kernel_distance(real, fake, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert abs(first.value - other.value) < 2 * first.std_error


@pytest.mark.parametrize(("num_real", "num_fake"), [(4, 4), (4, 5000), (11, 10), (3000, 19)])
def test_kid_has_an_error_at_any_count(num_real, num_fake):
    distance = metrics.kernel_distance(_normal(num_real), _normal(num_fake, seed=1))
    assert np.isfinite([distance.value, distance.std_error]).all()


def test_kid_of_three_rows_is_refused():
    with pytest.raises(ValueError, match=r"4 rows on each side.*Received: 3 real, 500 fake"):
        metrics.kernel_distance(_normal(3), _normal(500))


@pytest.mark.parametrize("distance", [metrics.frechet_distance, metrics.kernel_distance])
@pytest.mark.parametrize(
    ("fake", "message"),
    [
        (_normal(500, 9), r"equally wide. Received: shapes \[500, 8\] and \[500, 9\]"),
        (np.zeros([500, 8], np.uint8), "`fake` takes floats. Received: uint8"),
        (np.zeros([0, 8]), r"`fake` takes \[N, width\].*shape \[0, 8\]"),
        (np.zeros([1, 8]), r"N at least 2. Received: shape \[1, 8\]"),
        (np.zeros([500, 2, 4]), r"Received: shape \[500, 2, 4\]"),
        (np.zeros([500, 0]), r"Received: shape \[500, 0\]"),
        (np.where(np.arange(8) == 3, np.nan, _normal(500)), "Received: nan at row 0, column 3"),
        (np.where(np.arange(8) == 5, -np.inf, _normal(500)), r"-inf at row 0, column 5 \(500 not"),
    ],
)
def test_what_are_no_features_is_refused_in_one_line(distance, fake, message):
    with pytest.raises(ValueError, match=message) as error:
        distance(_normal(500), fake)
    assert "\n" not in str(error.value)


def test_sorting_rows_forgets_their_order():
    rows = np.random.default_rng(0).integers(-2, 2, (200, 3)).astype(float)  # with duplicates
    shuffled = np.random.default_rng(1).permutation(rows)
    shuffled[shuffled == 0] = -0.0
    np.testing.assert_array_equal(distances._sorted_rows(rows), distances._sorted_rows(shuffled))
