import numpy as np
import pytest
from scipy import optimize, stats

from tfmix import metrics
from tfmix.metrics import fld


def normal(count, seed, width=16):
    return np.random.default_rng(seed).normal(size=[count, width])


def test_the_gap_of_a_tiny_case_is_that_of_fitted_densities(monkeypatch):
    """The fit is that of a general optimiser, and the densities are SciPy's."""
    monkeypatch.setattr(fld, "_STEPS", 3_000)
    train, fake = np.array([-2.0, -1.5, 0.1, 1.0, 2.5]), np.array([-1.7, 0.4])
    real = np.array([-1.0, -1.0, 1.0, 1.0])  # of mean 0 and variance 1: nothing is standardised

    def likelihoods(x, log_stds, background):
        each = stats.norm(fake, np.exp(log_stds)).pdf(x[:, None]).mean(axis=1)
        return each + stats.norm(train.mean(), np.exp(background)).pdf(x)

    nearest = np.log([0.2, 0.3, train.std()])  # where the fit begins
    found = optimize.minimize(
        lambda at: -np.log(likelihoods(train, at[:2], at[2])).sum(), nearest, tol=1e-9
    )
    means = [
        np.log(stats.norm(fake, np.exp(found.x[:2])).pdf(x[:, None]).mean(axis=1)).mean()
        for x in (train, real)
    ]
    gap = metrics.fld_gap(train[:, None], real[:, None], fake[:, None])
    assert gap == pytest.approx(100 * (means[1] - means[0]), rel=1e-4)


def test_copies_open_the_gap_and_new_images_do_not():
    train, real = normal(200, 0), normal(300, 1)
    new = metrics.fld_gap(train, real, normal(300, 2))
    some = metrics.fld_gap(train, real, np.concatenate([train[:30], normal(270, 2)]))
    near = metrics.fld_gap(train, real, np.concatenate([train, train]) + 0.05 * normal(400, 3))
    assert near < 20 * some < 100 * new < 0 < 10 + new
    # Copies of images that it is not trained on open none.
    assert metrics.fld_gap(train, real, real[:200]) > some


def test_neither_order_nor_units_nor_constant_features_change_the_gap():
    train, real, fake = normal(60, 0), normal(50, 1), normal(40, 2)
    found = metrics.fld_gap(train, real, fake)
    assert metrics.fld_gap(train[::-1], real[::-1], fake[::-1]) == pytest.approx(found, rel=1e-9)
    scaled = [np.insert(3 * rows + 5, 4, 7.0, axis=1) for rows in (train, real, fake)]
    assert metrics.fld_gap(*scaled) == pytest.approx(found, rel=1e-9)


def test_images_that_are_all_the_same_are_refused():
    with pytest.raises(ValueError, match="`real` needs images that differ"):
        metrics.fld_gap(normal(9, 0), np.ones([9, 16]), normal(9, 1))
