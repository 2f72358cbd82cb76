"""One way in for every program: flags, errors in one line, exit codes, signals."""

import logging
import os
import pathlib
import signal
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import NoReturn

DONE, DIVERGED, USAGE = 0, 1, 2
_SIGNALLED = 128  # plus the signal's number, as shells have it


def run(main: Callable[[], None]) -> NoReturn:
    """Parses the flags, calls `main`, and exits.

    With --help it prints the docstring of main's module and the module's `FLAGS` instead.

    Exit codes: 0 when it is done, 2 for a user's mistake (a ValueError or OSError, reported in one
    line on standard error), 130 and 143 after SIGINT and SIGTERM. Any other exception is ours,
    and shows its traceback.

    Args:
        main: The program, without arguments.
    """
    signal.signal(signal.SIGTERM, _terminate)
    warnings.showwarning = _show_warning
    module = sys.modules[main.__module__]
    if {"--help", "-h"} & set(sys.argv):
        print(module.FLAGS.help(module.__doc__))
        sys.exit(DONE)
    try:
        module.FLAGS.parse()
        main()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the work is done: only the exit is left
    except (ValueError, OSError) as error:
        fail(error, USAGE)
    except KeyboardInterrupt:
        stopped("Stopped by SIGINT.", signal.SIGINT)
    except _Terminated:
        stopped("Stopped by SIGTERM.", signal.SIGTERM)
    sys.exit(DONE)


def fail(error: object, code: int) -> NoReturn:
    """Says what went wrong, an exception or a text, in one line on standard error, and exits."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would end in a traceback
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}"
    if sys.stdout.isatty():
        print()  # below a progress bar
    print(f"error: {text or type(error).__name__}", file=sys.stderr)
    sys.exit(code)


def stopped(error: object, signum: int) -> NoReturn:
    """Says that a signal ended the work, and exits with 128 + its number."""
    fail(error, _SIGNALLED + signum)


def import_tfmix() -> ModuleType:
    """Imports the library, without the lines that TensorFlow's native code prints at start-up.

    Programs import it when their flags are known to be good: a mistake is answered at once.
    """
    import tensorflow as tf

    import tfmix

    tf.get_logger().setLevel(logging.ERROR)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # TFDS retries, and fails in the end
    logger = logging.getLogger("tfmix")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.handlers = [logging.StreamHandler(sys.stdout)]
    logger.handlers[0].setFormatter(_Lines())
    return tfmix


def check_out(path: pathlib.Path, suffix: str) -> None:
    """Raises a ValueError where a file of this kind cannot be written at a path."""
    if path.suffix.lower() != suffix:
        raise ValueError(f"--out names a {suffix} file. Received: {path}.")
    if path.is_dir():
        raise ValueError(f"--out names a file, and {path} is a folder.")
    folder = next(each for each in path.resolve().parents if each.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise ValueError(f"--out={path} cannot be written: {folder} takes no files.")


class _Lines(logging.Formatter):
    """The library's messages as they are, its warnings below a progress bar."""

    def format(self, record: logging.LogRecord) -> str:
        warned = record.levelno >= logging.WARNING
        return f"\nwarning: {record.getMessage()}" if warned else record.getMessage()


class _Terminated(BaseException):
    """SIGTERM came, as KeyboardInterrupt says that SIGINT did."""


def _terminate(signum: int, frame: object) -> NoReturn:
    raise _Terminated


def _show_warning(message: Warning, *_: object, **__: object) -> None:
    print(f"warning: {' '.join(str(message).split())}", file=sys.stderr)
