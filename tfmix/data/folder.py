"""A folder of pictures of any format, size and mode: somebody's own few hundred images."""

import logging
import os
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from tfmix.data import fitting, folder_cache
from tfmix.data.decoding import Pictures
from tfmix.data.image_set import ImageSet

_LOGGER = logging.getLogger(__name__)
_SUFFIXES = {
    *(".avif", ".bmp", ".gif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
    *(".pbm", ".pgm", ".ppm"),
}
_NAMED = 10  # files in a warning


def load(
    path: str,
    split: str,
    *,
    image_size: int,
    channels: int,
    data_dir: str | os.PathLike | None = None,
) -> ImageSet:
    """Reads every picture in a folder and the folders in it, sorted by path.

    Files of other kinds, hidden ones and links to folders are passed over. Pictures are turned as
    their EXIF data say, laid on white where they are transparent, and of an animation the first
    frame counts. Those that cannot be read, such as damaged ones, are left out, with a warning.

    Where all of them lie in sub-folders, and those of the first level are two or more, these are
    the classes, as `keras.utils.image_dataset_from_directory` has it: a picture's class is the
    first folder on its path, and class names are sorted. Otherwise there are no labels.

    Args:
        path: The folder; a leading ~ is the home folder.
        split: `train`; there is no other.
        image_size: As in `tfmix.data.load`.
        channels: As in `tfmix.data.load`.
        data_dir: Where decoded pictures are kept; see `tfmix.data.folder_cache`.

    Returns:
        The images, with labels where sub-folders tell them. Where pictures were left out, `source`
        has their paths inside the folder under `unreadable`.

    Raises:
        ValueError: Another split, no picture, none that can be read, or sizes that differ without
            an `image_size` to bring them to.
        OSError: There is no such folder.
    """
    if split != "train":
        raise ValueError(f"folder:{path} has the split train alone. Received: split={split!r}.")
    found = read(path, image_size=image_size, channels=channels, data_dir=data_dir)
    source = {
        "name": f"folder:{path}",
        "version": None,
        "split": split,
        "count": len(found.images),
    }
    if found.unreadable:
        source["unreadable"] = list(found.unreadable)
    return ImageSet(found.images, *_classes(found.files), source)


def read(
    path: str | os.PathLike,
    *,
    image_size: int,
    channels: int,
    data_dir: str | os.PathLike | None = None,
) -> Pictures:
    """Reads pictures as `load` does, and says which file each is of.

    Args:
        path: As of `load`.
        image_size: As of `load`.
        channels: As of `load`.
        data_dir: As of `load`.

    Raises:
        ValueError: As of `load`, or a bad size or number of channels.
        OSError: There is no such folder.
    """
    fitting.check(image_size, channels)
    folder = pathlib.Path(os.path.expanduser(path))
    found = folder_cache.pictures(folder, names(folder), image_size, channels, data_dir)
    if found.unreadable:
        count = len(found.files) + len(found.unreadable)
        _LOGGER.warning(
            "%d of %d pictures in %s cannot be read and are left out: %s.",
            len(found.unreadable),
            count,
            folder,
            _listed(found.unreadable),
        )
    return found


def names(path: str | os.PathLike) -> list[str]:
    """Finds the pictures in a folder and the folders in it, in the order that `load` reads them.

    Args:
        path: The folder; a leading ~ is the home folder.

    Returns:
        Their paths inside the folder, as `cats/1.png`.

    Raises:
        ValueError: It holds no picture.
        OSError: There is no such folder.
    """
    folder = pathlib.Path(os.path.expanduser(path))
    if not folder.is_dir():
        raise FileNotFoundError(f"folder:PATH needs a folder. Received: {folder}, which is none.")
    inside = sorted(file.relative_to(folder) for file in folder.rglob("*"))
    found = [
        file.as_posix()
        for file in inside
        if file.suffix.lower() in _SUFFIXES
        # Hidden files are thumbnails and macOS's notes on a picture, named like the picture.
        and not any(part.startswith(".") for part in file.parts)
        and (folder / file).is_file()
    ]
    if not found:
        raise ValueError(
            f"folder:PATH needs pictures ({' '.join(sorted(_SUFFIXES))}). "
            f"Received: {folder}, which holds none."
        )
    return found


def _classes(files: Sequence[str]) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    """Labels int32 [N] and class names by sub-folder; None and None without."""
    first = [file.partition("/")[0] for file in files if "/" in file]
    class_names = tuple(sorted(set(first)))
    if len(first) < len(files) or len(class_names) < 2:
        return None, None
    numbers = {name: number for number, name in enumerate(class_names)}
    return np.array([numbers[name] for name in first], np.int32), class_names


def _listed(unreadable: Mapping[str, str]) -> str:
    told = [
        f"{' '.join(name.split())} ({reason})" for name, reason in list(unreadable.items())[:_NAMED]
    ]
    if len(unreadable) > _NAMED:
        told.append(f"and {len(unreadable) - _NAMED} more")
    # A name that is no text would keep the line from being printed.
    return ", ".join(told).encode(errors="backslashreplace").decode()
