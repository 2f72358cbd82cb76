"""Every metric on real MNIST, with the features and predictions of the shipped extractor."""

from typing import NamedTuple

import numpy as np
import pytest

from tfmix import data, evaluation, metrics

CLASSES, A_CLASS = 10, 380
pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images:UserWarning")


class Images(NamedTuple):
    """Images with their classes, and what the extractor makes of them."""

    images: np.ndarray
    labels: np.ndarray
    probs: np.ndarray
    features: np.ndarray

    def taken(self, rows):
        return Images(*(part[rows] for part in self))


@pytest.fixture(scope="module")
def extractor():
    return evaluation.load_extractor("mnist")


@pytest.fixture(scope="module")
def parts(tfds_dir, extractor):
    """Two parts of the test split, 512 and 380 images of each class, class by class."""
    found = []
    for part in data.load("mnist", "test", data_dir=tfds_dir).split(5120, 3800, seed=0):
        order = np.argsort(part.labels, kind="stable")
        images = data.from_uint8(part.images[order]).numpy()
        found.append(Images(images, part.labels[order], *extractor.probs_and_features(images)))
    return found


@pytest.fixture(scope="module")
def real(parts):
    return parts[0]


@pytest.fixture(scope="module")
def fake(parts):
    """Other real images, the best that a generator could give."""
    return parts[1]


def two_scores(real, fake):
    return metrics.quality_diversity(
        real.features, real.labels, fake.features, fake.probs.argmax(axis=1)
    )


def test_real_images_score_as_real_images_should(real, fake):
    frechet = metrics.frechet_distance(real.features, fake.features)
    assert abs(frechet.extrapolated) < max(3 * frechet.std_error, 0.1 * frechet.value)
    kernel = metrics.kernel_distance(real.features, fake.features)
    assert abs(kernel.value) < 2 * kernel.std_error
    overlap = metrics.precision_recall(real.features[::2], fake.features[::2])
    assert min(overlap.precision, overlap.recall) > 0.8
    filled = metrics.density_coverage(real.features[::2], fake.features[::2])
    assert filled.density == pytest.approx(1, abs=0.1)
    assert filled.coverage == pytest.approx(1 - (512 / (512 + 380)) ** 5, abs=0.02)
    found = two_scores(real, fake)
    assert found.quality == pytest.approx(1, abs=0.1)
    assert found.diversity == pytest.approx(1, abs=0.1)


def test_one_image_a_class_is_sure_and_not_varied(real, fake):
    one = fake.taken(A_CLASS * fake.labels)
    assert metrics.inception_score(one.probs).value > 9
    assert metrics.modified_inception_score(one.probs).value == pytest.approx(1, abs=1e-6)
    assert metrics.ms_ssim(one.images, one.labels, num_pairs=20).value == pytest.approx(1)
    assert metrics.ms_ssim(fake.images, fake.labels, num_pairs=20).value < 0.5
    ten = fake.taken(A_CLASS * fake.labels + np.arange(len(fake.labels)) % 10)
    assert two_scores(real, one).diversity < 0.1
    assert two_scores(real, ten).diversity < 0.25


def test_copies_are_seen(real, fake):
    other, train = real.features[::2], real.features[1::2]
    assert metrics.copy_share(other, train[::5], train) == 1
    assert metrics.copy_share(other, fake.features, train) == pytest.approx(0.05, abs=0.03)


def test_collapse_to_one_class(real, fake):
    threes = fake.taken(fake.labels == 3)
    overlap = metrics.precision_recall(real.features[::2], threes.features)
    assert overlap.precision > 0.8
    assert overlap.recall < 0.2
    assert metrics.density_coverage(real.features[::2], threes.features).coverage < 0.2
    assert metrics.inception_score(threes.probs).value < 1.2
    assert two_scores(real, threes).diversity < 0.1


def test_noise_is_of_no_quality(real, extractor):
    images = np.random.default_rng(1).uniform(-1, 1, [500, 28, 28, 1]).astype(np.float32)
    noise = Images(images, np.zeros(500, int), *extractor.probs_and_features(images))
    assert metrics.precision_recall(real.features[::2], noise.features).precision < 0.01
    assert two_scores(real, noise).quality < 0.01


def test_the_classifier_s_classes_are_good_clusters(real):
    found = metrics.clustering_scores(real.labels, (real.probs.argmax(axis=1) + 3) % CLASSES)
    assert min(found.accuracy, found.majority_accuracy) > 0.99
    assert min(found.nmi, found.ari) > 0.97
