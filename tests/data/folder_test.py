import json
import os
import pathlib
import struct
import warnings
import zlib

import keras
import numpy as np
import pytest
from PIL import Image

from tfmix import data
from tfmix.data import folder as folders


def load(folder, split="train", **arguments):
    return data.load(f"folder:{folder}", split, **arguments)


def only(folder, **arguments):
    """The one picture of a folder, [H, W, C]."""
    (image,) = load(folder, **arguments).images
    return image


def test_reads_sorted_by_path_and_recursively(tmp_path):
    (tmp_path / "a").mkdir()
    for value, name in enumerate(["a/2.png", "a/3.bmp", "b.GIF", "c.tif"]):
        Image.new("L", (3, 2), 10 * value).save(tmp_path / name)
    images = load(tmp_path)
    np.testing.assert_array_equal(images.images[:, 0, 0, 0], [0, 10, 20, 30])
    assert images.images.shape == (4, 2, 3, 1)


def save_all(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".png"):
            Image.new("L", (3, 3)).save(folder / name)
        else:
            (folder / name).write_text("no picture")


def test_sub_folders_are_classes(tmp_path):
    save_all(tmp_path, "dog/2.png", "cat/1.png", "dog/1.png", "cat/deep/er/1.png", "ant/1.png")
    images = load(tmp_path)
    assert images.class_names == ("ant", "cat", "dog")
    assert images.labels.dtype == np.int32
    np.testing.assert_array_equal(images.labels, [0, 1, 1, 2, 2])


def test_labels_are_those_of_keras(tmp_path):
    names = ["b/1.png", "a/1.png", "c b/1.png", "B/1.png", "c b/2.png", "10/1.png", "9/1.png"]
    save_all(tmp_path, *names)
    images = load(tmp_path)
    theirs = keras.utils.image_dataset_from_directory(
        tmp_path, batch_size=None, shuffle=False, verbose=False
    )
    assert list(images.class_names) == theirs.class_names
    assert images.labels.tolist() == [int(label) for _, label in theirs]


def test_classes_are_those_of_pictures_that_can_be_read(tmp_path):
    save_all(tmp_path, "a/1.png", "b/1.png", "b/notes.txt", ".c/1.png", "notes.txt")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "1.png").touch()
    (tmp_path / "loose.png").touch()
    images = load(tmp_path)
    assert images.class_names == ("a", "b")
    np.testing.assert_array_equal(images.labels, [0, 1])
    assert images.source["unreadable"] == ["d/1.png", "loose.png"]


@pytest.mark.parametrize(
    "names",
    [
        ["1.png"],
        ["1.png", "2.png"],
        ["a/1.png", "a/2.png"],
        ["a/1/1.png", "a/2/1.png"],
        ["a/1.png", "b/1.png", "1.png"],
        ["a/1.png", ".b/1.png"],
        ["a/1.png", "b/notes.txt"],
    ],
)
def test_other_folders_have_no_labels(tmp_path, names):
    save_all(tmp_path, *names)
    images = load(tmp_path)
    assert images.labels is None
    assert images.class_names is None


def test_read_names_the_file_of_each_image(tmp_path):
    (tmp_path / "a").mkdir()
    for value, name in enumerate(["a/2.png", "b.png", "d.png"]):
        Image.new("L", (2, 2), value).save(tmp_path / name)
    (tmp_path / "c.png").touch()
    found = folders.read(tmp_path, image_size=0, channels=1)
    assert found.files == ("a/2.png", "b.png", "d.png")
    assert list(found.unreadable) == ["c.png"]
    np.testing.assert_array_equal(found.images[:, 0, 0, 0], [0, 1, 2])


def test_read_checks_what_is_asked_for(tmp_path):
    save_all(tmp_path, "1.png")
    with pytest.raises(ValueError, match="channels=2"):
        folders.read(tmp_path, image_size=8, channels=2)


def test_source(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "x.png")
    assert json.loads(json.dumps(load(tmp_path).source)) == {
        "name": f"folder:{tmp_path}",
        "version": None,
        "split": "train",
        "count": 1,
    }


def test_passes_over_other_and_hidden_files(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "x.png")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "._x.png").write_bytes(b"macOS notes")
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "x.png").write_bytes(b"no picture")
    assert len(load(tmp_path).images) == 1


def test_hidden_folder_can_be_asked_for(tmp_path):
    (tmp_path / ".hidden").mkdir()
    Image.new("L", (3, 3)).save(tmp_path / ".hidden" / "x.png")
    assert len(load(tmp_path / ".hidden").images) == 1


def test_finds_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    Image.new("L", (3, 3)).save(tmp_path / "x.png")
    assert len(load("~").images) == 1


def test_grey_alone_gives_one_channel(tmp_path):
    Image.new("L", (3, 3), 7).save(tmp_path / "l.png")
    Image.new("RGB", (3, 3), (9, 9, 9)).save(tmp_path / "rgb.png")
    np.testing.assert_array_equal(load(tmp_path).images[:, 0, 0], [[7], [9]])


def test_one_colour_gives_three_channels(tmp_path):
    Image.new("L", (3, 3), 7).save(tmp_path / "l.png")
    Image.new("RGB", (3, 3), (9, 9, 8)).save(tmp_path / "rgb.png")
    np.testing.assert_array_equal(load(tmp_path).images[:, 0, 0], [[7, 7, 7], [9, 9, 8]])


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_can_be_chosen(tmp_path, channels):
    Image.new("RGB", (3, 3), (9, 9, 9)).save(tmp_path / "rgb.png")
    np.testing.assert_array_equal(only(tmp_path, channels=channels), np.full([3, 3, channels], 9))


def test_sizes_are_brought_to_one(tmp_path):
    Image.new("L", (30, 20), 50).save(tmp_path / "a.png")
    Image.new("RGB", (5, 9), (1, 2, 3)).save(tmp_path / "b.png")
    images = load(tmp_path, image_size=8).images
    np.testing.assert_array_equal(images[:, 4, 4], [[50, 50, 50], [1, 2, 3]])


def test_sizes_that_differ_need_an_image_size(tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    Image.new("L", (5, 9)).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match=r"image_size is needed.*30x20 in .*a\.png, 5x9 in .*b\.p"):
        load(tmp_path)


def test_pictures_come_in_the_order_of_their_paths(tmp_path):
    """The first of them takes its thread longer than all others together."""
    sides = [2000, *[3] * 60]
    for value, side in enumerate(sides):
        Image.new("L", (side, side), value).save(tmp_path / f"{value:03}.png")
    images = load(tmp_path, image_size=3)
    np.testing.assert_array_equal(images.images[:, 1, 1, 0], np.arange(len(sides)))


@pytest.mark.parametrize(("count", "shown"), [(1000, False), (1001, True)])
def test_many_pictures_have_a_progress_bar(tmp_path, capsys, count, shown):
    for number in range(count):
        (tmp_path / f"{number}.pgm").write_bytes(b"P5 1 1 255\n\x07")
    assert len(load(tmp_path, data_dir=tmp_path / "kept").images) == count
    out = capsys.readouterr().out
    assert (f"{count}/{count}" in out) == shown
    assert ("/picture" in out) == shown


@pytest.mark.parametrize(
    ("picture", "name", "expected"),
    [
        (Image.new("LA", (2, 2), (100, 255)), "x.png", [100]),
        (Image.new("LA", (2, 2), (0, 0)), "x.png", [255]),
        (Image.new("RGBA", (2, 2), (255, 0, 0, 0)), "x.png", [255]),
        (Image.new("RGBA", (2, 2), (255, 0, 0, 255)), "x.png", [255, 0, 0]),
        (Image.new("RGBA", (2, 2), (0, 0, 0, 51)), "x.webp", [204]),
        (Image.new("1", (2, 2), 1), "x.png", [255]),
        (Image.new("CMYK", (2, 2), (0, 255, 255, 0)), "x.tif", [255, 0, 0]),
        (Image.new("RGB", (2, 2), (10, 20, 30)).quantize(), "x.png", [10, 20, 30]),
        (Image.new("L", (2, 2), 77), "x.pgm", [77]),
        (Image.fromarray(np.full([2, 2], 257 * 200, np.uint16)), "x.png", [200]),
        (Image.fromarray(np.full([2, 2], 257 * 200, np.uint16)), "x.tif", [200]),
        (Image.fromarray(np.full([2, 2], 257 * 200, np.uint16)), "x.pgm", [200]),
    ],
)
def test_reads_mode(tmp_path, picture, name, expected):
    picture.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    np.testing.assert_array_equal(only(tmp_path), np.broadcast_to(expected, [2, 2, len(expected)]))


def test_palette_with_transparency_is_laid_on_white(tmp_path):
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "x.png", transparency=0)
    np.testing.assert_array_equal(only(tmp_path), [[[255, 255, 255], [0, 0, 255]]])


def test_inverted_cmyk_jpeg_reads_as_its_colour(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "x.jpg")
    assert b"Adobe" in (tmp_path / "x.jpg").read_bytes()  # which means 255 - value
    np.testing.assert_allclose(only(tmp_path)[4, 4], [255, 0, 0], atol=3)


def test_progressive_jpeg(tmp_path):
    Image.new("RGB", (40, 40), (200, 100, 50)).save(tmp_path / "x.jpg", progressive=True)
    assert b"\xff\xc2" in (tmp_path / "x.jpg").read_bytes()  # marks a progressive frame
    np.testing.assert_allclose(only(tmp_path)[20, 20], [200, 100, 50], atol=3)


def png_of_16_bits(pixel, kind, transparent=None):
    """A PNG of two equal pixels, as Pillow itself does not write it."""

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    row = struct.pack(f">{len(pixel)}H", *pixel) * 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 16, kind, 0, 0, 0))
        + (b"" if transparent is None else chunk(b"tRNS", struct.pack(">H", transparent)))
        + chunk(b"IDAT", zlib.compress(b"\0" + row))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("pixel", "kind", "transparent", "expected"),
    [
        ([257 * 10, 257 * 20, 257 * 30], 2, None, [10, 20, 30]),
        ([257 * 10, 257 * 20, 257 * 30, 65535], 6, None, [10, 20, 30]),
        ([0, 0, 0, 257 * 51], 6, None, [204]),
        ([0, 257 * 51], 4, None, [204]),
        ([257 * 10], 0, 257 * 10, [255]),
        ([257 * 10], 0, 257 * 11, [10]),
    ],
)
def test_png_of_16_bits(tmp_path, pixel, kind, transparent, expected):
    (tmp_path / "x.png").write_bytes(png_of_16_bits(pixel, kind, transparent))
    np.testing.assert_array_equal(only(tmp_path)[0], [expected, expected])


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


@pytest.mark.parametrize("suffix", ["gif", "png", "tif", "webp"])
def test_first_frame_of_an_animation(tmp_path, suffix):
    frames = [Image.new("L", (2, 2), value) for value in (40, 80, 120)]
    lossless = {"lossless": True} if suffix == "webp" else {}
    frames[0].save(tmp_path / f"x.{suffix}", save_all=True, append_images=frames[1:], **lossless)
    np.testing.assert_array_equal(only(tmp_path), np.full([2, 2, 1], 40))


def test_large_picture_is_read_without_a_warning(tmp_path, monkeypatch):
    Image.new("L", (15, 10)).save(tmp_path / "x.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # warns above, refuses above twice this
    with warnings.catch_warnings(record=True, action="always") as caught:
        load(tmp_path)
    assert not caught


def test_decompression_bomb_is_left_out(tmp_path, monkeypatch):
    Image.new("L", (10, 10), 7).save(tmp_path / "a.png")
    Image.new("L", (15, 20)).save(tmp_path / "b.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    found = folders.read(tmp_path, image_size=0, channels=0)
    assert found.files == ("a.png",)
    assert "exceeds limit" in found.unreadable["b.png"]


def damaged(kind, whole):
    """Bytes of a picture that no program can make sense of."""
    return {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"not a picture"}[kind]


@pytest.mark.parametrize("kind", ["cut", "empty", "text"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif", "webp"])
def test_damaged_picture_among_good_ones_is_left_out_and_named(tmp_path, caplog, kind, suffix):
    noise = np.random.default_rng(0).integers(0, 256, [32, 32, 3], np.uint8)
    for name in ("a.png", f"b.{suffix}", "c.png"):
        Image.fromarray(noise).save(tmp_path / name)
    (tmp_path / f"b.{suffix}").write_bytes(damaged(kind, (tmp_path / f"b.{suffix}").read_bytes()))
    images = load(tmp_path)
    np.testing.assert_array_equal(images.images, [noise, noise])
    assert json.loads(json.dumps(images.source))["unreadable"] == [f"b.{suffix}"]
    (record,) = caplog.records
    assert (record.levelname, record.name) == ("WARNING", "tfmix.data.folder")
    said = record.getMessage()
    assert said.startswith(f"1 of 3 pictures in {tmp_path} cannot be read and are left out: b.")
    assert "\n" not in said
    assert "0x" not in said  # an object of Python's


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pictures_without_a_range_are_left_out(tmp_path, mode):
    Image.new("L", (2, 2)).save(tmp_path / "a.tif")
    Image.new(mode, (2, 2)).save(tmp_path / "x.tif")
    found = folders.read(tmp_path, image_size=0, channels=0)
    assert found.files == ("a.tif",)
    assert "save it with 8 or 16" in found.unreadable["x.tif"]


def test_many_unreadable_pictures_are_counted(tmp_path, caplog):
    Image.new("L", (2, 2)).save(tmp_path / "x.png")
    for number in range(13):
        (tmp_path / f"{number:02}.png").touch()
    assert len(load(tmp_path).source["unreadable"]) == 13
    said = caplog.messages[0]
    assert said.startswith("13 of 14 pictures")
    assert "09.png (no picture of a known format), and 3 more." in said
    assert "10.png" not in said


def test_a_name_that_is_no_text_can_be_printed(tmp_path, caplog):
    Image.new("L", (2, 2)).save(tmp_path / "x.png")
    (tmp_path / "\udcff.png").touch()
    assert load(tmp_path).source["unreadable"] == ["\udcff.png"]
    assert "\\udcff.png" in caplog.messages[0]
    assert caplog.messages[0].encode()


def test_a_folder_where_no_picture_can_be_read_is_refused(tmp_path, caplog):
    (tmp_path / "a.png").touch()
    (tmp_path / "b.png").write_text("no picture")
    with pytest.raises(
        ValueError, match=r"needs a picture that can.*none of 2 can, a\.png \(no picture of"
    ):
        load(tmp_path)
    assert not caplog.records


def test_a_file_that_the_system_keeps_back_may_be_read_another_time(tmp_path, monkeypatch):
    for name in ("a.png", "b.png", "c.png"):
        Image.new("L", (2, 2)).save(tmp_path / name)
    (tmp_path / "c.png").write_bytes(b"")
    assert folders.read(tmp_path, image_size=0, channels=0).lasting
    opened = Image.open

    def kept_back(file):
        if file.name.endswith("b.png"):
            raise PermissionError(13, "Permission denied", file.name)
        return opened(file)

    monkeypatch.setattr(Image, "open", kept_back)
    found = folders.read(tmp_path, image_size=0, channels=0)
    assert found.files == ("a.png",)
    assert found.unreadable["b.png"] == "Permission denied"
    assert not found.lasting


@pytest.mark.parametrize("split", ["test", ""])
def test_has_the_split_train_alone(tmp_path, split):
    with pytest.raises(ValueError, match=f"split train alone.*split={split!r}"):
        load(tmp_path, split)


def test_missing_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"needs a folder.*/none"):
        load(tmp_path / "none")


def test_folder_without_pictures(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match=r"needs pictures \(.*\.png.*holds none"):
        load(tmp_path)


def test_the_suite_keeps_nothing_in_the_users_home(tmp_path_factory):
    kept = pathlib.Path(os.environ["XDG_CACHE_HOME"])
    assert kept.is_relative_to(tmp_path_factory.getbasetemp())
