"""The benchmarks that train configs: of weights, modes and sigma."""

import json

import numpy as np
import pytest

from zoo.benchmarks import runs
from zoo.benchmarks.runs import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(benchmark, tmp_path):
    """Runs a benchmark that trains; gives its runs, its page and the names of its plots."""

    def run(name, *flags):
        measured, page, plots = benchmark(name, f"--runs={tmp_path / 'runs'}", *flags)
        assert all(each["seconds"] > 0 for each in measured["runs"])
        return measured["runs"], page, plots

    return run


def test_weights_move_towards_the_truth(trained):
    (learned, held), page, plots = trained("weights", "--steps=40", "--seeds=1")
    assert (learned["config"], held["config"]) == ("deligan_blobs", "deligan_blobs_uniform")
    assert learned["usage"] < held["usage"]
    np.testing.assert_allclose(held["weights"], 1 / 3, atol=1e-6)
    np.testing.assert_allclose(held["usage"], 0.7 - 1 / 3, atol=1e-6)
    np.testing.assert_allclose([sum(learned["samples"]), sum(learned["weights"])], 1, atol=1e-5)
    assert "| learned | 0 |" in page
    assert plots == ["weights"]


def test_modes_are_counted_once_and_read_again(trained):
    flags = ["--steps=1", "--grid_seeds=1", "--ring_seeds=1", "--control_seeds=0"]
    found, page, plots = trained("modes", "--sweep_seeds=0", *flags)
    assert plots == ["modes_grid", "modes_ring"]
    assert [run["data"] for run in found] == ["grid"] * 3 + ["ring"] * 3
    assert all(0 <= run["high_quality"] <= 1 for run in found)
    assert "| DeLiGAN | 1 |" in page
    assert "PacGAN's table 1" in page
    assert trained("modes", "--sweep_seeds=0", *flags)[0] == found  # seconds and all


def test_sigma_and_what_lies_within_components_are_shown_with_and_without_the_penalty(trained):
    found, page, plots = trained("sigma", "--steps=40", "--seeds=1")
    ends = {
        name: [run["histories"][name][-1][1] for run in found] for name in ("sigma", "within_share")
    }
    for held, free, held_through_softplus, _ in ends.values():
        assert held > max(free, held_through_softplus)
    assert "| softplus, no penalty | 0.2" in page
    assert plots == ["sigma", "sigma_within_share", "sigma_within_spread"]


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
