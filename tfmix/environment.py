"""The command, the versions and the hardware by which a result came about."""

import importlib.metadata
import os
import platform
import sys

_PACKAGES = (
    "tfmix",
    "tensorflow",
    "keras",
    "tensorflow-probability",
    "tensorflow-gan",
    "tensorflow-datasets",
    "numpy",
)


def record() -> dict[str, object]:
    """The command, the versions and the hardware of this process, as JSON can hold them."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus]
    cores = len(os.sched_getaffinity(0))  # that this process may use, not all that there are
    versions = {package: importlib.metadata.version(package) for package in _PACKAGES}
    return {
        "command": _command(),
        "versions": {"python": platform.python_version(), **versions},
        "hardware": ", ".join(map(str, names)) or f"{cores} CPU core{'s' * (cores > 1)}",
    }


def _command() -> str:
    """How this process was started: `python -m MODULE ...`, `tfmix PROGRAM ...` or a script."""
    module = sys.modules["__main__"].__spec__
    if module is not None:
        return " ".join(["python -m", module.name.removesuffix(".__main__"), *sys.argv[1:]])
    return " ".join(["python", *sys.argv] if sys.argv[0].endswith(".py") else sys.argv).strip()
