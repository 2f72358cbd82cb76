import contextlib
import json
import shutil

import keras
import numpy as np
import pytest

import tfmix
from tests.training.tiny import VALIDATED


class Finished:
    """A run of VALIDATED: its model and its workdir, of which each test takes a copy to change."""

    def __init__(self, workdir):
        self.workdir = workdir
        self.model = tfmix.training.train(VALIDATED, workdir)

    def copied(self, to, newest=6):
        """A copy of the workdir that has got as far as this step, 4 or 6."""
        shutil.copytree(self.workdir, to, dirs_exist_ok=True)
        if newest < 6:
            (to / "checkpoints" / "step_00000006.keras").unlink()
        return to


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return Finished(tmp_path_factory.mktemp("run") / "workdir")


def values(variables):
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.fixture
def same():
    """Whether two models have the same weights, bit by bit."""

    def compare(one, other):
        pairs = zip(values(one.variables), values(other.variables), strict=True)
        return all(np.array_equal(a, b) for a, b in pairs)

    return compare


@pytest.fixture
def unchanged():
    """Checks that what is done inside `with unchanged(*variables):` changes none of them."""

    @contextlib.contextmanager
    def check(*variables):
        before = values(variables)
        yield
        for value, expected in zip(values(variables), before, strict=True):
            np.testing.assert_array_equal(value, expected)

    return check


@pytest.fixture
def lines():
    """Reads the lines of a workdir's log, or of its evaluations."""

    def read(workdir, name="log"):
        return [*map(json.loads, (workdir / f"{name}.jsonl").read_text().splitlines())]

    return read
