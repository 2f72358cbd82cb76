import numpy as np
import pytest

from tfmix import metrics


def cloud(seed, count=400):
    return np.random.default_rng(seed).normal(size=[count, 4])


def test_fresh_images_are_copies_one_time_in_twenty_in_any_order():
    share = metrics.copy_share(cloud(0), cloud(1), cloud(2))
    assert share == pytest.approx(0.05, abs=0.04)
    assert metrics.copy_share(cloud(0)[::-1], cloud(1)[::-1], cloud(2)[::-1]) == share
    assert metrics.copy_share(cloud(0), cloud(0), cloud(2)) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_copies_are_counted(share):
    train, copied = cloud(2), round(400 * share)
    fake = np.concatenate([train[:copied], 100 + cloud(1, 400 - copied)])
    assert metrics.copy_share(cloud(0), fake, train) == share


def test_a_distance_that_is_known_is_not_measured_again():
    real, fake, train = cloud(0), cloud(1), cloud(2)
    distance = metrics.copy_distance(real, train)
    share = metrics.copy_share(real, fake, train)
    assert metrics.copy_share(real, fake, train, distance=distance) == share
    assert metrics.copy_share(real, fake, train, distance=0.0) == 0
    nearest = np.linalg.norm(real[:, None] - train, axis=-1).min(axis=1)
    assert distance == pytest.approx(np.quantile(nearest, 0.05))
