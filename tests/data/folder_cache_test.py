import os
from unittest import mock

import numpy as np
import PIL
import pytest
from PIL import Image

from tfmix import data
from tfmix.data import decoding, folder_cache
from tfmix.data import folder as folders

COUNT = 100  # of pictures, from which on they are kept
DECODER = ((folder_cache, "_FORMAT"), (PIL, "__version__"), (Image, "MAX_IMAGE_PIXELS"))
NEW = b"P5 2 2 255\n" + bytes([200] * 4)


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """The folder of caches, where nothing is kept yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "tfmix" / "folders"


@pytest.fixture
def pictures(tmp_path):
    """Two classes of grey pictures, each of another value, and one that cannot be read."""
    folder = tmp_path / "my pictures"
    for name in "ab":
        (folder / name).mkdir(parents=True)
    for value in range(COUNT):
        (folder / "ab"[value % 2] / f"{value:02}.pgm").write_bytes(NEW[:-4] + bytes([value] * 4))
    (folder / "a" / "damaged.png").write_text("no picture")
    return folder


@pytest.fixture
def decode(monkeypatch):
    """Decodes, and counts how often."""
    counted = mock.Mock(wraps=decoding.decode)
    monkeypatch.setattr(decoding, "decode", counted)
    return counted


def load(folder, **arguments):
    return data.load(f"folder:{folder}", **arguments)


def kept(folder):
    """The files of a cache that are whole."""
    return sorted(folder.glob("[!.]*"))


def assert_same(one, other):
    np.testing.assert_array_equal(one.images, other.images)
    assert one.images.dtype == other.images.dtype
    np.testing.assert_array_equal(one.labels, other.labels)
    assert (one.class_names, one.source) == (other.class_names, other.source)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_folder_is_decoded_once_and_comes_out_the_same(pictures, decode, caplog, channels):
    if channels == 3:
        Image.new("RGB", (2, 2), (1, 2, 3)).save(pictures / "b" / "x.png")
    first = load(pictures)
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    caplog.clear()
    assert_same(load(pictures), first)
    assert caplog.messages == warned
    assert "a/damaged.png (no picture of a known format)" in warned[0]
    assert decode.call_count == 1
    assert first.images.shape == (100 if channels == 1 else 101, 2, 2, channels)
    assert np.bincount(first.labels).tolist() == [50, len(first.images) - 50]
    assert first.source["unreadable"] == ["a/damaged.png"]


def test_it_is_kept_in_the_users_caches_or_where_a_folder_is_given(
    pictures, caches, decode, tmp_path, monkeypatch
):
    load(pictures, data_dir=tmp_path / "sets")
    load(pictures / ".." / pictures.name, data_dir=str(tmp_path / "sets"))  # the same folder
    assert not caches.exists()
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    load(pictures)
    assert decode.call_count == 2
    for folder in (tmp_path / "sets", tmp_path / "home" / ".cache" / "tfmix" / "folders"):
        (path,) = kept(folder)
        name, _, digest = path.stem.rpartition("_")
        assert (name, path.suffix, len(bytes.fromhex(digest))) == ("my pictures", ".npz", 8)


def test_what_is_asked_for_is_kept_by_itself(pictures, caches, decode):
    wanted = [{"image_size": 3}, {"image_size": np.int64(4)}, {"channels": 1}, {"channels": 3}]
    first = [load(pictures, **each) for each in wanted]
    assert len(kept(caches)) == decode.call_count == 4
    for each, images in zip(wanted, first, strict=True):
        assert_same(load(pictures, **each), images)
    assert decode.call_count == 4


def test_of_few_pictures_nothing_is_kept(pictures, caches, decode):
    (pictures / "a" / "damaged.png").unlink()
    (pictures / "a" / "00.pgm").unlink()
    assert_same(load(pictures), load(pictures))
    assert decode.call_count == 2
    assert not caches.exists()


def test_a_folder_that_differs_is_decoded_anew_in_its_place(pictures, caches, decode):
    last, path = load(pictures), pictures / "a" / "00.pgm"

    def change():
        path.write_bytes(NEW)
        os.utime(path, ns=(0, 1))

    def grow():
        path.write_bytes(NEW.replace(b"255\n", b"255\n#\n")[:-4] + bytes(4))
        os.utime(path, ns=(0, 1))

    for differ in (
        change,
        grow,
        lambda: (pictures / "a" / "x.pgm").write_bytes(NEW),
        (pictures / "b" / "01.pgm").unlink,
        lambda: (pictures / "b" / "03.pgm").rename(pictures / "b" / "x.pgm"),
        lambda: Image.new("L", (2, 2)).save(pictures / "a" / "damaged.png"),
    ):
        differ()
        found = load(pictures)
        assert found.images.tobytes() != last.images.tobytes()
        assert_same(load(pictures), found)
        last = found
    assert decode.call_count == 7
    assert len(kept(caches)) == 1


def test_another_decoder_decodes_anew(pictures, decode, monkeypatch):
    load(pictures)
    for module, name in DECODER:
        monkeypatch.setattr(module, name, 9)
        load(pictures)
    assert decode.call_count == 4


def test_an_error_comes_each_time(pictures, caches):
    load(pictures)
    load(pictures, image_size=2)
    Image.new("L", (5, 9)).save(pictures / "b" / "x.png")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"image_size is needed.*2x2 in .*5x9 in .*x\.png"):
            load(pictures)
    assert load(pictures, image_size=2).images.shape == (COUNT + 1, 2, 2, 1)
    for path in pictures.rglob("*.p?m"):
        path.write_bytes(b"")
    (pictures / "b" / "x.png").unlink()
    for _ in range(2):
        with pytest.raises(ValueError, match="none of 101 can"):
            load(pictures)


def test_what_the_system_kept_back_is_tried_again(pictures, caches, monkeypatch):
    opened = Image.open

    def kept_back(file):
        if file.name.endswith("01.pgm"):
            raise PermissionError(13, "Permission denied", file.name)
        return opened(file)

    with monkeypatch.context() as patch:
        patch.setattr(Image, "open", kept_back)
        found = folders.read(pictures, image_size=0, channels=0)
    assert not found.repeatable
    assert found.unreadable["b/01.pgm"] == "Permission denied"
    assert list(found.unreadable) == ["a/damaged.png", "b/01.pgm"]
    assert not caches.exists()
    assert load(pictures).source["unreadable"] == ["a/damaged.png"]


def test_a_damaged_file_is_made_again_and_one_that_cannot_be_written_is_done_without(
    pictures, caches, decode, caplog
):
    first = load(pictures)
    (path,) = kept(caches)
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    assert_same(load(pictures), first)
    assert path.read_bytes() == whole
    assert_same(load(pictures, data_dir=path), first)  # a file where the folder should be
    assert decode.call_count == 3
    assert any(f"{path} cannot be read (" in message for message in caplog.messages)
    assert any("is not kept" in message for message in caplog.messages)
