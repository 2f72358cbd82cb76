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


ANSWERS = [*enumerate(WANTED)]


@pytest.mark.parametrize(
    ("answers", "counted"),
    [
        (ANSWERS, set()),
        ([ANSWERS[0], (1, None), ANSWERS[2]], {"lost"}),
        ([ANSWERS[0], ANSWERS[2]], {"lost"}),
        ([ANSWERS[0], (1, np.nextafter(WANTED[1], 1)), ANSWERS[2]], {"wrong"}),  # by a bit
        ([(0, WANTED[1]), (1, WANTED[0]), ANSWERS[2]], {"wrong", "exchanged"}),
        ([*ANSWERS, ANSWERS[1]], {"duplicated"}),
    ],
)
def test_what_goes_wrong_is_counted(answers, counted):
    assert judged(*answers) == counted


def test_a_quick_run_loses_no_answer(benchmark):
    measured, _, plots = benchmark("serving", "--requests=40", "--clients=4", "--seed=1")
    for part in measured["faults"].values():
        assert (part["answered"], part["wrong"], part["lost"], part["duplicated"]) == (40, 0, 0, 0)
        assert len(part["latencies"]) == 40
    assert measured["faults"]["none"]["tries"] == 40 < measured["faults"]["injected"]["tries"]
    assert plots == ["serving"]
