"""The way into the programs of tfmix: `tfmix train --config=...`, `python -m zoo.train ...`.

It stands beside the package because it has to act before TensorFlow is imported, which importing
anything of tfmix does.
"""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import NoReturn

PROGRAMS = {
    "train": "Trains a model from a config, or goes on with a run.",
    "sample": "Draws images from a model into one picture, or into shards.",
    "evaluate": "Scores a model, or images of any generator.",
    "export": "Exports a trained model for Python and for TensorFlow Serving.",
    "cluster": "Sorts a folder of pictures into the components of a model.",
    "explore": "Shows a model on a local web page.",
    "check": "Says whether this processor gives an image the same bits in any way.",
}


def main() -> NoReturn:
    """The console command `tfmix`: its first argument names a program."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name in ("--help", "-h"):
        lines = [f"  {program:10}{what}" for program, what in PROGRAMS.items()]
        print("Usage: tfmix PROGRAM [--flag=value ...]\n\n" + "\n".join(lines))
        print("\ntfmix PROGRAM --help lists the flags of a program.")
        sys.exit(0)
    if name not in PROGRAMS:
        known = ", ".join(PROGRAMS)
        print(f"error: tfmix has the programs {known}. Received: {name}.", file=sys.stderr)
        sys.exit(2)
    sys.argv[:2] = [f"tfmix {name}"]  # as records of results name their command
    import_quietly()
    from tfmix.programs import command_line

    command_line.run(importlib.import_module(f"tfmix.programs.{name}").main)


def import_quietly() -> None:
    """Imports tfmix without the lines that TensorFlow's native code prints at start-up."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _native_stderr_held():
        import tfmix  # noqa: F401


@contextlib.contextmanager
def _native_stderr_held() -> Iterator[None]:
    """Holds back what goes to file descriptor 2; gives it out where an exception is raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


if __name__ == "__main__":
    main()
