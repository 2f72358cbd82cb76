"""The page of the cost of the implicit gradient."""

import pytest

from zoo.benchmarks import implicit_gradient


@pytest.mark.slow
def test_all_forms_run(monkeypatch):
    for name, value in {"K": 2, "D": 3, "BATCH": 4, "COMPONENTS": (1, 2)}.items():
        monkeypatch.setattr(implicit_gradient, name, value)
    shapes = {"Normal": None, "Student-t": (2, 3)}
    monkeypatch.setattr(implicit_gradient, "DF", shapes)
    record = {**implicit_gradient.measure(1, 2), "hardware": "a machine", "command": "this"}
    page = implicit_gradient.page(record)
    assert all(
        f"| {family} | {form} |" in page for family in shapes for form in implicit_gradient.FORMS
    )


def test_ratios_are_of_the_same_turn():
    theirs = [{"seconds": each, "cpu": 1.0} for each in (1.0, 2.0, 4.0)]
    ours = [{"seconds": a, "cpu": b} for a, b in ((0.1, 0.2), (0.5, 0.1), (2.0, 0.3))]
    forms = {implicit_gradient.TFP: theirs, "given": ours}
    record = {"families": {"Normal": forms}, "growth": {"1": ours, "10": theirs}}
    page = implicit_gradient.page({**record, "hardware": "a machine", "command": "this"})
    assert "| Normal | given | 500.00 | 100.00 | 100.00 | 4 |" in page
    assert "| 1 | 500.00 | 100.00 | 100.00 | 0.200 |" in page
