"""A page on this machine to look around in a model: components, scale, seeds, classes.

tfmix explore --model=deligan_mnist

The page is served to this machine alone, asks nothing of any other, and ends with Ctrl-C.
"""

import importlib.util
import os
import socket
import tempfile

from tfmix import loading
from tfmix.programs import command_line
from tfmix.programs.flags import Flags

FLAGS = Flags()
_MODEL = FLAGS.string(
    "model", None, f"The model to begin with; default: the first shipped one. {loading.HELP}"
)
_PORT = FLAGS.integer("port", 7860, "Where on this machine.", 1, 65_535)
_HOST = "127.0.0.1"
# Gradio reads these when it is imported.
_OFFLINE = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}


def main() -> None:
    """Serves the page until a signal comes."""
    names = loading.names()
    if _MODEL.value is None and not names:
        raise ValueError("saved_models/ holds no model. Give one of your own: --model=PATH.")
    first = _MODEL.value or names[0]
    path = loading.find(first).resolve()
    if path in map(loading.find, names):  # under the one name that the page gives it
        first = path.parent.name
    if importlib.util.find_spec("gradio") is None:
        raise ValueError("The page is made by Gradio: pip install 'tfmix[explore]'.")
    _check_free(_PORT.value)

    command_line.import_tfmix()
    with tempfile.TemporaryDirectory() as uploads:
        os.environ.update(_OFFLINE, GRADIO_TEMP_DIR=uploads)
        from tfmix.explorer import page

        page.serve(names, first, host=_HOST, port=_PORT.value)


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        # As the server will: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            another = f"Give another one: --port={port % 65_535 + 1}."
            raise ValueError(
                f"Port {port} cannot be served ({error.strerror}). {another}"
            ) from None
