"""The benchmarks that train configs: of weights, modes and sigma."""

import json

import numpy as np
import pytest
from PIL import Image

from zoo.benchmarks import runs
from zoo.benchmarks.runs import Run

pytestmark = pytest.mark.slow


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
    penalties = [run["changes"]["model.sigma_penalty"] for run in (held, free)]
    assert penalties == [1 / 3, 0.0]
    assert held["history"][-1][1] > free["history"][-1][1]
    assert (out / "sigma.png").exists()


def test_runs_of_other_changes_have_folders_of_their_own():
    others = Run("gan_grid", 1), Run("gan_grid", 0, {"num_steps": 5}), Run("gan_ring", 0)
    assert len({run.name for run in (Run("gan_grid", 0), *others)}) == 4
    assert Run("gan_grid", 3, {"prior.latent_dim": 2}).make()["prior"]["latent_dim"] == 2


def test_a_result_of_another_budget_is_not_taken_for_this_one(tmp_path):
    path, run = tmp_path / "result.json", Run("gan_mnist", 0, {"num_steps": 7}, "some")
    assert not runs.is_result(path, run)
    path.write_text(json.dumps({"config": "gan_mnist", "seed": 0, "changes": {"num_steps": 7}}))
    assert runs.is_result(path, run)
    assert not runs.is_result(path, run._replace(changes={"num_steps": 8}))
    assert not runs.is_result(path, run._replace(config="gan_digits"))
