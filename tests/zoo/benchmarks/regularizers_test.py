"""The page of regularisers, one at a time."""

import pytest

from zoo.benchmarks import regularizers, score_cells

pytestmark = pytest.mark.slow


def result(title, seed, kid, without=0.5):
    scores = dict.fromkeys(score_cells.SHOWN, 0.2)
    return {
        **{"title": title, "seed": seed, "steps": 9, "seconds": 60.0},
        "scores": {**scores, "kid": kid + seed / 100},
        "scores_without_average": {**scores, "kid": without + seed / 100},
    }


def test_each_line_is_held_against_the_default_and_its_runs_without_average():
    runs = [result(regularizers.DEFAULT, seed, 0.4) for seed in range(3)]
    runs += [result("LeCam", seed, 0.3) for seed in range(3)]
    page = regularizers.page({"runs": runs, "hardware": "a machine", "command": "python -m this"})
    assert "batches of 50, 9 steps" in page
    assert "| no average | 3 | 0.51 (" in page
    assert "- LeCam against the default: **KID -0.1 (-0.1 to -0.1), better**" in page
    assert "- no average against the default: **KID +0.1 (0.1 to 0.1), worse**" in page


def test_without_the_default_there_is_nothing_to_hold_against():
    record = {"runs": [result("LeCam", 0, 0.3)], "hardware": "a machine", "command": "this"}
    assert "against the default" not in regularizers.page(record)


def test_an_unknown_variant_is_refused(programs, tmp_path):
    flags = ["--variants=LeCam,dropout", f"--out={tmp_path / 'out'}"]
    result = programs.run("zoo.benchmarks.regularizers", *flags)
    assert result.code == 2
    assert "Received: dropout" in result.err
