import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

from tfmix import metrics
from tfmix.metrics import _neighbours


def normal(count, width=6, seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=(count, width))


def radii(rows, k):
    return np.sort(cdist(rows, rows), axis=1)[:, k]


def test_the_four_numbers_have_their_definitions():
    real, fake = normal(60), normal(50, seed=1, scale=0.8)
    between = cdist(real, fake)
    found = metrics.precision_recall(real, fake, k=3)
    assert found.precision == (between <= radii(real, 3)[:, None]).any(axis=0).mean()
    assert found.recall == (between <= radii(fake, 3)[None]).any(axis=1).mean()
    assert 0 < found.recall < found.precision < 1
    inside = between <= radii(real, 5)[:, None]
    found = metrics.density_coverage(real, fake, k=5)
    assert found.density == pytest.approx(inside.sum(axis=0).mean() / 5, rel=1e-12)
    assert found.coverage == inside.any(axis=1).mean()


def test_clipped_numbers_have_their_definitions():
    real, fake, k = normal(60), normal(50, seed=1, scale=1.5), 5
    clipped = np.minimum(radii(real, k), np.median(radii(real, k)))
    of_fake = (cdist(real, fake) <= clipped[:, None]).sum(axis=0)
    of_real = (cdist(real, real) <= clipped[:, None]).sum(axis=0) - 1
    found = metrics.density_coverage(real, fake, k)
    expected = np.minimum(of_fake, k).mean() / np.minimum(of_real, k).mean()
    assert found.clipped_density == pytest.approx(expected, rel=1e-12)
    assert found.clipped_density < 0.8
    # The share of images that, of 50, reach this many by chance: a beta-binomial of each number.
    reached = np.minimum((cdist(real, fake) <= radii(real, k)[:, None]).sum(axis=1), k).mean()
    means = [
        stats.betabinom(m, k, 60 - k).expect(lambda n: np.minimum(n, k)) if m else 0
        for m in range(51)
    ]
    below = np.searchsorted(means, reached) - 1
    assert below / 50 < found.clipped_coverage < (below + 1) / 50


def test_clipped_numbers_are_the_share_of_images_of_the_real_distribution():
    real = normal(1_000)
    for share in (1.0, 0.5, 0.1):
        fake = normal(2_000, seed=1)
        fake[round(share * 2_000) :] += 1e4
        found = metrics.density_coverage(real, fake)
        assert found.clipped_density == pytest.approx(share, abs=0.03)
        assert found.clipped_coverage == pytest.approx(share, abs=0.05)
    crowded = metrics.density_coverage(real, normal(2_000, seed=1, scale=0.1))
    assert crowded.density > 1.5 > 1 == crowded.clipped_density
    assert crowded.clipped_coverage < 0.2


def test_a_real_outlier_raises_no_clipped_density():
    outliers = 60 + normal(6, seed=2, scale=20)
    noise = 60 + normal(200, seed=1, scale=20)
    found = metrics.density_coverage(np.concatenate([normal(300), outliers]), noise)
    assert found.density > 0.05 > 0 == found.clipped_density


def test_a_set_lies_on_its_own_manifold():
    rows = normal(50) + 1000  # far from 0, where squared norms round
    assert vars(metrics.precision_recall(rows, rows)) == {"precision": 1, "recall": 1}
    found = metrics.density_coverage(rows, rows, k=5)
    assert found.density == pytest.approx(6 / 5)  # each ball holds its centre and k others
    assert found.coverage == found.clipped_density == found.clipped_coverage == 1


def test_the_real_distribution_has_the_coverage_of_its_closed_form():
    """Of the k nearest to a real image, among N - 1 real and M generated ones, all are real."""
    count = np.arange(1, 6)
    expected = 1 - np.prod((200 - count) / (300 - count))
    found = [
        metrics.density_coverage(normal(200, seed=seed), normal(100, seed=1000 + seed))
        for seed in range(100)
    ]
    assert np.mean([each.coverage for each in found]) == pytest.approx(expected, abs=0.01)
    assert np.mean([each.density for each in found]) == pytest.approx(1, abs=0.03)


def test_collapse_is_precise_and_covers_nothing():
    real = np.concatenate([normal(50, seed=mode) + 50 * mode for mode in range(4)])
    fake = normal(200, scale=0.3)
    assert metrics.precision_recall(real, fake).precision > 0.95
    assert metrics.precision_recall(real, fake).recall < 0.25
    assert metrics.density_coverage(real, fake).coverage <= 0.25


def test_neither_noise_nor_one_outlier_counts():
    real, noise = normal(100), normal(100, seed=1, scale=50)
    assert metrics.precision_recall(real, noise).precision == 0
    assert metrics.density_coverage(real, noise).density == 0
    outlying = np.concatenate([np.full([10, 6], 100.0), [np.full(6, -100.0)]])
    assert metrics.density_coverage(real, outlying).coverage == 0


@pytest.mark.parametrize("measure", [metrics.precision_recall, metrics.density_coverage])
def test_neither_order_nor_chunks_change_a_number(measure, monkeypatch):
    real, fake = normal(300), normal(200, seed=1)
    fake[:50] = real[:50]  # ties: copies lie on the balls of the copied ones' neighbours
    whole = measure(real, fake)
    monkeypatch.setattr(_neighbours, "_MIB", 0.01)
    assert measure(real, fake) == whole
    rng = np.random.default_rng(2)
    assert measure(rng.permutation(real), rng.permutation(fake)) == whole


def test_refuses_k_and_fewer_rows_than_neighbours():
    for measure in (metrics.precision_recall, metrics.density_coverage):
        for k in (0, 1.5):
            with pytest.raises(ValueError, match="k is an integer of at least 1"):
                measure(normal(10), normal(10), k=k)
    with pytest.raises(ValueError, match=r"more than k = 3 rows on each side. .*4 real, 3 fake"):
        metrics.precision_recall(normal(4), normal(3))
    with pytest.raises(ValueError, match=r"more than k = 5 rows of real images"):
        metrics.density_coverage(normal(5), normal(10))
    metrics.density_coverage(normal(6), normal(2))
