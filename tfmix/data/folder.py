"""A data set from a folder of pictures of any format, size and mode."""

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
_NAMED = 10  # the most files that a warning names


def load(
    path: str,
    split: str,
    *,
    image_size: int,
    channels: int,
    data_dir: str | os.PathLike | None = None,
) -> ImageSet:
    """Reads every picture in a folder and the folders in it, sorted by path.

    Other files, hidden files and links to folders are ignored. Pictures are rotated as their EXIF
    data say, transparent ones get a white background, and of an animation the first frame is read.
    Pictures that cannot be read, such as damaged ones, are left out with a warning.

    Where all pictures are in sub-folders, and there are at least two at the first level, these are
    the classes, as in `keras.utils.image_dataset_from_directory`: the class of a picture is the
    first folder on its path, and class names are sorted. Otherwise there are no labels.

    Args:
        path: The folder; a leading ~ is the home folder.
        split: `train`, the only one.
        image_size: As in `tfmix.data.load`.
        channels: As in `tfmix.data.load`.
        data_dir: The folder in which decoded pictures are cached; see `tfmix.data.folder_cache`.

    Returns:
        The images. Where pictures were left out, `source` lists their paths inside the folder under
        `unreadable`.
    """
    if split != "train":
        raise ValueError(f"folder:{path} has only the split train. Received: split={split!r}.")
    found = read(path, image_size=image_size, channels=channels, data_dir=data_dir)
    source = {"name": f"folder:{path}", "version": None, "split": split}
    source["count"] = len(found.images)
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
    """Reads pictures as `load` does, with its arguments and errors, and names the file of each."""
    fitting.check(image_size, channels)
    folder = pathlib.Path(os.path.expanduser(path))
    found = folder_cache.pictures(folder, names(folder), image_size, channels, data_dir)
    if found.unreadable:
        _LOGGER.warning(
            "%d of %d pictures in %s cannot be read and are left out: %s.",
            *(len(found.unreadable), len(found.files) + len(found.unreadable)),
            *(folder, _listed(found.unreadable)),
        )
    return found


def names(path: str | os.PathLike) -> list[str]:
    """Paths of the pictures inside a folder, as `cats/1.png`, in the order that `load` reads them.

    Raises:
        ValueError: The folder contains no picture.
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
        # Hidden files are thumbnails, or what macOS notes on a picture, named like the picture.
        and not any(part.startswith(".") for part in file.parts)
        and (folder / file).is_file()
    ]
    if not found:
        raise ValueError(
            f"folder:PATH needs pictures ({' '.join(sorted(_SUFFIXES))}). "
            f"Received: {folder}, which contains none."
        )
    return found


def _classes(files: Sequence[str]) -> tuple[np.ndarray | None, tuple[str, ...] | None]:
    """Labels int32 [N] and class names by sub-folder; None and None where there are none."""
    first = [file.partition("/")[0] for file in files if "/" in file]
    class_names = tuple(sorted(set(first)))
    if len(first) < len(files) or len(class_names) < 2:
        return None, None
    numbers = {name: number for number, name in enumerate(class_names)}
    return np.array([numbers[name] for name in first], np.int32), class_names


def _listed(unreadable: Mapping[str, str]) -> str:
    listed = [
        f"{' '.join(name.split())} ({reason})" for name, reason in list(unreadable.items())[:_NAMED]
    ]
    if len(unreadable) > _NAMED:
        listed.append(f"and {len(unreadable) - _NAMED} more")
    # A file name that is not valid Unicode could not be printed.
    return ", ".join(listed).encode(errors="backslashreplace").decode()
