"""zoo.evaluate of a model: the report that it writes, and what it refuses."""

import json

import pytest
from PIL import Image


def test_a_report_is_written_and_shown(programs, exported, tmp_path):
    out = tmp_path / "report.json"
    result = programs.run(
        "zoo.evaluate", f"--model={exported}", "--seeds=0,1", "--cache=", f"--out={out}"
    )
    assert result.code == 0, result.err
    assert "fid500_digits" in result.out
    report = json.loads(out.read_text())
    assert report["model"]["provenance"]["config"]["num_steps"] == 4
    assert report["protocol"]["sampling_seeds"] == [0, 1]
    assert report["command"].startswith("python -m zoo.evaluate --model=")
    assert {"tensorflow", "keras"} <= set(report["versions"])
    page = (tmp_path / "report.md").read_text()
    assert "| fid500_digits |" in page
    assert "Left out: quality, diversity: it takes 256 real images of each class" in page
    assert "![Figures](report.png)" in page
    with Image.open(tmp_path / "report.png") as picture:
        assert min(picture.size) > 1000
    assert sum(map(sum, report["components"])) == 1000


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--dataset=nosuch"], "nosuch"),
        (["--dataset=folder:tests"], "folder"),
        (["--seeds=0,0"], "all different"),
        (["--seeds=a"], "--seeds"),
        (["--num=1"], "At least 2 images"),
        (["--extractor=nosuch"], "cifar10, digits"),
        (["--compare=a,b"], "either --model=NAME or --compare A B C"),
        (["--out=report.txt"], ".json"),
        (["--image_size=9"], "size of its own"),
    ],
)
def test_refuses_in_one_line_and_writes_nothing(refused, exported, tmp_path, flags, said):
    out = tmp_path / "report.json"
    refused("zoo.evaluate", f"--model={exported}", f"--out={out}", *flags, said=said)
    assert not out.exists()
