"""The benchmark of a server with faults."""

import numpy as np
import pytest

from zoo.benchmarks import serving_load
from zoo.benchmarks.serving_load import Answer

pytestmark = pytest.mark.slow

WANTED = [np.full([1, 2, 2, 1], value, np.float32) for value in (0.1, 0.2, 0.3)]


def judged(*answers):
    counts = serving_load.judge([Answer(number, 0.0, images) for number, images in answers], WANTED)
    return {name for name, count in counts.items() if count and name != "answered"}


def test_good_answers_are_counted_as_such():
    assert judged(*enumerate(WANTED)) == set()


def test_an_error_and_a_request_that_nobody_answered_are_lost():
    assert judged((0, WANTED[0]), (1, None), (2, WANTED[2])) == {"lost"}
    assert judged((0, WANTED[0]), (2, WANTED[2])) == {"lost"}


def test_a_bit_is_enough_to_be_wrong():
    assert judged((0, WANTED[0]), (1, np.nextafter(WANTED[1], 1)), (2, WANTED[2])) == {"wrong"}


def test_answers_of_other_requests_and_second_ones_are_seen():
    exchanged = (0, WANTED[1]), (1, WANTED[0]), (2, WANTED[2])
    assert judged(*exchanged) == {"wrong", "exchanged"}
    assert judged(*enumerate(WANTED), (1, WANTED[1])) == {"duplicated"}


def test_a_quick_run_loses_no_answer(benchmark):
    measured, _, plots = benchmark("serving", "--requests=40", "--clients=4", "--seed=1")
    for part in measured["faults"].values():
        assert (part["answered"], part["wrong"], part["lost"], part["duplicated"]) == (40, 0, 0, 0)
        assert len(part["latencies"]) == 40
    assert measured["faults"]["none"]["tries"] == 40 < measured["faults"]["injected"]["tries"]
    assert plots == ["serving"]
