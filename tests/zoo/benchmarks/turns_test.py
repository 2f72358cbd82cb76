"""Contenders that take turns: the protocol, what is left out, medians and ratios."""

import functools

import pytest

from zoo.benchmarks import turns
from zoo.benchmarks.turns import Contender

FAKES = """
import time

def sleeper(seconds):
    def work(number, more=0):
        print("said to nobody")
        time.sleep(seconds * number)
        return lambda: {"done": number + more}
    return work

def missing():
    import nothing_of_this_name

def failing():
    raise ZeroDivisionError
"""


@pytest.fixture(autouse=True)
def fakes(tmp_path, monkeypatch):
    (tmp_path / "fakes.py").write_text(FAKES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_workers_work_answer_and_are_left_out_with_a_reason():
    here, not_here = Contender("fakes:sleeper", {"seconds": 0.01}), Contender("fakes:missing", {})
    started = turns.Workers({"here": here, "not here": not_here})
    with started as workers:
        assert [*workers] == ["here"]
        answer = workers["here"].run(2, more=3)
    assert started.left_out == {"not here": "nothing_of_this_name is not installed"}
    assert answer["done"] == 5
    assert answer["seconds"] >= 0.02 > answer["cpu"]
    assert answer["peak"] > 1e6


def test_a_contender_that_fails_is_named():
    started = turns.Workers({"it": Contender("fakes:failing", {})})
    with pytest.raises(RuntimeError, match="fakes:failing has ended"), started:
        pass


def test_each_call_is_made_in_each_round_beginning_with_another():
    made = []

    def call(name):
        made.append(name)
        return {"seconds": len(made)}

    calls = {name: functools.partial(call, name) for name in "ab"}
    assert turns.take(calls, rounds=2) == {
        "a": [{"seconds": 3}, {"seconds": 6}],
        "b": [{"seconds": 4}, {"seconds": 5}],
    }
    assert "".join(made) == "baabba"


def test_a_ratio_is_of_the_same_round():
    found = {name: [{"seconds": s} for s in each] for name, each in TIMES.items()}
    assert turns.median(found, "a") == 2.0
    assert turns.ratio(found, "b", "a") == 3.0


TIMES = {"a": [1.0, 2.0, 4.0], "b": [3.0, 6.0, 4.0]}


def test_a_whole_process_is_timed_and_its_failure_shown():
    used = turns.process(["-c", "x = bytearray(50_000_000)"])
    assert used["peak"] > 5e7
    assert used["seconds"] > used["cpu"] / 2 > 0
    with pytest.raises(RuntimeError, match="no good"):
        turns.process(["-c", "raise SystemExit('no good')"])
