import warnings

import numpy as np
import pytest

from tfmix import metrics
from tfmix.metrics import distances

_few_images = pytest.mark.filterwarnings("ignore:FID of .* images:UserWarning")


def _normal(n, width=8, seed=0):
    return np.random.default_rng(seed).normal(size=(n, width))


REAL = _normal(500)
SHIFT = np.linspace(-1, 1, 8)


@_few_images
@pytest.mark.parametrize(
    ("real", "fake", "expected"),
    [
        (REAL, REAL, 0),
        (REAL, REAL + SHIFT, (SHIFT**2).sum()),
        (REAL, 3 * REAL, 4 * REAL.var(axis=0, ddof=1).sum() + 4 * (REAL.mean(axis=0) ** 2).sum()),
        (REAL[:, :1], REAL[:, :1] + 2, 4),
    ],
)
def test_fid_has_its_closed_form(real, fake, expected):
    found = metrics.frechet_distance(real, fake)
    assert float(found) == found.value == pytest.approx(expected, rel=1e-6, abs=1e-6)


@_few_images
def test_row_order_changes_no_number_of_fid():
    real, fake = np.round(_normal(400, 3)), np.round(1.5 * _normal(500, 3, seed=1))
    assert np.signbit(real[real == 0]).any()  # 0.0 and -0.0 are the same
    rng = np.random.default_rng(2)
    first = metrics.frechet_distance(real, fake)
    again = metrics.frechet_distance(rng.permutation(real + 0.0), rng.permutation(fake))
    for name in ("value", "extrapolated", "std_error"):
        assert getattr(again, name) == pytest.approx(getattr(first, name), rel=1e-9)


@_few_images
def test_extrapolation_takes_off_the_bias():
    distance = metrics.frechet_distance(_normal(2000, 32), _normal(2000, 32, seed=1))
    assert distance.value > 0.1  # both sets are of one distribution
    assert abs(distance.extrapolated) < 0.1 * distance.value
    assert abs(distance.extrapolated) < 3 * distance.std_error


@_few_images
def test_fid_takes_twice_as_many_rows_as_features():
    distance = metrics.frechet_distance(_normal(16), _normal(16, seed=1))
    assert np.isfinite([distance.value, distance.extrapolated, distance.std_error]).all()
    with pytest.raises(ValueError, match=r"at least 16 rows on each side. Received: 500 real, 15"):
        metrics.frechet_distance(REAL, _normal(15))


@_few_images
def test_wide_features_have_the_same_distance(monkeypatch):
    fake = 1.3 * _normal(500, seed=1)
    expected = metrics.frechet_distance(REAL, fake)
    monkeypatch.setattr(distances, "_WIDE", 7)
    monkeypatch.setattr(distances.tfgan, "frechet_distance", None)
    found = metrics.frechet_distance(REAL, fake)
    assert found.value == pytest.approx(expected.value, rel=1e-6)
    assert found.extrapolated == pytest.approx(expected.extrapolated, rel=1e-6)


def test_few_images_are_warned_of_and_ten_thousand_are_not():
    many = _normal(10_000, 2)
    with pytest.warns(UserWarning, match="FID of 100 images"):
        metrics.frechet_distance(many[:100], many)
    with warnings.catch_warnings(action="error"):
        metrics.frechet_distance(many, many)


@_few_images
def test_the_larger_distance_is_larger_by_both():
    near, far = _normal(500, seed=1) + 0.1, _normal(500, seed=2) + 0.5
    for distance in (metrics.frechet_distance, metrics.kernel_distance):
        assert distance(REAL, near).value < distance(REAL, far).value


def test_kid_of_one_distribution_is_within_its_error_of_zero():
    found = [
        metrics.kernel_distance(_normal(400, seed=seed), _normal(400, seed=100 + seed))
        for seed in range(10)
    ]
    standardized = np.abs([each.value / each.std_error for each in found])
    assert np.mean(standardized < 2) >= 0.8
    assert np.mean(standardized) < 1.5


def test_kid_permutes_rows_by_its_seed():
    real, fake = np.sort(REAL, axis=0), np.sort(_normal(500, seed=1), axis=0) + 0.3
    first, again, other = (metrics.kernel_distance(real, fake, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
    assert abs(first.value - other.value) < 2 * first.std_error


def test_kid_has_an_error_at_any_count_from_four():
    for num_real, num_fake in ((4, 4), (4, 2100), (11, 10), (1100, 19)):
        distance = metrics.kernel_distance(_normal(num_real), _normal(num_fake, seed=1))
        assert np.isfinite([distance.value, distance.std_error]).all()
    with pytest.raises(ValueError, match=r"4 rows on each side.*Received: 3 real, 500 fake"):
        metrics.kernel_distance(_normal(3), REAL)
