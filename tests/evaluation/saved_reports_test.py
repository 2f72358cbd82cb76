import json
import pathlib

import pytest

from tfmix.evaluation import report_text, saved_reports

ROOT = pathlib.Path(__file__).parents[2]
SAVED = sorted(ROOT.glob("saved_models/*/report.json")) + sorted(ROOT.glob("zoo/results/*/*.json"))


def test_reports_of_earlier_versions_are_read_as_of_today():
    assert len(SAVED) > 20
    for path in SAVED:
        before, report = json.loads(path.read_text()), saved_reports.read(path)
        assert report["reference"] == before["floor"]
        assert "settings" not in report["protocol"]
        assert all("settings" in score for score in report["scores"].values())
        for name, score in before["scores"].items():
            assert report["scores"][name]["runs"] == score["runs"]
            assert name in report_text.console(report)
    settings = saved_reports.read(ROOT / "saved_models/gmgan_mnist/report.json")["scores"]
    assert settings["precision10k_mnist"]["settings"] == {"k": 3}


def test_a_folder_holds_one_report_or_one_for_each_training_seed(tmp_path):
    assert saved_reports.read_folder(tmp_path) == []
    (tmp_path / "report.json").write_text('{"scores": {"a": 1}}')
    assert saved_reports.read_folder(tmp_path) == [{"scores": {"a": 1}}]
    for seed in range(2):
        (tmp_path / f"seed_{seed}.json").write_text(json.dumps({"scores": {"a": seed}}))
    found = saved_reports.read_folder(tmp_path)
    assert [each["scores"]["a"] for each in found] == [0, 1]


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"no report at .*nosuch\.json"):
        saved_reports.read(tmp_path / "nosuch.json")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{"])
def test_what_is_no_report_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(ValueError, match="holds no report"):
        saved_reports.read(tmp_path / "x.json")
