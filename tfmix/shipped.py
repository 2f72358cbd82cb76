"""Where files that come with tfmix lie."""

import pathlib

_PACKAGE = pathlib.Path(__file__).resolve().parent


def folder(name: str) -> pathlib.Path:
    """The folder of shipped files of this name.

    Args:
        name: Of the folder, such as saved_models.

    Returns:
        The folder inside the package, where a wheel puts it; or else the one beside the package, in
        a checkout, which need not exist.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
