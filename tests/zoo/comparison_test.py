import json

import pytest

from tfmix.evaluation import comparison, over_seeds

PROTOCOL = {"dataset": "mnist 3.0.1", "num_fake": 1000, "sampling_seeds": [0, 1, 2, 3]}


def report(values, training_seed=0, **changes):
    return {
        "model": {"provenance": {"config": {"seed": training_seed}}},
        "protocol": {**PROTOCOL, **changes},
        "scores": {"fid1k_mnist": over_seeds([{"value": value} for value in values])},
    }


def line(table, start):
    return next(each for each in table.splitlines() if each.startswith(start)).split()


def test_one_checkpoint_each_is_compared_over_sampling_seeds():
    first, second = [report([9.0, 9.2, 9.1, 9.3])], [report([5.0, 5.1, 5.2, 5.3])]
    table = comparison.render({"a": first, "b": second})
    differences = table.split("difference")[1]
    assert line(differences, "fid1k_mnist")[1] == "4"
    assert "sampling seeds" in table
    assert "what another training would give is not measured" in table


def test_noise_is_said_to_show_no_difference():
    first, second = [report([9.0, 5.2, 9.1, 5.3])], [report([5.0, 9.1, 5.2, 9.3])]
    table = comparison.render({"a": first, "b": second})
    assert line(table.split("difference")[1], "fid1k_mnist")[1:] == ["none", "shown"]


def test_training_seeds_that_are_shared_come_first():
    first = [report([value], seed) for seed, value in enumerate((9.0, 8.0, 9.5))]
    second = [report([value], seed) for seed, value in enumerate((5.0, 4.5, 5.0))]
    table = comparison.render({"a": first, "b": second})
    assert line(table.split("difference")[1], "fid1k_mnist")[1] == "4"
    assert "training seeds that both models share" in table


def test_without_seeds_in_common_nothing_is_claimed():
    table = comparison.render(
        {"a": [report([9.0, 9.1])], "b": [report([5.0, 5.1], sampling_seeds=[7, 8])]}
    )
    assert line(table.split("difference")[1], "fid1k_mnist")[1:] == ["-"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"num_fake": 500}, r"num_fake \(1000 and 500\)"), ({"extractor": "other"}, "extractor")],
)
def test_scores_of_two_protocols_never_meet(changes, said):
    with pytest.raises(ValueError, match=said):
        comparison.render({"a": [report([1.0])], "b": [report([1.0], **changes)]})


def test_every_report_of_a_folder_is_checked():
    mixed = [report([1.0], 0, num_fake=500), report([1.0], 1)]
    with pytest.raises(ValueError, match="num_fake"):
        comparison.render({"a": mixed, "b": [report([1.0])]})


def test_a_report_is_called_by_its_folder():
    table = comparison.render({"one/report.json": [report([1.0])], "two/own.json": [report([1.0])]})
    assert table.splitlines()[0].split() == ["one", "own"]


def test_reports_are_found(tmp_path):
    (tmp_path / "report.json").write_text(json.dumps(report([1.0])))
    assert comparison.stored(str(tmp_path)) == comparison.stored(str(tmp_path / "report.json"))
    for seed in range(2):
        (tmp_path / f"seed_{seed}.json").write_text(json.dumps(report([2.0], seed)))
    assert [
        each["scores"]["fid1k_mnist"]["value"] for each in comparison.stored(str(tmp_path))
    ] == [
        2.0,
        2.0,
    ]
    assert comparison.stored("nosuch") is None


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{"])
def test_what_is_no_report_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match="holds no report"):
        comparison.stored(str(tmp_path / "x.json"))
