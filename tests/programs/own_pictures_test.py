"""A user's own folder: 300 pictures as they come, from one command to a sample grid."""

import json

import numpy as np
import pytest
from PIL import Image

SMALL = [
    *("--config.image_size=32", "--config.batch_size=8", "--config.num_steps=4"),
    *("--config.evaluate_every=2", "--config.log_every=2"),
    *("--config.generator.width=2", "--config.discriminator.width=2"),
]
BROKEN = 8


def picture(generator: np.random.Generator) -> Image.Image:
    """A coloured square on a ground of another colour, at a place of its own."""
    width, height = (int(side) for side in generator.integers(40, 120, size=2))
    ground, square = (tuple(each) for each in generator.integers(0, 256, size=[2, 3]).tolist())
    image = Image.new("RGB", (width, height), ground)
    left, top = (int(side) for side in generator.integers(0, 30, size=2))
    image.paste(square, (left, top, left + 20, top + 20))
    return image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of several modes and formats; tests/data/folder_test.py reads every kind."""
    folder = tmp_path_factory.mktemp("mine") / "holiday 2024"
    (folder / "more").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(300 - BROKEN):
        where = folder if number % 3 else folder / "more"
        mode, suffix = (("RGB", "jpg"), ("L", "png"), ("RGBA", "webp"), ("P", "gif"))[number % 4]
        picture(generator).convert(mode).save(where / f"picture_{number:03d}.{suffix}")
    whole = (folder / "picture_004.jpg").read_bytes()
    for number in range(BROKEN):
        content = (b"", b"no picture", whole[:200], whole[: len(whole) // 2])[number % 4]
        (folder / f"broken_{number}.jpg").write_bytes(content)
    (folder / "notes.txt").write_text("where these come from")
    return folder


@pytest.fixture(scope="module")
def run(folder, programs, tmp_path_factory):
    """What the program printed, and its workdir."""
    workdir = tmp_path_factory.mktemp("run") / "workdir"
    arguments = [f"--config.dataset=folder:{folder}", f"--workdir={workdir}", *SMALL]
    result = programs.run("zoo.train", "--config=small_100", *arguments)
    assert result.code == 0, result.err
    return result.out + result.err, workdir


@pytest.mark.slow
def test_one_command_leads_from_pictures_to_a_grid(run):
    _, workdir = run
    with Image.open(workdir / "samples" / "step_00000004.png") as grid:
        assert grid.mode == "RGB"
        assert min(grid.size) >= 10 * 32
    config = json.loads((workdir / "config.json").read_text())
    assert config["model"]["augment"] == "default"


def test_it_tells_what_cannot_be_read_and_how_long_it_takes(run):
    said, _ = run
    (warning,) = [line for line in said.splitlines() if "broken_0.jpg" in line]
    assert f"{BROKEN} of 300" in warning
    assert "broken_7.jpg" in warning
    assert said.index("4 steps of 8 images: about ") < said.index("Step 2: val_kid")


def test_held_out_pictures_are_scored_without_an_extractor_of_their_own(run):
    _, workdir = run
    lines, log = (
        [*map(json.loads, (workdir / f"{name}.jsonl").read_text().splitlines())]
        for name in ("evaluations", "log")
    )
    assert [line["step"] for line in lines] == [2, 4]
    assert all(0 <= line["val_copies"] <= 1 for line in lines)
    assert all(line.keys() >= {"train_logit", "held_out_logit", "r_t"} for line in log)
    protocol = json.loads((workdir / "best.json").read_text())["protocol"]
    assert (protocol["extractor"], protocol["num_real"]) == ("cifar10", 20)


def test_a_model_that_it_cannot_start_from_is_refused(folder, refused, tmp_path):
    arguments = [f"--config.dataset=folder:{folder}", f"--workdir={tmp_path / 'x'}", *SMALL]
    flag, said = "--init_from=deligan_mnist", "draws z of width 30"
    refused("zoo.train", "--config=small_100", *arguments, flag, said=said)
    said = "no model named nosuch"
    refused("zoo.train", "--init_from=nosuch", "--config=small_100", *arguments, said=said)
    assert not (tmp_path / "x").exists()
