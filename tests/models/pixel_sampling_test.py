"""What a PixelCNN draws; what it shares with other samplers is in tests/sampling_test.py."""

import math

import numpy as np
import pytest

from tests.samplers import pixel_cnn
from tfmix import seeds

SHAPE = (4, 3, 2)


@pytest.fixture(scope="module", params=["softmax", "discretized_logistic"])
def labelled(request):
    return pixel_cnn(spread=0.5, num_classes=3, likelihood=request.param)


@pytest.fixture(scope="module")
def whole(labelled):
    return labelled.draw(40, seed=5, temperature=np.linspace(0.5, 2, 40))


def test_samples_are_those_of_a_loop_over_pixels(labelled, whole):
    uniform = seeds.uniform_rows(seeds.row_seeds(5, 40), 1 + math.prod(SHAPE)).numpy()
    label = np.floor(uniform[:, 0] * 3).astype(np.int32)
    np.testing.assert_array_equal(whole["label"], label)
    temperature = np.linspace(0.5, 2, 40)[:, None]
    images = np.zeros([40, *SHAPE], np.float32)
    for place, number in zip(np.ndindex(SHAPE), uniform.T[1:], strict=True):
        parameters = labelled((images, label))[:, *place]
        log_probs = labelled.distribution.log_probs(parameters).numpy().astype(np.float64)
        powers = np.exp(log_probs / temperature)
        cumulative = np.cumsum(powers, axis=1) / powers.sum(axis=1, keepdims=True)
        images[:, *place] = (cumulative < number[:, None]).sum(axis=1) / 2 - 1
    np.testing.assert_array_equal(whole["images"], images)
    assert set(np.unique(images)) == {-1.0, -0.5, 0.0, 0.5, 1.0}


def test_labels_are_drawn_alike_and_bear_on_the_image(labelled, whole):
    label = (whole["label"] + np.arange(40) % 2) % 3
    drawn = labelled.draw(40, seed=5, label=label, temperature=np.linspace(0.5, 2, 40))
    np.testing.assert_array_equal(drawn["images"][::2], whole["images"][::2])
    assert (drawn["images"][1::2] != whole["images"][1::2]).any()
    counts = np.bincount(labelled.draw(300, seed=1, temperature=1e-6)["label"])
    np.testing.assert_allclose(counts, 100, atol=25)


def test_cold_samples_are_the_likeliest():
    model = pixel_cnn(spread=0.5)
    cold = model.sample(3, temperature=1e-6)
    np.testing.assert_array_equal(cold, cold[:1].repeat(3, axis=0))
    parameters = model(cold)
    np.testing.assert_array_equal(np.argmax(parameters, axis=-1), np.rint((cold + 1) * 2))
    warm = [model.log_prob(model.sample(64, temperature=t)).mean() for t in (0.5, 1.0, 2.0)]
    assert warm[0] > warm[1] > warm[2]
