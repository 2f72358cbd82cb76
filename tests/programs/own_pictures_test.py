"""A user's own folder: 300 pictures as they come, from one command to a sample grid."""

import json

import numpy as np
import pytest
from PIL import Image

SMALL = [
    "--config.image_size=32",
    "--config.batch_size=8",
    "--config.num_steps=4",
    "--config.evaluate_every=2",
    "--config.log_every=2",
    "--config.generator.width=2",
    "--config.discriminator.width=2",
]
BROKEN = 8


def picture(number: int, generator: np.random.Generator) -> Image.Image:
    """A coloured square on a ground of another colour, at a place of its own."""
    width, height = (int(side) for side in generator.integers(40, 120, size=2))
    image = np.empty([height, width, 3], np.uint8)
    image[:] = generator.integers(0, 256, size=3)
    top, left = generator.integers(0, 30, size=2)
    image[top : top + 20, left : left + 20] = generator.integers(0, 256, size=3)
    return Image.fromarray(image)


def save(image: Image.Image, kind: int, stem) -> None:
    """One of the ways in which pictures lie about."""
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright
    deep = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    rgba = image.convert("RGBA")
    rgba.putalpha(image.convert("L"))
    frames = [image.rotate(angle) for angle in (90, 180)]
    way, suffix, how = (
        (image, "jpg", {"exif": exif}),
        (image, "jpg", {"progressive": True}),
        (image, "png", {}),
        (image, "webp", {}),
        (image, "bmp", {}),
        (rgba, "png", {}),
        (rgba, "webp", {}),
        (image.convert("CMYK"), "jpg", {}),
        (image.convert("CMYK"), "tif", {}),
        (image.quantize(16), "png", {}),
        (image.quantize(16), "gif", {}),
        (image, "gif", {"save_all": True, "append_images": frames}),
        (image.convert("L"), "png", {}),
        (image.convert("LA"), "png", {}),
        (image.convert("1"), "png", {}),
        (deep, "png", {}),
        (deep, "tif", {}),
    )[kind % 17]
    way.save(f"{stem}.{suffix}", **how)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mine") / "holiday 2024"
    (folder / "more").mkdir(parents=True)
    generator = np.random.default_rng(0)
    for number in range(300 - BROKEN):
        where = folder if number % 3 else folder / "more"
        save(picture(number, generator), number, where / f"picture_{number:03d}")
    whole = (folder / "picture_001.jpg").read_bytes()
    for number in range(BROKEN):
        content = (b"", b"no picture", whole[:200], whole[: len(whole) // 2])[number % 4]
        (folder / f"broken_{number}.jpg").write_bytes(content)
    (folder / "notes.txt").write_text("where these come from")
    return folder


@pytest.fixture(scope="module")
def run(folder, programs, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run") / "workdir"
    arguments = [f"--config.dataset=folder:{folder}", f"--workdir={workdir}", *SMALL]
    return programs.run("zoo.train", "--config=small_100", *arguments), workdir


def test_one_command_leads_from_pictures_to_a_grid(run):
    result, workdir = run
    assert result.code == 0, result.err
    with Image.open(workdir / "samples" / "step_00000004.png") as grid:
        assert grid.mode == "RGB"
        assert min(grid.size) >= 10 * 32
    config = json.loads((workdir / "config.json").read_text())
    assert config["model"]["augment"] == "default"


def test_what_cannot_be_read_is_named_and_counted(run):
    result, _ = run
    (warning,) = [line for line in result.out.splitlines() if "broken_0.jpg" in line]
    assert f"{BROKEN} of 300" in warning
    assert "broken_7.jpg" in warning


def test_the_time_it_takes_is_told_before_it_begins(run):
    result, _ = run
    said = result.out + result.err
    assert said.index("4 steps of 8 images: about ") < said.index("Step 2: val_kid")


def test_held_out_pictures_are_scored_without_an_extractor_of_their_own(run):
    _, workdir = run
    lines = [json.loads(each) for each in (workdir / "evaluations.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4]
    assert all(0 <= line["val_copies"] <= 1 for line in lines)
    protocol = json.loads((workdir / "best.json").read_text())["protocol"]
    assert (protocol["extractor"], protocol["num_real"]) == ("cifar10", 20)
    log = [json.loads(each) for each in (workdir / "log.jsonl").read_text().splitlines()]
    assert all(line.keys() >= {"train_logit", "held_out_logit", "r_t"} for line in log)


def test_a_run_begins_from_another_with_layers_held(run, folder, programs, tmp_path):
    _, first = run
    result = programs.run(
        *("zoo.train", "--config=small_500", *SMALL),
        *(f"--config.dataset=folder:{folder / 'more'}", f"--workdir={tmp_path / 'tuned'}"),
        *(f"--init_from={first}", "--config.model.frozen_layers=2"),
    )
    assert result.code == 0, result.err
    assert f"Starting from {first / 'model.keras'}." in result.out
    assert "re-initialised" not in result.out
    assert len(list((tmp_path / "tuned" / "samples").iterdir())) == 1


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--init_from=nosuch", "There is no model at"),
        ("--init_from=deligan_mnist", "draws z of width 30"),
    ],
)
def test_a_model_that_it_cannot_start_from_is_refused(folder, refused, tmp_path, flag, said):
    arguments = [f"--config.dataset=folder:{folder}", f"--workdir={tmp_path / 'x'}", *SMALL, flag]
    refused("zoo.train", "--config=small_100", *arguments, said=said)
    assert not (tmp_path / "x").exists()
