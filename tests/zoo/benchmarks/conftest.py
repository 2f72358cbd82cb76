"""A run of a benchmark."""

import json

import pytest
from PIL import Image


@pytest.fixture
def benchmark(programs, tmp_path):
    """Runs a benchmark; gives what it measured, its page and the names of its plots."""

    def run(name, *flags):
        out = tmp_path / "out"
        result = programs.run(f"zoo.benchmarks.{name}", f"--out={out}", *flags)
        assert result.code == 0, result.err
        page = (out / f"{name}.md").read_text()
        assert page in result.out
        plots = sorted(out.glob("*.png"))
        for plot in plots:
            with Image.open(plot) as picture:
                assert picture.size[0] > 100
        assert len(list(out.iterdir())) == 2 + len(plots)
        measured = json.loads((out / f"{name}.json").read_text())
        assert measured["command"].startswith(f"python -m zoo.benchmarks.{name} --out=")
        return measured, page, [plot.stem for plot in plots]

    return run
