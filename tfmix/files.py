"""Atomic writes: a file or folder is written beside its place, then renamed into it."""

import contextlib
import errno
import os
import pathlib
import shutil
from collections.abc import Iterator

_BESIDE = ".partial"  # a killed process may leave it; the next write to the same path removes it


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> Iterator[pathlib.Path]:
    """Yields a path to write to, and afterwards moves what was written to `path`.

    The rename happens when the block ends. If the block raises, `path` is unchanged and nothing is
    left beside it. A file may replace a file; a folder may replace nothing.

    Args:
        path: The file or folder to write. Missing parent folders are made.

    Yields:
        A path in the same folder, with the same suffix, at which nothing exists yet.

    Raises:
        OSError: The folder cannot be written to, or a folder would replace `path`.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{_BESIDE}-{path.name}")
    _remove(beside)
    try:
        yield beside
        if beside.is_dir() and path.exists():
            raise FileExistsError(errno.EEXIST, "A folder cannot replace what exists", str(path))
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
    """Ensures that the contents reach the disk before the rename does."""
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
