"""Arrays that are slow to compute, kept in .npz files that may be deleted at any time.

What a file holds is good for one fingerprint: a hash of everything that decides the arrays, such as
the data, the settings and the version of the code. A caller reads, and computes what is not there:

    arrays = cache.load(path, fingerprint)
    if arrays is None:
        arrays = compute()
        cache.save(path, fingerprint, arrays)

A cache never stops a program: where it cannot be read or written, a warning is logged.
"""

import fcntl
import logging
import pathlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from tfmix import files

_LOGGER = logging.getLogger(__name__)
_FINGERPRINT = "fingerprint"  # the array of the file that holds it


def load(path: pathlib.Path, fingerprint: str) -> dict[str, np.ndarray] | None:
    """Reads the arrays that `save` wrote.

    Args:
        path: The file.
        fingerprint: A hash of everything that decides the arrays.

    Returns:
        The arrays by name. None where there is no such file, where it has another fingerprint, and,
        with a warning, where it is damaged or was not written by `save`.
    """
    try:
        if not path.exists():
            return None
        with open(path, "rb") as file, np.load(file) as archive:
            if str(archive[_FINGERPRINT]) != fingerprint:
                return None
            return {name: archive[name] for name in archive.files if name != _FINGERPRINT}
    except Exception as error:  # NumPy raises whatever the damaged part leads to
        _LOGGER.warning("%s cannot be read (%s) and is made again.", path, error)
        return None


def save(path: pathlib.Path, fingerprint: str, arrays: Mapping[str, ArrayLike]) -> None:
    """Writes arrays to a file, which appears whole or not at all and replaces an older one.

    Nothing is written while another process writes to the same folder, since that process may have
    been stopped with its lock in hand. Where the file cannot be written, a warning says so.

    Args:
        path: The file, whose name ends in .npz. Missing folders are made.
        fingerprint: A hash of everything that decides the arrays.
        arrays: The arrays by name, none of them of Python objects.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path.parent / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with files.atomic_write(path) as beside, open(beside, "wb") as file:
                np.savez(file, **{_FINGERPRINT: fingerprint}, **arrays)
    except BlockingIOError:
        return
    except OSError as error:
        _LOGGER.warning("%s is not kept, and will be made again (%s).", path, error)
        return
    _LOGGER.info("%s is kept.", path)
