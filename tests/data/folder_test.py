import json
import os
import pathlib
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfmix import data
from tfmix.data import decoding
from tfmix.data import folder as folders


def load(folder, split="train", **arguments):
    return data.load(f"folder:{folder}", split, **arguments)


def only(folder):
    """The one picture of a folder, [H, W, C]."""
    (image,) = load(folder).images
    return image


def save(folder, *names):
    """Saves grey pictures, the first black, each next one lighter by 1; other files are empty."""
    for value, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt" or "damaged" in name:
            path.touch()
        else:
            Image.new("L", (3, 2), value).save(path)


def test_reads_sorted_by_path_and_recursively_and_names_the_files(tmp_path):
    save(tmp_path, "a/2.png", "a/3.bmp", "b.GIF", "c.damaged.png", "d.tif")
    found = folders.read(tmp_path, image_size=0, channels=1)
    assert found.files == ("a/2.png", "a/3.bmp", "b.GIF", "d.tif")
    assert list(found.unreadable) == ["c.damaged.png"]
    np.testing.assert_array_equal(found.images[:, 0, 0, 0], [0, 1, 2, 4])
    images = load(tmp_path)
    np.testing.assert_array_equal(images.images, found.images)
    assert images.images.shape == (4, 2, 3, 1)
    source = {"name": f"folder:{tmp_path}", "version": None, "split": "train", "count": 4}
    source["unreadable"] = ["c.damaged.png"]
    assert json.loads(json.dumps(images.source)) == source


def test_sub_folders_are_classes_as_in_keras(tmp_path):
    save(tmp_path, "b/1.png", "a/1.png", "c b/1.png", "B/1.png", "c b/2.png", "10/1.png")
    save(tmp_path, "9/1.png", "9/deep/er/1.png")
    images = load(tmp_path)
    assert images.class_names == ("10", "9", "B", "a", "b", "c b")
    assert images.labels.dtype == np.int32
    assert images.labels.tolist() == [0, 1, 1, 2, 3, 4, 5, 5]
    theirs = keras.utils.image_dataset_from_directory(
        tmp_path, batch_size=None, shuffle=False, verbose=False
    )
    assert theirs.class_names == list(images.class_names)
    assert [int(label) for _, label in theirs] == images.labels.tolist()


@pytest.mark.parametrize(
    ("names", "class_names"),
    [
        (["a/1.png", "b/1.png", "b/notes.txt", ".c/1.png", "notes.txt"], ("a", "b")),
        (["a/1.png", "b/1.png", "d/damaged.png", "damaged.png"], ("a", "b")),
        (["1.png", "2.png"], None),
        (["a/1.png", "a/2.png"], None),
        (["a/1/1.png", "a/2/1.png"], None),
        (["a/1.png", "b/1.png", "1.png"], None),
        (["a/1.png", ".b/1.png"], None),
        (["a/1.png", "b/notes.txt"], None),
    ],
)
def test_classes_are_two_or_more_folders_of_pictures_that_can_be_read(tmp_path, names, class_names):
    save(tmp_path, *names)
    images = load(tmp_path)
    assert images.class_names == class_names
    assert (images.labels is None) == (class_names is None)


def test_hidden_and_other_files_are_passed_over_unless_asked_for(tmp_path, monkeypatch):
    save(tmp_path, "x.png", "notes.txt", "._x.png", ".hidden/x.png")
    assert len(load(tmp_path).images) == 1
    assert only(tmp_path / ".hidden")[0, 0] == 3
    monkeypatch.setenv("HOME", str(tmp_path))
    assert only("~")[0, 0] == 0


def test_channels_are_chosen_or_three_where_a_picture_has_a_colour(tmp_path):
    Image.new("L", (3, 3), 7).save(tmp_path / "a.png")
    for colour, channels, expected in (
        ((9, 9, 9), 0, [[7], [9]]),
        ((9, 9, 8), 0, [[7, 7, 7], [9, 9, 8]]),
        ((9, 9, 9), 1, [[7], [9]]),
        ((9, 9, 9), 3, [[7, 7, 7], [9, 9, 9]]),
    ):
        Image.new("RGB", (3, 3), colour).save(tmp_path / "b.png")
        np.testing.assert_array_equal(load(tmp_path, channels=channels).images[:, 0, 0], expected)


def test_sizes_that_differ_are_brought_to_one_or_refused(tmp_path):
    Image.new("L", (30, 20), 50).save(tmp_path / "a.png")
    Image.new("RGB", (5, 9), (1, 2, 3)).save(tmp_path / "b.png")
    images = load(tmp_path, image_size=8).images
    np.testing.assert_array_equal(images[:, 4, 4], [[50, 50, 50], [1, 2, 3]])
    with pytest.raises(ValueError, match=r"image_size is needed.*30x20 in .*a\.png, 5x9 in .*b\.p"):
        load(tmp_path)


def test_pictures_come_in_the_order_of_their_paths(tmp_path):
    """The first of them takes its thread longer than all others together."""
    sides = [2000, *[3] * 60]
    for value, side in enumerate(sides):
        Image.new("L", (side, side), value).save(tmp_path / f"{value:03}.png")
    images = load(tmp_path, image_size=3).images
    np.testing.assert_array_equal(images[:, 1, 1, 0], np.arange(len(sides)))


def test_many_pictures_have_a_progress_bar(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(decoding, "_MANY", 20)
    for count, shown in ((20, False), (21, True)):
        save(tmp_path, *(f"{number}.png" for number in range(count)))
        load(tmp_path)
        out = capsys.readouterr().out
        assert (f"{count}/{count}" in out) == ("/picture" in out) == shown


def png_of_16_bits(*pixel):
    return tf.io.encode_png(np.broadcast_to(257 * np.uint16(pixel), [2, 2, len(pixel)])).numpy()


WIDE = Image.fromarray(np.full([2, 2], 257 * 200, np.uint16))
PALETTE = Image.new("RGB", (2, 2), (10, 20, 30)).quantize()
FRAMES = [Image.new("L", (2, 2), value) for value in (40, 80, 120)]
ANIMATED = {"save_all": True, "append_images": FRAMES[1:]}
LOSSLESS = {"lossless": True}


@pytest.mark.parametrize(
    ("picture", "name", "options", "expected"),
    [
        (Image.new("LA", (2, 2), (100, 255)), "x.png", {}, [100]),
        (Image.new("LA", (2, 2), (0, 0)), "x.png", {}, [255]),
        (Image.new("RGBA", (2, 2), (255, 0, 0, 0)), "x.png", {}, [255]),
        (Image.new("RGBA", (2, 2), (255, 0, 0, 255)), "x.png", {}, [255, 0, 0]),
        (Image.new("RGBA", (2, 2), (0, 0, 0, 51)), "x.webp", LOSSLESS, [204]),
        (Image.new("1", (2, 2), 1), "x.png", {}, [255]),
        (Image.new("CMYK", (2, 2), (0, 255, 255, 0)), "x.tif", {}, [255, 0, 0]),
        (Image.new("L", (2, 2), 77), "x.pgm", {}, [77]),
        (PALETTE, "x.png", {}, [10, 20, 30]),
        (PALETTE, "x.png", {"transparency": 1}, [10, 20, 30]),
        (PALETTE, "x.png", {"transparency": 0}, [255]),
        *((WIDE, f"x.{suffix}", {}, [200]) for suffix in ("png", "tif", "pgm")),
        (WIDE, "x.png", {"transparency": 257 * 200 - 1}, [200]),
        (WIDE, "x.png", {"transparency": 257 * 200}, [255]),
        *((FRAMES[0], f"x.{suffix}", ANIMATED, [40]) for suffix in ("gif", "png", "tif")),
        (FRAMES[0], "x.webp", ANIMATED | LOSSLESS, [40]),
        (png_of_16_bits(10, 20, 30), "x.png", None, [10, 20, 30]),
        (png_of_16_bits(10, 20, 30, 255), "x.png", None, [10, 20, 30]),
        (png_of_16_bits(0, 0, 0, 51), "x.png", None, [204]),
        (png_of_16_bits(0, 51), "x.png", None, [204]),
    ],
)
def test_reads_every_mode_and_the_first_frame(tmp_path, picture, name, options, expected):
    if options is None:
        (tmp_path / name).write_bytes(picture)
    else:
        picture.save(tmp_path / name, **options)
    np.testing.assert_array_equal(only(tmp_path), np.broadcast_to(expected, [2, 2, len(expected)]))


@pytest.mark.parametrize(
    ("picture", "options", "mark", "expected"),
    [
        # The mark means that the values are inverted: 255 - value.
        (Image.new("CMYK", (40, 40), (0, 255, 255, 0)), {}, b"Adobe", [255, 0, 0]),
        # The mark of a progressive frame.
        (Image.new("RGB", (40, 40), "peru"), {"progressive": True}, b"\xff\xc2", [205, 133, 63]),
    ],
)
def test_reads_jpegs_of_every_kind(tmp_path, picture, options, mark, expected):
    picture.save(tmp_path / "x.jpg", **options)
    assert mark in (tmp_path / "x.jpg").read_bytes()
    np.testing.assert_allclose(only(tmp_path)[20, 20], expected, atol=3)


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.webp", "x.tif", "lzw.tif"])
def test_turns_as_exif_says(tmp_path, name):
    picture = Image.new("L", (32, 16))
    picture.paste(200, (16, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn 90 degrees clockwise
    packed = {"compression": "tiff_lzw"} if name == "lzw.tif" else {}
    picture.save(tmp_path / name, exif=exif, **packed)
    turned = only(tmp_path)[..., 0]
    assert turned.shape == (32, 16)
    np.testing.assert_allclose(turned[[4, 28]], [[0] * 16, [200] * 16], atol=3)


def test_what_is_too_large_or_without_a_range_is_left_out(tmp_path, monkeypatch):
    pictures = {"a": ("L", (15, 10)), "b": ("L", (15, 20)), "c": ("F", (2, 2)), "d": ("I", (2, 2))}
    for name, (mode, size) in pictures.items():
        Image.new(mode, size).save(tmp_path / f"{name}.tif")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # warns above, refuses above twice this
    with warnings.catch_warnings(record=True, action="always") as caught:
        found = folders.read(tmp_path, image_size=0, channels=0)
    assert not caught
    assert found.files == ("a.tif",)
    large, *wide = found.unreadable.values()
    assert "exceeds limit" in large
    assert len(wide) == 2
    assert all("save it with 8 or 16" in reason for reason in wide)


@pytest.mark.parametrize("kind", ["cut", "empty", "text"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif", "webp"])
def test_damaged_picture_among_good_ones_is_left_out_and_named(tmp_path, caplog, kind, suffix):
    noise = np.random.default_rng(0).integers(0, 256, [32, 32, 3], np.uint8)
    damaged = tmp_path / f"b.{suffix}"
    for path in (tmp_path / "a.png", damaged, tmp_path / "c.png"):
        Image.fromarray(noise).save(path)
    whole = damaged.read_bytes()
    damaged.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "text": b"text"}[kind])
    images = load(tmp_path)
    np.testing.assert_array_equal(images.images, [noise, noise])
    assert images.source["unreadable"] == [damaged.name]
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("WARNING", "tfmix.data.folder")
    said = record.getMessage()
    assert said.startswith(f"1 of 3 pictures in {tmp_path} cannot be read and are left out: b.")
    assert "\n" not in said
    assert "0x" not in said  # an object of Python's


def test_many_unreadable_pictures_are_counted_in_a_line_that_can_be_printed(tmp_path, caplog):
    save(tmp_path, "x.png")
    for name in ("0\udcff", *(f"{number:02}" for number in range(1, 13))):
        (tmp_path / f"{name}.png").touch()
    assert load(tmp_path).source["unreadable"][9] == "0\udcff.png"
    said = caplog.messages[0]
    assert said.startswith("13 of 14 pictures")
    assert "0\\udcff.png (no picture of a known format), and 3 more." in said
    assert "10.png" not in said
    assert said.encode()


@pytest.mark.parametrize(
    ("names", "arguments", "message"),
    [
        (["x.png"], {"split": "test"}, "only the split train.*split='test'"),
        (["x.png"], {"split": ""}, "only the split train.*split=''"),
        (["notes.txt"], {}, r"needs pictures \(.*\.png.*contains none"),
        (["a.damaged.png", "b.damaged.png"], {}, r"none of 2 can.*first is a\.dam.*\(no picture"),
        ([], {}, "needs a folder.*/x, which is none"),
    ],
)
def test_refuses(tmp_path, caplog, names, arguments, message):
    save(tmp_path / "x", *names)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load(tmp_path / "x", **arguments)
    assert not caplog.records


def test_read_checks_its_arguments_and_the_suite_keeps_nothing_in_the_users_home(
    tmp_path, tmp_path_factory
):
    with pytest.raises(ValueError, match="channels=2"):
        folders.read(tmp_path, image_size=8, channels=2)
    kept = pathlib.Path(os.environ["XDG_CACHE_HOME"])
    assert kept.is_relative_to(tmp_path_factory.getbasetemp())
