import json
import warnings

import numpy as np
import pytest
from PIL import Image

from tfmix import data


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


def test_has_no_labels(tmp_path):
    Image.new("L", (3, 3)).save(tmp_path / "x.png")
    images = load(tmp_path)
    assert images.labels is None
    assert images.class_names is None


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


def test_cmyk_jpeg_reads_as_its_colour(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "x.jpg")
    np.testing.assert_allclose(only(tmp_path)[4, 4], [255, 0, 0], atol=3)


def test_turns_as_exif_says(tmp_path):
    picture = Image.new("L", (2, 1))
    picture.putpixel((1, 0), 200)
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn 90 degrees clockwise
    picture.save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(only(tmp_path)[..., 0], [[0], [200]])


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("L", (2, 2), value) for value in (40, 80, 120)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(only(tmp_path), np.full([2, 2, 1], 40))


def test_large_picture_is_read_without_a_warning(tmp_path, monkeypatch):
    Image.new("L", (15, 10)).save(tmp_path / "x.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # warns above, refuses above twice this
    with warnings.catch_warnings(record=True, action="always") as caught:
        load(tmp_path)
    assert not caught


def test_decompression_bomb_is_refused(tmp_path, monkeypatch):
    Image.new("L", (15, 20)).save(tmp_path / "x.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ValueError, match=r"remove or replace it.*x\.png.*exceeds limit"):
        load(tmp_path)


def damaged(kind, whole):
    """Bytes of a picture that no program can make sense of."""
    return {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"not a picture"}[kind]


@pytest.mark.parametrize("kind", ["cut", "empty", "text"])
@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "tif", "webp"])
def test_damaged_picture_among_good_ones_is_named(tmp_path, kind, suffix):
    noise = np.random.default_rng(0).integers(0, 256, [32, 32, 3], np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    Image.fromarray(noise).save(tmp_path / f"b.{suffix}")
    (tmp_path / f"b.{suffix}").write_bytes(damaged(kind, (tmp_path / f"b.{suffix}").read_bytes()))
    with pytest.raises(ValueError, match=rf"^[^\n]*remove or replace it\..*b\.{suffix}[^\n]*$"):
        load(tmp_path)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_pictures_without_a_range_are_refused(tmp_path, mode):
    Image.new(mode, (2, 2)).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match="save it with 8 or 16"):
        load(tmp_path)


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
