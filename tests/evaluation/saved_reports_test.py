import json
import pathlib

import pytest

from tests.evaluation.conftest import refuses
from tfmix.evaluation import report_text, saved_reports

REPORTS = pathlib.Path(__file__).parents[1] / "goldens" / "reports"  # of earlier versions


def test_reports_of_earlier_versions_are_read_as_of_today():
    for name in ("first", "later"):
        path = REPORTS / f"{name}.json"
        before, report = json.loads(path.read_text()), saved_reports.read(path)
        assert report["reference"] == before["floor"]
        assert "settings" not in report["protocol"]
        assert all("settings" in score for score in report["scores"].values())
        for name, score in before["scores"].items():
            assert report["scores"][name]["runs"] == score["runs"]
            assert name in report_text.console(report)
    settings = saved_reports.read(REPORTS / "later.json")["scores"]
    assert settings["precision10k_mnist"]["settings"] == {"k": 3}


def test_a_folder_holds_one_report_or_one_for_each_training_seed(tmp_path):
    assert saved_reports.read_folder(tmp_path) == []
    for name, seed, found in (("report", 1, [1]), ("seed_1", 1, [1]), ("seed_0", 0, [0, 1])):
        (tmp_path / f"{name}.json").write_text(json.dumps({"scores": {"a": seed}}))
        reports = saved_reports.read_folder(tmp_path)
        assert reports == [{"scores": {"a": each}} for each in found]


@pytest.mark.parametrize("text", [None, "", "{}", "[1]", "{"])
def test_what_is_no_report_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "x.json").write_text(text)
    said = r"no report at .*x\.json" if text is None else "holds no report"
    refuses(saved_reports.read, tmp_path / "x.json", said=said)
