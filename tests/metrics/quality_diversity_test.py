import numpy as np
import pytest

from tfmix import metrics

CLASSES, WIDTH, COUNT = 4, 5, 200
LABELS = np.repeat(np.arange(CLASSES), COUNT)


def images(seed=0, scale=1.0, labels=LABELS):
    """A cloud a class, each stretched its own way."""
    noise = np.random.default_rng(seed).normal(size=[len(labels), WIDTH])
    stretch = np.array([np.geomspace(0.5, 2 + c, WIDTH) for c in range(CLASSES)])
    return 30.0 * labels[:, None] + scale * noise * stretch[labels]


def score(fake, fake_labels=LABELS, **arguments):
    return metrics.quality_diversity(images(), LABELS, fake, fake_labels, **arguments)


def test_real_images_score_1_and_images_off_every_class_have_no_quality():
    found = score(images(1))
    assert found.quality == pytest.approx(1, abs=0.1)
    assert found.diversity == pytest.approx(1, abs=0.1)
    assert type(found.quality) is type(found.diversity) is float
    assert score(images(1) + 1000).quality == 0


def test_narrow_images_are_more_typical_and_less_varied():
    found = [score(images(1, scale=scale)) for scale in (0.25, 0.5, 1.0, 1.5)]
    quality = [each.quality for each in found]
    assert quality == sorted(quality, reverse=True)
    assert quality[0] > 1.8
    diversity = [each.diversity for each in found[:3]]
    assert diversity == sorted(diversity)
    assert diversity[0] < 0.6


def test_repeated_images_are_less_varied_the_fewer_they_are():
    diversity = []
    for different in (1, 2, 5, 10, 50):
        fake = images(1).reshape(CLASSES, COUNT, WIDTH)[:, np.arange(COUNT) % different]
        diversity.append(score(fake.reshape(-1, WIDTH)).diversity)
    assert diversity == sorted(set(diversity))
    assert diversity[3] < 0.35


def test_a_class_that_is_missing_costs_its_share_twice():
    """Once in the histogram, once as a class whose variety is 0."""
    labels = np.where(LABELS == 0, 1, LABELS)
    whole = score(images(1)).diversity
    found = score(images(1, labels=labels), labels)
    assert found.diversity == pytest.approx(0.75 * 0.75 * whole, abs=0.05)
    assert found.quality == pytest.approx(1, abs=0.1)


def test_a_wrong_class_mix_costs_its_total_variation():
    labels = np.repeat(np.arange(CLASSES), [3 * COUNT, COUNT, COUNT, COUNT])
    apart = 0.5 * np.abs(np.array([3, 1, 1, 1]) / 6 - 0.25).sum()
    found = score(images(1, labels=labels), labels)
    assert found.diversity == pytest.approx(1 - apart, abs=0.1)


def test_quality_is_affine_invariant():
    turn = np.random.default_rng(3).normal(size=[WIDTH, WIDTH]) + 3 * np.eye(WIDTH)
    whitened = metrics.quality_diversity(images() @ turn, LABELS, images(1) @ turn, LABELS)
    assert whitened.quality == pytest.approx(score(images(1)).quality, abs=0.05)


def test_the_seed_moves_scores_within_their_error():
    fake = images(1, scale=0.7)
    first, again = score(fake), score(fake, seed=1)
    assert first == score(fake)
    assert first != again
    assert first.quality == pytest.approx(again.quality, abs=0.1)
    assert first.diversity == pytest.approx(again.diversity, abs=0.1)


def test_a_class_of_too_few_real_images_or_of_images_all_alike_is_refused():
    labels = np.repeat(np.arange(2), [200, 4 * WIDTH - 1])
    with pytest.raises(ValueError, match=r"for each of 5 features, 20 in all. .*19 of class 1"):
        metrics.quality_diversity(images(labels=labels), labels, images(), LABELS % 2)
    with pytest.raises(ValueError, match="differ within a class"):
        metrics.quality_diversity(*[np.ones([40, 2]), np.zeros(40, int)] * 2)
