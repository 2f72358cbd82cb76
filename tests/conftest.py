import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent

# Imports the library once; each program is a process forked off it, which begins in an instant.
# Nothing of TensorFlow's runtime is started before the fork. Answers its pid, then its exit code.
LAUNCHER = """
import json, os, runpy, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # as tfmix.programs.command_line sets it
import tensorflow_datasets, tfmix, tfmix_cli, tfmix.programs.command_line
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        for number, path in ((1, order["stdout"]), (2, order["stderr"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = order["argv"]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


# Minutes each: begun last, one of them would run on when the other processes have nothing left.
LONG = (
    *("resume_test", "programs_test", "benchmarks_test", "models_programs_test", "evaluate_test"),
    *("own_pictures_test", "small_data_test", "explore_test", "client_test"),
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)  # stable: a file's tests stay together


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory):
    """Programs and tests keep what they cache here, and not in the user's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield


@dataclasses.dataclass
class Result:
    """What a program left behind: its exit code, negative for a signal, and what it printed."""

    code: int
    out: str
    err: str


class Programs:
    """Runs programs of zoo/ as a user does from the command line, one at a time."""

    def __init__(self, folder: pathlib.Path):
        self.out, self.err = folder / "out", folder / "err"
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )

    def run(self, module: str, *arguments: object) -> Result:
        self.start(module, *arguments)
        return self.wait()

    def start(self, module: str, *arguments: object) -> int:
        order = {
            "module": module,
            "argv": [module, *map(str, arguments)],
            "stdout": str(self.out),
            "stderr": str(self.err),
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def wait(self) -> Result:
        code = int(self.process.stdout.readline())
        return Result(code, self.out.read_text(), self.err.read_text())


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """Runs a program: programs.run("zoo.train", "--config=...") gives code, out and err."""
    programs = Programs(tmp_path_factory.mktemp("programs"))
    with programs.process:  # closes its pipes, at which it ends
        yield programs


@pytest.fixture(scope="session")
def tfds_dir():
    """A folder with mnist, fashion_mnist and cifar10 as TFDS prepares them."""
    beside = ROOT.parent / "shared" / "tfds"
    folder = pathlib.Path(os.environ.get("TFDS_DATA_DIR", beside))
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no prepared data sets in {folder}: set TFDS_DATA_DIR to a folder of them")
    return folder
