"""The page of the cost of a step."""

import pytest

from zoo.benchmarks import step_time


@pytest.mark.slow
def test_models_take_turns_and_the_first_is_the_measure(monkeypatch):
    small = {"generator": {"width": 2}, "discriminator": {"width": 2, "dense_widths": (4,)}}
    monkeypatch.setattr(step_time, "CASES", dict.fromkeys(["one", "other"], ("dcgan_mnist", small)))
    monkeypatch.setattr(step_time, "BASE", "one")
    page = step_time.page({**step_time.measure(2, 1), "hardware": "a machine", "command": "this"})
    assert all(each in page for each in ("| one | ", "| 1.00 |", "| other | "))


def test_ratios_are_of_the_same_round():
    turns = {step_time.BASE: [1.0, 2.0, 4.0], "other": [3.0, 6.0, 4.0]}
    page = step_time.page({"turns": turns, "steps": 8, "hardware": "a machine", "command": "this"})
    assert "| other | 4000 | 3.00 |" in page
