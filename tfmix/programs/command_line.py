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

from absl import app, flags

DONE, DIVERGED, USAGE = 0, 1, 2
_SIGNALLED = 128  # plus the signal's number, as shells have it
_words: list[str] = []  # names of flags that words without a flag belong to


def run(main: Callable[[], None]) -> NoReturn:
    """Parses the flags, calls `main`, and exits.

    Exit codes: 0 when it is done, 2 for a user's mistake (a ValueError or OSError, told in one
    line on standard error), 130 and 143 after SIGINT and SIGTERM. Any other exception is ours,
    and shows its traceback.

    Args:
        main: The program; it reads its flags and takes nothing.
    """
    signal.signal(signal.SIGTERM, _terminate)
    warnings.showwarning = _show_warning
    if {"--help", "-h"} & set(sys.argv):
        sys.modules["__main__"].__doc__ = sys.modules[
            main.__module__
        ].__doc__  # which absl shows above the flags
        app.usage(writeto_stdout=True)
        sys.exit(DONE)
    try:
        _parse(sys.argv)
        main()
    except (ValueError, OSError) as error:
        fail(error, USAGE)
    except KeyboardInterrupt:
        stopped("Stopped by SIGINT.", signal.SIGINT)
    except _Terminated:
        stopped("Stopped by SIGTERM.", signal.SIGTERM)
    sys.exit(DONE)


def define_words(name: str, text: str) -> flags.FlagHolder[list[str] | None]:
    """Defines a flag of several words, as in --compare A B C; --compare=A,B,C is the same."""
    _words.append(name)
    return flags.DEFINE_list(name, None, text)


def fail(error: object, code: int) -> NoReturn:
    """Says what went wrong in one line on standard error, and exits.

    Args:
        error: An exception or a text.
        code: Exit code.
    """
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
    told = logging.getLogger("tfmix")
    told.setLevel(logging.INFO)
    told.propagate = False
    told.handlers = [logging.StreamHandler(sys.stdout)]
    told.handlers[0].setFormatter(_Lines())
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


def progress_bar(unit: str) -> Callable[[int, int], None]:
    """A function of what is done and what there is in all, which shows a bar with the time left.

    Args:
        unit: What is counted.
    """
    import keras

    bar = None

    def progress(done: int, total: int) -> None:
        nonlocal bar
        interval = 0.1 if sys.stdout.isatty() else 15.0
        bar = bar or keras.utils.Progbar(total, unit_name=unit, interval=interval)
        bar.target = total  # more may turn out to be due on the way
        bar.update(done)

    return progress


class _Lines(logging.Formatter):
    """The library's messages as they are, its warnings below a progress bar."""

    def format(self, record: logging.LogRecord) -> str:
        warned = record.levelno >= logging.WARNING
        return f"\nwarning: {record.getMessage()}" if warned else record.getMessage()


class _Terminated(BaseException):
    """SIGTERM came, as KeyboardInterrupt says that SIGINT did."""


def _terminate(signum: int, frame: object) -> NoReturn:
    raise _Terminated


def _parse(arguments: list[str]) -> None:
    try:
        stray = flags.FLAGS(arguments)[1:]
    except flags.Error as error:
        fail(error, USAGE)
    # Configs are read while flags are parsed, and a config is a program: anything may come of it.
    except (Exception, SystemExit) as error:
        key = str(error).strip("\"'")
        if isinstance(error, AttributeError | KeyError) and key.isidentifier():
            fail(
                f"This config has no key '{key}'. tfmix/programs/presets.py lists the keys that "
                "every config has; what else a block's class takes can be set in a config file.",
                USAGE,
            )
        fail(f"The config cannot be read: {type(error).__name__}: {_last_line(error)}", USAGE)
    for name in _words if stray else ():
        if flags.FLAGS[name].present:
            flags.FLAGS[name].value = [*flags.FLAGS[name].value, *stray]
            return
    if stray:
        fail(f"Stray arguments: {' '.join(stray)}. Every argument is a flag, --name=value.", USAGE)


def _last_line(error: Exception) -> str:
    """The line that says what is wrong; ml_collections puts a whole traceback before it."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines and "Traceback" in str(error) else str(error)) or repr(error)


def _show_warning(message: Warning, *_: object, **__: object) -> None:
    print(f"warning: {' '.join(str(message).split())}", file=sys.stderr)
