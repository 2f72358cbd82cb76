"""Files that appear whole or not at all: written beside their place, then renamed into it."""

import contextlib
import errno
import os
import pathlib
import shutil
from collections.abc import Iterator

_BESIDE = ".partial"  # what a killed process may leave; the next writer of the same file clears it


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Gives a path to write to, and puts what was written there in the place of `path`.

    The rename happens when the block ends, and not if it raises: then `path` is as it was before
    and nothing is left beside it. A file may replace a file; a folder only takes a free place.

    Args:
        path: The file or folder to appear. Missing parent folders are made.

    Yields:
        A path in the same folder, with the same suffix, where nothing stands yet.

    Raises:
        OSError: The folder cannot be written to, or a folder already stands at `path`.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{_BESIDE}-{path.name}")
    _remove(beside)
    try:
        yield beside
        if beside.is_dir() and path.exists():
            raise FileExistsError(errno.EEXIST, "A folder only takes a free place", str(path))
        _flush(beside)
        os.replace(beside, path)
    finally:
        _remove(beside)
    _flush_folder(path.parent)


def _remove(path: pathlib.Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _flush(path: pathlib.Path) -> None:
    """Sees to it that the rename cannot reach the disk before the contents do."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            with open(file, "rb") as opened:
                os.fsync(opened.fileno())


def _flush_folder(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
