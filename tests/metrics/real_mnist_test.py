"""The self-tests of the evaluation: every metric on real MNIST, judged by the shipped extractor."""

from typing import NamedTuple

import numpy as np
import pytest

from tfmix import data, evaluation, metrics

CLASSES, A_CLASS = 10, 500
pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images:UserWarning")


class Judged(NamedTuple):
    """Images and what the extractor says of them, a class after the other."""

    images: np.ndarray
    labels: np.ndarray
    probs: np.ndarray
    features: np.ndarray

    def taken(self, rows):
        return Judged(*(part[rows] for part in self))

    def of_class(self, label):
        return self.taken(self.labels == label)


@pytest.fixture(scope="module")
def extractor():
    return evaluation.load_extractor("mnist")


def judged(extractor, images, labels):
    return Judged(images, labels, *extractor.probs_and_features(images))


@pytest.fixture(scope="module")
def held_out(tfds_dir, extractor):
    images = data.load("mnist", "test", data_dir=tfds_dir)
    return judged(extractor, data.from_uint8(images.images).numpy(), images.labels)


@pytest.fixture(scope="module")
def train(tfds_dir, extractor):
    """500 training images of each class."""
    images = data.load("mnist", "train", data_dir=tfds_dir).subset(CLASSES * A_CLASS, seed=0)
    order = np.argsort(images.labels, kind="stable")
    return judged(extractor, data.from_uint8(images.images[order]).numpy(), images.labels[order])


@pytest.fixture(scope="module")
def halves(held_out):
    """Two halves of the test split, by chance."""
    order = np.random.default_rng(0).permutation(len(held_out.labels))
    return held_out.taken(order[:5000]), held_out.taken(order[5000:])


@pytest.fixture(scope="module")
def noise(extractor):
    images = np.random.default_rng(1).uniform(-1, 1, [1000, 28, 28, 1]).astype(np.float32)
    return judged(extractor, images, np.zeros(1000, int))


def two_scores(held_out, fake, **arguments):
    return metrics.quality_diversity(
        held_out.features, held_out.labels, fake.features, fake.probs.argmax(axis=1), **arguments
    )


def repeated(train, different):
    """As many images of each class as before, of which only so many differ."""
    rows = A_CLASS * np.arange(CLASSES)[:, None] + np.arange(A_CLASS) % different
    return train.taken(rows.ravel())


def test_two_halves_are_at_the_floor(halves):
    one, other = (half.features for half in halves)
    frechet = metrics.frechet_distance(one, other)
    assert abs(frechet.extrapolated) < max(3 * frechet.std_error, 0.1 * frechet.value)
    kernel = metrics.kernel_distance(one, other)
    assert abs(kernel.value) < 2 * kernel.std_error
    overlap = metrics.precision_recall(one, other)
    assert min(overlap.precision, overlap.recall) > 0.8
    filled = metrics.density_coverage(one, other)
    assert filled.density == pytest.approx(1, abs=0.1)
    assert filled.coverage == pytest.approx(1 - 2**-5, abs=0.02)


def test_two_halves_have_quality_and_diversity_1(held_out, train):
    found = two_scores(held_out, train)
    assert found.quality == pytest.approx(1, abs=0.1)
    assert found.diversity == pytest.approx(1, abs=0.1)


def test_diversity_rises_with_the_images_that_differ(held_out, train):
    found = [two_scores(held_out, repeated(train, m)).diversity for m in (1, 2, 5, 10, 50)]
    assert found == sorted(set(found))
    assert found[3] < 0.25


def test_one_image_a_class_is_sure_and_not_varied(held_out, train):
    fake = repeated(train, 1)
    assert metrics.inception_score(fake.probs).value > 9
    assert metrics.modified_inception_score(fake.probs).value == pytest.approx(1, abs=1e-6)
    assert two_scores(held_out, fake).diversity < 0.1


def test_a_wrong_mix_of_classes_scores_below_the_right_one(held_out, train):
    rows = np.random.default_rng(0).integers(A_CLASS, size=5000)
    shares = np.array([0.28] + [0.08] * 9)
    labels = np.repeat(np.arange(CLASSES), (5000 * shares).astype(int))
    wrong = train.taken(A_CLASS * labels + rows)
    right = train.taken(A_CLASS * np.repeat(np.arange(CLASSES), 500) + rows)
    assert two_scores(held_out, wrong).diversity < two_scores(held_out, right).diversity - 0.1


def test_copies_of_training_images_are_seen(held_out, train):
    copied = train.taken(np.arange(0, 5000, 5))
    assert two_scores(held_out, copied, train=train.features).copies == 1
    fresh = held_out.taken(np.arange(0, 10_000, 10))
    found = two_scores(held_out, fresh, train=train.features).copies
    assert found == pytest.approx(0.05, abs=0.03)


def test_collapse_to_one_class(held_out, halves):
    real = halves[0]
    fake = halves[1].of_class(3)
    overlap = metrics.precision_recall(real.features, fake.features)
    assert overlap.precision > 0.8
    assert overlap.recall < 0.2
    assert metrics.density_coverage(real.features, fake.features).coverage < 0.2
    assert metrics.inception_score(fake.probs).value < 1.2
    assert two_scores(held_out, fake).diversity < 0.1


def test_noise_is_of_no_quality(held_out, noise):
    assert metrics.precision_recall(held_out.features, noise.features).precision < 0.01
    assert two_scores(held_out, noise).quality < 0.01


def test_a_shift_of_the_mean_has_the_closed_form_of_fid(halves):
    real = halves[0].features
    shift = np.linspace(0, 1, real.shape[1])
    assert metrics.frechet_distance(real, real + shift).value == pytest.approx((shift**2).sum())


def test_images_of_a_class_are_less_alike_than_copies(train):
    assert metrics.ms_ssim(repeated(train, 1).images, train.labels).value == pytest.approx(1)
    assert metrics.ms_ssim(train.images, train.labels).value < 0.5


def test_the_classifier_s_classes_are_good_clusters(held_out):
    found = metrics.clustering_scores(
        held_out.labels, (held_out.probs.argmax(axis=1) + 3) % CLASSES
    )
    assert min(found.accuracy, found.majority_accuracy) > 0.99
    assert min(found.nmi, found.ari) > 0.97


def test_row_order_changes_nothing(halves):
    rng = np.random.default_rng(3)
    one, other = (half.taken(np.arange(1000)) for half in halves)
    mixed, remixed = (half.taken(rng.permutation(1000)) for half in (one, other))

    def scores(real, fake):
        inception = metrics.inception_score(fake.probs).value
        modified = metrics.modified_inception_score(fake.probs).value
        frechet = metrics.frechet_distance(real.features, fake.features)
        return [
            inception,
            modified,
            frechet.value,
            frechet.extrapolated,
            *vars(metrics.precision_recall(real.features, fake.features)).values(),
            *vars(metrics.density_coverage(real.features, fake.features)).values(),
            metrics.vendi_score(fake.features, 5.0),
        ]

    assert scores(mixed, remixed) == pytest.approx(scores(one, other), rel=1e-9)
