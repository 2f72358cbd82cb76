"""What `tfmix explore` refuses before it serves the page."""

import socket
import sys

import pytest


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--model=saved_models/nothing", "There is no model at saved_models/nothing"),
        ("--port=70000", "port"),
        ("--port={busy}", "Port {busy}"),
    ],
)
def test_mistakes_are_answered_in_one_line(refused, flag, said):
    with socket.create_server(("127.0.0.1", 0)) as server:
        busy = server.getsockname()[1]
        refused("zoo.explore", flag.format(busy=busy), said=said.format(busy=busy))


def test_without_gradio_it_says_how_to_get_it(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    refused("zoo.explore", said="pip install 'tfmix[explore]'")
