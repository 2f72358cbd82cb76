"""The benchmark of Stacked MNIST: what it counts, and a run of it, with random pictures."""

import math

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfmix.programs import presets
from zoo.benchmarks import stacked_mnist

pytestmark = pytest.mark.slow

DIGITS = np.array([[a, b, c] for a in range(10) for b in range(10) for c in range(10)])


@pytest.mark.parametrize(
    ("digits", "modes", "reverse_kl"),
    [
        (DIGITS, 1000, 0.0),
        (DIGITS[[7] * 9], 1, math.log(1000)),
        (DIGITS[[7, 70, 700, 7]], 3, math.log(1000) - 1.5 * math.log(2)),
    ],
)
def test_a_mode_is_a_triple_of_digits(digits, modes, reverse_kl):
    found = stacked_mnist.coverage(digits)
    assert found == {"modes": modes, "reverse_kl": pytest.approx(reverse_kl, abs=1e-12)}


def test_four_models_are_trained_once_and_read_again(benchmark, tmp_path, monkeypatch):
    get = presets.get

    def tiny(name):
        config = get(name.replace("stacked_", ""))
        config.update({"dataset": "stacked_mnist", "log_every": 1, "ema_momentum": 0.0})
        config.generator.width = config.discriminator.width = 4
        return config

    monkeypatch.setattr(presets, "get", tiny)
    flags = ["--steps=2", "--num=50", f"--runs={tmp_path / 'runs'}"]
    with tfds.testing.mock_data(num_examples=10):
        measured, page, plots = benchmark("stacked_mnist", *flags)
        again = benchmark("stacked_mnist", *flags)[0]
    assert again["runs"] == measured["runs"]  # seconds and all
    assert plots == []
    models = [(run["title"].split(",")[0], run["changes"].get("model")) for run in measured["runs"]]
    old = {"loss": "non_saturating", "r1_penalty": 0.0}
    assert models == [
        ("one normal", {"name": "GAN", **old}),
        ("mixture", {"name": "GMGAN", **old}),
        ("one normal", None),
        ("mixture", None),
    ]
    for run in measured["runs"]:
        assert 1 <= run["modes"] <= 50
        assert 0 <= run["reverse_kl"] <= math.log(1000) + 1e-9
        assert f"| {run['modes']} | {run['reverse_kl']:.3f} |" in page
    assert "| 1000 | 0.078 |" in page
