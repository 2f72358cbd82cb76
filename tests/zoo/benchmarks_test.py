"""The benchmarks: of the priors' gradients, and of learned weights."""

import json
import time

import numpy as np
import pytest
from PIL import Image

from zoo.benchmarks import gradients, timing
from zoo.benchmarks.runs import Run
from zoo.benchmarks.settings import Setting

SETTING = Setting(3, 1.0, 0.5, 4096, num_components=2)
STUDENT_T = Setting(3, 1.0, 0.5, 4096, num_components=2, df=5.0)


def test_a_quick_run_leaves_tables_numbers_and_a_plot(programs, tmp_path):
    out = tmp_path / "benchmark"
    result = programs.run("zoo.benchmarks.priors", "--quick", f"--out={out}")
    assert result.code == 0, result.err
    assert sorted(path.name for path in out.iterdir()) == ["priors.json", "priors.md", "priors.png"]
    page = (out / "priors.md").read_text()
    assert page in result.out
    for column in ("of pathwise", "of TFP", "weights cosine", "TFP with XLA, ms"):
        assert f"| {column} |" in page
    measured = json.loads((out / "priors.json").read_text())
    assert measured["command"].startswith("python -m zoo.benchmarks.priors --quick")
    [row] = measured["gradients"]
    assert list(row["ways"]) == ["pathwise", "marginal", "implicit", "tfp"]
    assert row["ways"]["pathwise"]["weights_cosine"] is None
    assert all(way["seconds"] > 0 and way["batches"] == 3 for way in row["ways"].values())
    assert max(measured["implicit"][0]["error"].values()) < 1e-4
    assert measured["memory"]["peak_mib"] >= measured["memory"]["before_mib"] > 0
    assert measured["training_step"]["seconds"].keys() == {"mixture", "normal"}
    with Image.open(out / "priors.png") as picture:
        assert picture.size[0] > 100


def test_an_out_that_takes_no_files_is_refused_in_one_line(programs, tmp_path):
    (tmp_path / "file").write_text("here")
    result = programs.run("zoo.benchmarks.priors", "--quick", f"--out={tmp_path / 'file'}")
    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert str(tmp_path / "file") in result.err
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


def test_a_short_run_on_blobs_leaves_tables_numbers_and_a_plot(programs, tmp_path):
    out = tmp_path / "weights"
    flags = ["--steps=40", "--seeds=1", f"--out={out}", f"--runs={tmp_path / 'runs'}"]
    result = programs.run("zoo.benchmarks.weights", *flags)
    assert result.code == 0, result.err
    names = ["weights.json", "weights.md", "weights.png"]
    assert sorted(path.name for path in out.iterdir()) == names
    learned, held = json.loads((out / "weights.json").read_text())["runs"]
    assert (learned["config"], held["config"]) == ("deligan_blobs", "deligan_blobs_uniform")
    assert learned["usage"] < held["usage"]  # it has moved towards the truth
    np.testing.assert_allclose(held["weights"], 1 / 3, atol=1e-6)
    np.testing.assert_allclose(held["usage"], 0.7 - 1 / 3, atol=1e-6)
    np.testing.assert_allclose([sum(learned["samples"]), sum(learned["weights"])], 1, atol=1e-5)
    assert "| learned | 0 |" in (out / "weights.md").read_text()
    with Image.open(out / "weights.png") as picture:
        assert picture.size[0] > 100


def test_modes_are_counted_once_and_read_again(programs, tmp_path):
    out = tmp_path / "modes"
    flags = ["--steps=1", "--grid_seeds=1", "--ring_seeds=1", "--control_seeds=0"]
    flags += ["--sweep_seeds=0", f"--out={out}", f"--runs={tmp_path / 'runs'}"]
    result = programs.run("zoo.benchmarks.modes", *flags)
    assert result.code == 0, result.err
    assert {path.name for path in out.iterdir()} == {
        *("modes.json", "modes.md", "modes_grid.png", "modes_ring.png")
    }
    first = json.loads((out / "modes.json").read_text())["runs"]
    assert [run["data"] for run in first] == ["grid"] * 3 + ["ring"] * 3
    assert all(0 <= run["high_quality"] <= 1 for run in first)
    assert all(run["seconds"] > 0 for run in first)
    page = (out / "modes.md").read_text()
    assert "| DeLiGAN | 1 |" in page
    assert "PacGAN's table 1" in page
    assert programs.run("zoo.benchmarks.modes", *flags).code == 0
    assert json.loads((out / "modes.json").read_text())["runs"] == first  # seconds and all


def test_sigma_is_shown_with_and_without_its_penalty(programs, tmp_path):
    out = tmp_path / "sigma"
    flags = ["--steps=40", "--seeds=1", f"--out={out}", f"--runs={tmp_path / 'runs'}"]
    result = programs.run("zoo.benchmarks.sigma", *flags)
    assert result.code == 0, result.err
    held, free = json.loads((out / "sigma.json").read_text())["runs"]
    assert (held["changes"]["model.sigma_penalty"], free["changes"]["model.sigma_penalty"]) == (
        1 / 3,
        0.0,
    )
    assert held["history"][-1][1] > free["history"][-1][1]
    assert (out / "sigma.png").exists()


def test_runs_of_other_changes_have_folders_of_their_own():
    names = {
        Run("gan_grid", 0).name,
        Run("gan_grid", 1).name,
        Run("gan_grid", 0, {"num_steps": 5}).name,
        Run("gan_ring", 0).name,
    }
    assert len(names) == 4
    assert Run("gan_grid", 3, {"prior.latent_dim": 2}).make()["prior"]["latent_dim"] == 2


def test_the_metrics_are_timed_against_tfgan(programs, tmp_path):
    flags = ["--rows=1200", "--width=8", "--width=600", "--calls=1", f"--out={tmp_path}"]
    result = programs.run("zoo.benchmarks.scores", *flags)
    assert result.code == 0, result.err
    assert (tmp_path / "scores.md").read_text() in result.out
    measured = json.loads((tmp_path / "scores.json").read_text())
    assert [row["width"] for row in measured["frechet"]] == [8, 600]
    assert all(row["difference"] < 1e-4 for row in measured["frechet"])
    assert all(spent > 0 for row in measured["frechet"] for spent in row["seconds"].values())
    assert min(measured["others"].values()) > 0
