import copy
import pathlib

import pytest

from tests.evaluation.conftest import refuses
from tfmix.evaluation import comparison, over_seeds, saved_reports, scores

REPORTS = pathlib.Path(__file__).parents[1] / "goldens" / "reports"  # of earlier versions
SEEDS = {"sampling_seeds": [0, 1, 2, 3]}
PROTOCOL = {"dataset": "mnist 3.0.1", "num_fake": 1000, "extractor": "mnist", **SEEDS}


def report(values, training_seed=0, k=3, **changes):
    score = over_seeds([{"value": value} for value in values])
    end = f"{changes.get('num_fake', '1k')}_{changes.get('extractor', 'mnist')}"
    return {
        "model": {"provenance": {"config": {"seed": training_seed}}},
        "protocol": {**PROTOCOL, **changes},
        "scores": {
            f"fid{end}": {**score, "settings": scores.settings("fid", {})},
            f"recall{end}": {**score, "settings": {"k": k}},
        },
    }


def line(table, start):
    return next(each for each in table.splitlines() if each.startswith(start)).split()


def difference(first, second):
    table = comparison.render({"a": first, "b": second})
    return line(table.split("difference")[1], "fid1k_mnist")[1:], table


def test_one_checkpoint_each_is_compared_over_sampling_seeds():
    found, table = difference([report([9.0, 9.2, 9.1, 9.3])], [report([5.0, 5.1, 5.2, 5.3])])
    assert found[0] == "4"
    assert "sampling seeds" in table
    assert "what another training would give is not measured" in table
    found, _ = difference([report([9.0, 5.2, 9.1, 5.3])], [report([5.0, 9.1, 5.2, 9.3])])
    assert found == ["none", "shown"]
    # Without seeds in common nothing is claimed.
    found, _ = difference([report([9.0, 9.1])], [report([5.0, 5.1], sampling_seeds=[7, 8])])
    assert found == ["-"]


def test_training_seeds_that_are_shared_come_first():
    first = [report([value], seed) for seed, value in enumerate((9.0, 8.0, 9.5))]
    second = [report([value], seed) for seed, value in enumerate((5.0, 4.5, 5.0))]
    found, table = difference(first, second)
    assert found[0] == "4"
    assert "training seeds that both models share" in table


def test_a_score_of_other_settings_is_left_out_and_the_others_compare():
    other = report([1.0], k=5)
    table = comparison.render({"a": [report([1.0])], "b": [other]})
    assert line(table, "fid1k_mnist") == ["fid1k_mnist", "1", "1"]
    assert "recall1k" not in table
    assert "Left out: recall: a and b differ in setting k (3 and 5)." in table
    del other["scores"]["recall1k_mnist"]["settings"]["k"]
    table = comparison.render({"a": [report([1.0])], "b": [other]})
    assert "differ in setting k (3 and not set)" in table


@pytest.mark.parametrize(
    ("key", "value"), [("num_fake", 500), ("extractor", "other"), ("dataset", "mnist 3.0.2")]
)
def test_scores_of_other_images_counts_or_extractors_never_meet(key, value):
    one, other = report([1.0]), report([1.0], **{key: value})
    said = rf"a and b differ in {key} \({PROTOCOL[key]} and {value}\)"
    for first in ([one], [one, other]):  # every report of a model is checked
        refuses(comparison.render, {"a": first, "b": [other]}, said=said)


def test_a_reason_that_holds_of_several_scores_is_given_once():
    other = report([1.0], k=5, num_fake=500)
    said = (
        r"compares: a and b differ in num_fake \(1000 and 500\); "
        r"a and b differ in setting k \(3 and 5\)\. Evaluate"
    )
    refuses(comparison.render, {"a": [report([1.0])], "b": [other]}, said=said)


def test_reports_of_every_version_compare():
    """The first ones hold four scores; later ones the settings of all in their protocol."""
    first, later = ([saved_reports.read(REPORTS / f"{name}.json")] for name in ("first", "later"))
    shown, left_out = comparison.comparable({"first": first, "later": later})
    expected = ["is10k_mnist", "mis10k_mnist", "fid10k_mnist", "kid10k_mnist"]
    assert [name for name in shown if name in first[0]["scores"]] == expected
    assert left_out == {}
    # Of today's: every score is shown whose settings are those of today; KID's features were not
    # scaled before.
    today, counts = copy.deepcopy(later[0]), dict.fromkeys(("split", "trained_on"), 60_000)
    for name, score in today["scores"].items():
        score["settings"] = scores.settings(name.removesuffix("10k_mnist"), counts)
    shown, left_out = comparison.comparable({"later": later, "today": [today]})
    kid = {"kid": "later and today differ in setting scaled (not set and True)"}
    assert (set(shown), left_out) == (set(today["scores"]) - {"kid10k_mnist"}, kid)
    today["scores"]["vendi10k_mnist"]["settings"]["images"] = 2_000
    today["scores"]["copies10k_mnist"]["settings"]["num_train"] = 500
    _, left_out = comparison.comparable({"later": later, "today": [today]})
    assert left_out == {
        **kid,
        "copies": "later and today differ in setting num_train (60000 and 500)",
        "vendi": "later and today differ in setting images (1000 and 2000)",
    }


def test_a_model_is_called_by_its_folder_or_file():
    names = ["one/report.json", "two/own.json", "saved/gan"]
    assert comparison.titles(names) == ["one", "own", "gan"]
    assert comparison.titles(["one/gan", "two/gan"]) == ["one/gan", "two/gan"]
