import importlib
import importlib.util
import sys
import types
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf

from tfmix import metrics
from tfmix.metrics import distances, tfgan


def _tfgan_modules():
    return {name for name in sys.modules if name.startswith("tensorflow_gan")}


def test_loading_leaves_no_trace_in_sys_modules_even_where_it_fails(monkeypatch):
    load = tfgan._classifier_metrics.__wrapped__
    assert load().classifier_score_from_logits
    assert not _tfgan_modules()
    broken = mock.Mock(side_effect=ImportError("broken"))
    with monkeypatch.context() as patch:
        patch.setattr(importlib, "import_module", broken)
        with pytest.raises(ImportError, match="broken"):
            load()
    assert not _tfgan_modules()
    theirs = types.ModuleType("tensorflow_gan")  # that the user has imported
    theirs.__spec__ = importlib.util.find_spec("tensorflow_gan")
    monkeypatch.setitem(sys.modules, "tensorflow_gan", theirs)
    load()
    assert sys.modules["tensorflow_gan"] is theirs
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install tensorflow-gan"):
        load()


def test_inception_score_equals_its_definition():
    probs = np.random.default_rng(0).dirichlet(np.full(10, 0.2), size=200)
    marginal = probs.mean(axis=0)
    twin = np.exp((probs * np.log(probs / marginal)).sum(axis=1).mean())
    np.testing.assert_allclose(tfgan.inception_score(probs), twin, rtol=1e-6)


RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(size=[2, 300, 24])
FAKE = 1.3 * FAKE + 0.2
MIXING = RNG.normal(size=[2, 24, 24])
LIVE = np.arange(24) >= 3
TWICE = np.arange(24) % 12


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        (REAL, FAKE),
        (REAL @ MIXING[0], FAKE @ MIXING[1]),
        (REAL * LIVE, FAKE * LIVE),
        (REAL[:, TWICE] * np.repeat([1, 2], 12), FAKE[:, TWICE] * np.repeat([1, -1], 12)),
        (1e-6 * REAL, 1e-6 * FAKE),
        (REAL, FAKE + 1e3),
    ],
    ids=["plain", "correlated", "dead feature", "dependent", "tiny", "far"],
)
def test_frechet_distance_equals_its_twin(real, fake):
    traces = real.var(axis=0).sum() + fake.var(axis=0).sum()
    scale = traces + ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
    twin = distances.frechet_distance_by_eigenvalues(real, fake)
    assert abs(tfgan.frechet_distance(real, fake) - twin) < 1e-6 * scale


def test_kernel_distance_is_that_of_tfgan_in_blocks_of_two_sizes():
    real, fake = (np.random.default_rng(seed).normal(size=[107, 8]) for seed in (1, 2))
    found = metrics.kernel_distance(real, fake[:95], seed=3)
    generator = np.random.default_rng(3)
    shuffled = [tf.constant(generator.permutation(rows)) for rows in (real, fake[:95])]
    theirs = tfgan._classifier_metrics().kernel_classifier_distance_and_std_from_activations
    value, std_error = theirs(*shuffled, max_block_size=11)
    np.testing.assert_allclose(found.value, value, rtol=1e-9)
    np.testing.assert_allclose(found.std_error, std_error, rtol=1e-9)
