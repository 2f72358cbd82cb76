import numpy as np
import pytest
import tensorflow as tf

from tfmix import metrics

LABELS = np.repeat([0, 1, 2], 6)


def images(size=28, seed=0, noise=1.0):
    """A pattern a class, under noise."""
    rng = np.random.default_rng(seed)
    patterns = rng.uniform(-1, 1, size=[3, size, size, 1])
    mixed = patterns[LABELS] + noise * rng.uniform(-1, 1, size=[18, size, size, 1])
    return np.clip(mixed, -1, 1).astype(np.float32)


def test_images_of_a_class_that_are_the_same_score_1_and_less_the_more_they_differ():
    for size in (8, 28, 32):
        found = metrics.ms_ssim(images(size, noise=0.0), LABELS, num_pairs=20)
        assert found.value == pytest.approx(1)
        assert found.per_class == pytest.approx([1, 1, 1])
        assert found.missing == ()
    noisy = [metrics.ms_ssim(images(noise=n), LABELS, num_pairs=20).value for n in (0.1, 0.3, 1)]
    assert noisy == sorted(noisy, reverse=True)


def test_a_pair_has_tensorflow_s_value():
    pair = images(noise=0.5)[:2]
    expected = tf.image.ssim_multiscale(
        *(pair + 1), max_val=2.0, power_factors=[0.0448 / 0.3304, 0.2856 / 0.3304]
    )
    found = metrics.ms_ssim(pair, np.array([0, 0]), num_pairs=3)
    assert 0.1 < found.value < 0.9
    assert found.value == pytest.approx(float(expected), rel=1e-4)


def test_pairs_are_of_two_different_images():
    """A class of one image repeated beside another: no pair may be an image with itself."""
    two = np.stack([-np.ones([12, 12, 1]), np.ones([12, 12, 1])]).astype(np.float32)
    assert metrics.ms_ssim(two, np.array([0, 0]), num_pairs=50).value < 0.01


def test_a_class_of_one_image_is_named_and_left_out():
    labels = np.where(np.arange(18) == 0, 3, LABELS)
    found = metrics.ms_ssim(images(), labels, num_pairs=10)
    assert found.missing == (3,)
    assert np.isnan(found.per_class[3])
    assert found.value == pytest.approx(np.mean(found.per_class[:3]))


def test_the_seed_draws_the_pairs():
    first, again, other = (
        metrics.ms_ssim(images(), LABELS, num_pairs=20, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros([2, 28, 28]), r"takes \[N, H, W, C\]. Received: shape \[2, 28, 28\]"),
        (np.zeros([0, 28, 28, 1]), r"takes \[N, H, W, C\]"),
        (np.zeros([2, 28, 28, 1], np.uint8), r"floats in \[-1, 1\]. Received: uint8"),
        (np.full([2, 28, 28, 1], np.nan), r"images are in \[-1, 1\]. Received: images=nan"),
        (np.full([2, 28, 28, 1], 1.5), "Received: images=1.5"),
        (images()[:2], "at least two images"),
    ],
)
def test_refuses(given, message):
    with pytest.raises(ValueError, match=message):
        metrics.ms_ssim(given, np.arange(len(given)))
