"""The page of regularisers, one at a time."""

import pytest

from zoo.benchmarks import image_scores, regularizers

pytestmark = pytest.mark.slow


def results(title, kid, without=0.5):
    """Results of three seeds."""
    scores = dict.fromkeys(image_scores.SHOWN, 0.2)
    return [
        {
            **{"title": title, "seed": seed, "steps": 9, "seconds": 60.0},
            "scores": {**scores, "kid": kid + seed / 100},
            "scores_without_average": {**scores, "kid": without + seed / 100},
        }
        for seed in range(3)
    ]


def test_each_line_is_held_against_the_default_and_its_runs_without_average():
    record = {"hardware": "a machine", "command": "python -m this"}
    lecam = results("LeCam", 0.3)
    page = regularizers.page({"runs": [*results(regularizers.DEFAULT, 0.4), *lecam], **record})
    assert "batches of 50, 9 steps" in page
    assert "| no average | 3 | 0.51 (" in page
    assert "- LeCam against the default: **KID -0.1 (-0.1 to -0.1), better**" in page
    assert "- no average against the default: **KID +0.1 (0.1 to 0.1), worse**" in page
    # Without the default there is nothing to compare with.
    assert "against the default" not in regularizers.page({"runs": lecam, **record})


def test_an_unknown_variant_is_refused(programs, tmp_path):
    flags = ["--variants=LeCam,dropout", f"--out={tmp_path / 'out'}"]
    result = programs.run("zoo.benchmarks.regularizers", *flags)
    assert result.code == 2
    assert "Received: dropout" in result.err
