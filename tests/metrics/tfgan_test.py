import importlib
import importlib.util
import logging
import sys
import types

import numpy as np
import pytest
import tensorflow as tf

from tfmix.metrics import distances, tfgan


def _tfgan_modules():
    return {name for name in sys.modules if name.startswith("tensorflow_gan")}


def test_loading_leaves_no_trace_in_sys_modules():
    assert tfgan._classifier_metrics.__wrapped__().classifier_score_from_logits
    assert not _tfgan_modules()


def test_loading_keeps_a_tfgan_that_the_user_has_imported(monkeypatch):
    theirs = types.ModuleType("tensorflow_gan")
    theirs.__spec__ = importlib.util.find_spec("tensorflow_gan")
    monkeypatch.setitem(sys.modules, "tensorflow_gan", theirs)
    tfgan._classifier_metrics.__wrapped__()
    assert sys.modules["tensorflow_gan"] is theirs


def test_a_failed_load_leaves_no_trace_in_sys_modules(monkeypatch):
    def fail(name):
        raise ImportError("broken")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(ImportError, match="broken"):
        tfgan._classifier_metrics.__wrapped__()
    assert not _tfgan_modules()


def test_a_missing_tfgan_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install tensorflow-gan"):
        tfgan._classifier_metrics.__wrapped__()


def test_other_logs_of_tensorflow_pass(caplog):
    with tfgan._without_deprecation_notes(), caplog.at_level(logging.WARNING, "tensorflow"):
        tf.get_logger().addHandler(caplog.handler)
        tf.get_logger().warning("the sky falls")
        tf.get_logger().warning("an old argument is deprecated")
        tf.get_logger().removeHandler(caplog.handler)
    messages = {record.message for record in caplog.records}
    assert messages == {"the sky falls"}


def test_inception_score_equals_its_definition():
    probs = np.random.default_rng(0).dirichlet(np.full(10, 0.2), size=200)
    marginal = probs.mean(axis=0)
    twin = np.exp((probs * np.log(probs / marginal)).sum(axis=1).mean())
    np.testing.assert_allclose(tfgan.inception_score(probs), twin, rtol=1e-6)


@pytest.mark.parametrize(
    "case", ["plain", "correlated", "dead feature", "dependent", "tiny", "far"]
)
def test_frechet_distance_equals_its_twin(case):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 300, 24))
    fake = 1.3 * fake + 0.2
    if case == "correlated":
        real, fake = real @ rng.normal(size=(24, 24)), fake @ rng.normal(size=(24, 24))
    if case == "dead feature":
        real[:, :3] = fake[:, :3] = 0.0
    if case == "dependent":
        real[:, 12:], fake[:, 12:] = 2 * real[:, :12], -fake[:, :12]
    if case == "tiny":
        real, fake = 1e-6 * real, 1e-6 * fake
    if case == "far":
        fake = fake + 1e3
    traces = real.var(axis=0).sum() + fake.var(axis=0).sum()
    scale = traces + ((real.mean(axis=0) - fake.mean(axis=0)) ** 2).sum()
    twin = distances.frechet_distance_by_eigenvalues(real, fake)
    assert abs(tfgan.frechet_distance(real, fake) - twin) < 1e-6 * scale


def test_kernel_distance_equals_its_twin():
    real, fake = np.random.default_rng(0).normal(size=(2, 60, 8))
    fake = fake + 0.5
    blocks = zip(np.split(real, 3), np.split(fake, 3), strict=True)
    estimates = [_unbiased_mmd(x, y) for x, y in blocks]
    value, std_error = tfgan.kernel_distance(real, fake, max_block_size=20)
    np.testing.assert_allclose(value, np.mean(estimates), rtol=1e-6)
    np.testing.assert_allclose(std_error, np.std(estimates, ddof=1) / np.sqrt(3), rtol=1e-6)


def _unbiased_mmd(x, y):
    def kernel(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    off_diagonal = ~np.eye(len(x), dtype=bool)
    within = kernel(x, x)[off_diagonal].mean() + kernel(y, y)[off_diagonal].mean()
    return within - 2 * kernel(x, y).mean()
