import contextlib
import dataclasses
import gc
import io
import json
import logging
import os
import pathlib
import runpy
import signal
import subprocess
import sys
import warnings

import pytest

ROOT = pathlib.Path(__file__).parent.parent

# Imports the library once; each program is a process forked off it, which begins in an instant.
# Nothing of TensorFlow's runtime is started before the fork. Answers its pid, then its exit code.
# The child leaves by os._exit: an interpreter's shutdown with TensorFlow loaded takes seconds.
LAUNCHER = """
import gc, json, os, runpy, signal, sys, traceback
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # as tfmix_cli sets it
import tensorflow_datasets, tfmix, tfmix_cli, tfmix.programs.command_line
gc.set_threshold(200_000, 20, 10)  # as in these tests
gc.freeze()
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        for number, path in ((1, order["stdout"]), (2, order["stderr"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        # A shell starts what runs in its background with SIGINT ignored, and so would this.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = order["argv"]
        code = 1
        try:
            runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        except SystemExit as done:
            code = done.code
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


# Half a minute and more each: one that begins last would run on when others have nothing left.
LONG = (
    *("resume_test", "page_test", "kinds_of_models_test", "own_pictures_test", "conformance_test"),
    *("catalogue_test", "evaluate_test", "cluster_test", "client_test", "train_test"),
    *("docs_test", "runs_test", "saved_models_test", "wheel_test"),
)


# Graphs are so many objects that to look for garbage every 700 of them took a fifth of the time.
gc.set_threshold(200_000, 20, 10)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONG)  # stable: a file's tests stay together
    gc.freeze()  # what is imported is none


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
    """Runs programs in this process, with all that a user would see of them."""

    def run(self, module: str, *arguments: object) -> Result:
        out, err = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _as_before(),
        ):
            patch.setattr(sys, "argv", [module, *map(str, arguments)])
            with pytest.raises(SystemExit) as done:
                runpy.run_module(module, run_name="__main__", alter_sys=True)
        return Result(done.value.code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _as_before():
    """Undoes what a program sets for its process: signals, warnings and loggers."""
    loggers = [logging.getLogger(name) for name in ("tfmix", "tensorflow", "urllib3")]
    kept = [(each.level, each.propagate, each.handlers) for each in loggers]
    handlers = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # a program's user is warned, not stopped
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", module="runpy")  # of modules that a test imports too
        try:
            yield
        finally:
            for logger, (logger.level, logger.propagate, logger.handlers) in zip(
                loggers, kept, strict=True
            ):
                logger.manager._clear_cache()
            for signum, handler in handlers.items():
                signal.signal(signum, handler)


class Processes:
    """Runs programs as processes of their own, one at a time, for what only a process can show."""

    def __init__(self, folder: pathlib.Path):
        self.out, self.err = folder / "out", folder / "err"
        self.launcher = subprocess.Popen(
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
        self.launcher.stdin.write(json.dumps(order) + "\n")
        self.launcher.stdin.flush()
        return int(self.launcher.stdout.readline())

    def wait(self) -> Result:
        code = int(self.launcher.stdout.readline())
        return Result(code, self.out.read_text(), self.err.read_text())


@pytest.fixture(scope="session")
def programs():
    """Runs a program here: programs.run("zoo.train", "--config=...") gives code, out and err."""
    return Programs()


@pytest.fixture(scope="session")
def processes(tmp_path_factory):
    """Runs a program as a process: processes.start(...) gives its pid, processes.wait() its end."""
    processes = Processes(tmp_path_factory.mktemp("processes"))
    with processes.launcher:  # closes its pipes, at which it ends
        yield processes


@pytest.fixture(scope="session")
def tfds_dir():
    """A folder with mnist, fashion_mnist and cifar10 as TFDS prepares them."""
    beside = ROOT.parent / "shared" / "tfds"
    folder = pathlib.Path(os.environ.get("TFDS_DATA_DIR", beside))
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no prepared data sets in {folder}: set TFDS_DATA_DIR to a folder of them")
    return folder
