"""The program that trains the shipped extractors."""

import hashlib
import json

import pytest

pytestmark = pytest.mark.slow


def test_an_extractor_is_trained_to_its_floor_and_comes_with_a_card(programs, tmp_path):
    out = tmp_path / "digits"
    result = programs.run("zoo.extractors.train", "--dataset=digits", f"--out={out}")
    assert result.code == 0, result.err
    report = json.loads((out / "report.json").read_text())
    assert report["test_accuracy"] >= report["floor"] == 0.98
    assert report["sha256"] == hashlib.sha256((out / "digits.keras").read_bytes()).hexdigest()
    card = (out / "README.md").read_text()
    assert "reaches the floor of 98.0%" in card
    assert report["sha256"] in card


def test_a_data_set_without_a_recipe_is_refused(programs, tmp_path):
    result = programs.run("zoo.extractors.train", "--dataset=nosuch", f"--out={tmp_path / 'x'}")
    assert result.code == 2
    assert "digits|mnist" in result.err
    assert not (tmp_path / "x").exists()
