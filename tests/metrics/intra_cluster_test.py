import numpy as np
import pytest

from tfmix import metrics

COUNT, WIDTH, CLASSES = 40, 3, 3
LABELS = np.repeat(np.arange(CLASSES), COUNT)


def classes(seed, apart=10.0):
    rows = np.random.default_rng(seed).normal(size=[CLASSES * COUNT, WIDTH])
    return rows + apart * LABELS[:, None]


def frechet(real, fake):
    with pytest.warns(UserWarning, match="FID of"):
        return metrics.frechet_distance(real, fake).value


def test_components_that_are_classes_have_the_mean_of_frechet_distances():
    """Whatever their names, and however many a class has."""
    real, fake = classes(0), classes(1)
    rows, more = (each.reshape(CLASSES, COUNT, WIDTH) for each in (real, fake))
    expected = [frechet(rows[c], more[c]) for c in range(CLASSES)]
    for component in (LABELS, 2 - LABELS, 2 * LABELS + np.arange(len(LABELS)) % 2):
        found = metrics.intra_cluster_distance(real, LABELS, fake, LABELS, component)
        assert found.per_class == pytest.approx(expected, rel=1e-6)
        assert (found.value, found.missing) == (pytest.approx(np.mean(expected)), ())


def test_a_class_without_a_component_takes_the_nearest():
    real, fake = classes(0), classes(1)
    fake[LABELS == 2] -= 10  # component 2 draws class 1 again
    found = metrics.intra_cluster_distance(real, LABELS, fake, np.minimum(LABELS, 1), LABELS)
    assert found.missing == (2,)
    assert found.per_class[2] == pytest.approx(frechet(real[LABELS == 2], fake[LABELS > 0]))
    assert 300 < found.per_class[2] < 320  # the means are 10 apart in each of 3 features


def test_components_that_mix_classes_lie_far_from_each():
    real, fake = classes(0), classes(1)
    mixed = np.arange(len(LABELS)) % CLASSES
    found = metrics.intra_cluster_distance(real, LABELS, fake, LABELS, mixed)
    pure = metrics.intra_cluster_distance(real, LABELS, fake, LABELS, LABELS)
    assert found.value > 50 * pure.value


def test_too_few_images_are_refused():
    real, fake = classes(0), classes(1)
    for rows, given in ((fake[:17], real), (fake, real[:85])):
        labels = LABELS[: len(given)], LABELS[: len(rows)]
        with pytest.raises(ValueError, match=r"takes 6 real images of each class and 18 generated"):
            metrics.intra_cluster_distance(given, labels[0], rows, labels[1], labels[1])
