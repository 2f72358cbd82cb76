"""The benchmark of the priors' gradients."""

import time

import numpy as np
import pytest

from zoo.benchmarks.priors import gradients, timing
from zoo.benchmarks.priors.settings import Setting

pytestmark = pytest.mark.slow
SETTING = Setting(3, 1.0, 0.5, 4096, num_components=2)
STUDENT_T = Setting(3, 1.0, 0.5, 4096, num_components=2, df=5.0)


def test_a_quick_run_measures_every_part(benchmark):
    measured, page, plots = benchmark("priors", "--quick")
    assert plots == ["priors"]
    for column in ("of pathwise", "of TFP", "weights cosine", "TFP with XLA, ms"):
        assert f"| {column} |" in page
    [row] = measured["gradients"]
    assert list(row["ways"]) == ["pathwise", "marginal", "implicit", "tfp"]
    assert row["ways"]["pathwise"]["weights_cosine"] is None
    assert all(way["seconds"] > 0 and way["batches"] == 3 for way in row["ways"].values())
    assert max(measured["implicit"][0]["error"].values()) < 1e-4
    assert measured["memory"]["peak_mib"] >= measured["memory"]["before_mib"] > 0
    assert measured["training_step"]["seconds"].keys() == {"mixture", "normal"}


def test_an_out_that_takes_no_files_is_refused(programs, tmp_path):
    (tmp_path / "file").write_text("here")
    result = programs.run("zoo.benchmarks.priors", "--quick", f"--out={tmp_path / 'file'}")
    assert (result.code, str(tmp_path / "file") in result.err) == (2, True)
    assert (tmp_path / "file").read_text() == "here"


@pytest.mark.parametrize("setting", [SETTING, STUDENT_T], ids=lambda setting: setting.family)
def test_the_expected_loss_is_the_mean_over_samples(setting):
    prior, loss = gradients.make_prior(setting, "implicit"), gradients.Loss(setting)
    losses = loss(prior.sample(20_000, seed=0).z).numpy()
    error = losses.std() / np.sqrt(len(losses))
    np.testing.assert_allclose(loss.expected(prior).numpy(), losses.mean(), atol=4 * error)


def test_the_true_gradient_is_the_mean_over_batches():
    step = gradients.steps(SETTING, ["marginal"])["marginal"]
    drawn = [step(number) for number in range(50)]
    for name, expected in gradients.truth(SETTING).items():
        found = np.stack([gradient[name] for gradient in drawn])
        error = found.std(axis=0) / np.sqrt(len(drawn))
        assert (np.abs(found.mean(axis=0) - expected) < 5 * error + 1e-6).all(), name


def test_calls_take_turns():
    called = []
    calls = {name: lambda number, name=name: called.append((name, number)) for name in "ab"}
    taken = timing.alternate(calls, rounds=2, seconds=60)
    assert called[4:] == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert {name: len(each) for name, each in taken.items()} == {"a": 2, "b": 2}


def test_counting_ends_when_the_time_is_up_but_not_before_three():
    assert list(timing.within(5, seconds=60)) == [0, 1, 2, 3, 4]
    assert [number for number in timing.within(5, 0.0) if time.sleep(0.001) is None] == [0, 1, 2]
