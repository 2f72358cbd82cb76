import fcntl
import json
import os
import signal

import numpy as np
import PIL
import pytest
from PIL import Image

from tfmix import data
from tfmix.data import decoding, folder_cache

COUNT = 100  # of pictures, from which on they are kept


@pytest.fixture(autouse=True)
def caches(tmp_path, monkeypatch):
    """Where nothing is kept yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "tfmix" / "folders"


@pytest.fixture
def pictures(tmp_path):
    """Two classes of grey pictures, each of another value, and one that cannot be read."""
    folder = tmp_path / "my pictures"
    for value in range(COUNT):
        path = folder / "ab"[value % 2] / f"{value:02}.pgm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"P5 2 2 255\n" + bytes([value] * 4))
    (folder / "a" / "damaged.png").write_text("no picture")
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """The folders that have been decoded, one for each time."""
    folders, decode = [], decoding.decode

    def noted(folder, *arguments):
        folders.append(folder)
        return decode(folder, *arguments)

    monkeypatch.setattr(decoding, "decode", noted)
    return folders


def load(folder, **arguments):
    return data.load(f"folder:{folder}", **arguments)


def kept(folder):
    """The files of a cache that are whole."""
    return sorted(folder.glob("[!.]*"))


def in_another_process(work):
    """Starts work in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def assert_same(one, other):
    np.testing.assert_array_equal(one.images, other.images)
    assert one.images.dtype == other.images.dtype
    np.testing.assert_array_equal(one.labels, other.labels)
    assert one.class_names == other.class_names
    assert one.source == other.source


def test_a_folder_is_decoded_once_and_comes_out_the_same(pictures, decoded, caplog):
    first = load(pictures)
    warned = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    caplog.clear()
    assert_same(load(pictures), first)
    assert caplog.messages == warned
    assert "a/damaged.png (no picture of a known format)" in warned[0]
    assert decoded == [pictures]
    assert first.labels.tolist() == [0] * 50 + [1] * 50
    assert first.source["unreadable"] == ["a/damaged.png"]


def test_colours_come_out_the_same(pictures, decoded):
    Image.new("RGB", (2, 2), (1, 2, 3)).save(pictures / "a" / "x.png")
    first = load(pictures)
    assert first.images.shape == (COUNT + 1, 2, 2, 3)
    assert_same(load(pictures), first)
    assert len(decoded) == 1


def test_one_file_of_a_readable_name_is_kept(pictures, caches, decoded):
    load(pictures)
    load(pictures / ".." / pictures.name)  # the same folder
    (path,) = kept(caches)
    name, _, digest = path.stem.rpartition("_")
    assert (name, path.suffix) == ("my pictures", ".npz")
    assert len(bytes.fromhex(digest)) == 8
    assert len(decoded) == 1


def test_what_is_asked_for_is_kept_by_itself(pictures, caches, decoded):
    wanted = [{"image_size": 3}, {"image_size": np.int64(4)}, {"channels": 1}, {"channels": 3}]
    first = [load(pictures, **each) for each in wanted]
    assert len(kept(caches)) == len(decoded) == 4
    for each, images in zip(wanted, first, strict=True):
        assert_same(load(pictures, **each), images)
    assert len(decoded) == 4


def test_where_a_folder_of_data_is_given_it_is_kept_there(pictures, caches, tmp_path, decoded):
    first = load(pictures, data_dir=tmp_path / "sets")
    assert_same(load(pictures, data_dir=str(tmp_path / "sets")), first)
    assert len(decoded) == 1
    assert len(kept(tmp_path / "sets")) == 1
    assert not caches.exists()


def test_without_xdg_cache_home_it_is_kept_in_the_users_caches(pictures, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    load(pictures)
    assert len(kept(tmp_path / "home" / ".cache" / "tfmix" / "folders")) == 1


def test_of_few_pictures_nothing_is_kept(pictures, caches, decoded):
    (pictures / "a" / "damaged.png").unlink()
    (pictures / "a" / "00.pgm").unlink()
    assert_same(load(pictures), load(pictures))
    assert len(decoded) == 2
    assert not caches.exists()


def change(pictures):
    (pictures / "a" / "00.pgm").write_bytes(b"P5 2 2 255\n" + bytes([200] * 4))
    os.utime(pictures / "a" / "00.pgm", ns=(0, 1))


def grow(pictures):
    path = pictures / "a" / "00.pgm"
    time = path.stat().st_mtime_ns
    path.write_bytes(b"P5 2 2 255\n#\n" + bytes([200] * 4))
    os.utime(path, ns=(time, time))


@pytest.mark.parametrize(
    "differ",
    [
        change,
        grow,
        lambda pictures: (pictures / "a" / "x.pgm").write_bytes(b"P5 2 2 255\n1234"),
        lambda pictures: (pictures / "b" / "01.pgm").unlink(),
        lambda pictures: (pictures / "b" / "01.pgm").rename(pictures / "b" / "x.pgm"),
        lambda pictures: Image.new("L", (2, 2)).save(pictures / "a" / "damaged.png"),
    ],
)
def test_a_folder_that_differs_is_decoded_anew_in_its_place(pictures, caches, decoded, differ):
    first = load(pictures)
    differ(pictures)
    second = load(pictures)
    assert len(decoded) == 2
    assert first.images.shape != second.images.shape or (first.images != second.images).any()
    assert_same(load(pictures), second)
    assert len(decoded) == 2
    assert len(kept(caches)) == 1


@pytest.mark.parametrize(
    ("module", "name", "value"),
    [
        (folder_cache, "_FORMAT", 0),
        (PIL, "__version__", "0.0"),
        (Image, "MAX_IMAGE_PIXELS", 1000),
    ],
)
def test_another_decoder_decodes_anew(pictures, decoded, monkeypatch, module, name, value):
    load(pictures)
    monkeypatch.setattr(module, name, value)
    load(pictures)
    assert len(decoded) == 2


def test_another_size_is_an_error_though_the_others_are_kept(pictures):
    load(pictures)
    load(pictures, image_size=2)
    Image.new("L", (5, 9)).save(pictures / "b" / "x.png")
    for _ in range(2):
        with pytest.raises(ValueError, match=r"image_size is needed.*2x2 in .*5x9 in .*x\.png"):
            load(pictures)
    assert load(pictures, image_size=2).images.shape == (COUNT + 1, 2, 2, 1)


def test_a_folder_without_a_readable_picture_is_an_error_each_time(pictures, caches):
    for path in pictures.rglob("*.pgm"):
        path.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(ValueError, match="none of 101 can"):
            load(pictures)
    assert not caches.exists()


def test_what_the_system_kept_back_is_tried_again(pictures, caches, monkeypatch):
    opened = Image.open

    def kept_back(file):
        if file.name.endswith("01.pgm"):
            raise OSError(5, "Input/output error", file.name)
        return opened(file)

    monkeypatch.setattr(Image, "open", kept_back)
    assert load(pictures).source["unreadable"] == ["a/damaged.png", "b/01.pgm"]
    assert not caches.exists()
    monkeypatch.setattr(Image, "open", opened)
    assert load(pictures).source["unreadable"] == ["a/damaged.png"]


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    """Changes one pixel, which its checksum tells."""
    contents = bytearray(path.read_bytes())
    contents[contents.rindex(bytes([98] * 4))] ^= 1
    path.write_bytes(contents)


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flip,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("no archive"),
        lambda path: np.savez(path, other=np.zeros(3)),
        lambda path: np.savez(path, about=json.dumps({})),
        lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"),
    ],
)
def test_a_damaged_file_is_made_again_with_a_warning(pictures, caches, decoded, caplog, damage):
    first = load(pictures)
    (path,) = kept(caches)
    whole = path.read_bytes()
    damage(path)
    caplog.clear()
    assert_same(load(pictures), first)
    assert f"{path} cannot be read (" in caplog.messages[0]
    assert caplog.messages[0].endswith("and is made again.")
    assert path.read_bytes() == whole
    assert len(decoded) == 2


def test_a_cache_that_cannot_be_written_is_done_without(pictures, tmp_path, decoded, caplog):
    (tmp_path / "file").write_text("no folder")
    first = load(pictures, data_dir=tmp_path / "file")
    assert any("are not kept in" in message for message in caplog.messages)
    assert_same(load(pictures, data_dir=tmp_path / "file"), first)
    assert len(decoded) == 2


def test_a_process_killed_while_writing_leaves_nothing_to_read(
    pictures, caches, decoded, monkeypatch
):
    def killed(file, **arrays):
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", killed)
        assert wait(in_another_process(lambda: load(pictures))) == -signal.SIGKILL
    assert len(list(caches.glob(".partial-*.npz"))) == 1
    assert not kept(caches)
    first = load(pictures)
    assert_same(load(pictures), first)
    assert len(decoded) == 1
    assert len(kept(caches)) == 1
    assert not list(caches.glob(".partial-*"))


def test_processes_at_once_get_the_same_and_leave_a_whole_file(pictures, caches, decoded):
    pids = [in_another_process(lambda: load(pictures)) for _ in range(4)]
    assert [wait(pid) for pid in pids] == [0] * 4
    kept_by_them = load(pictures)
    assert not decoded
    (path,) = kept(caches)
    path.unlink()
    assert_same(load(pictures), kept_by_them)


def test_a_writer_does_not_wait_for_another(pictures, caches, decoded, caplog):
    """Which may be stopped, and hold its lock for ever."""
    caches.mkdir(parents=True)
    with open(caches / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        load(pictures)
    assert not kept(caches)
    assert len(caplog.messages) == 1  # of the damaged picture
    load(pictures)
    load(pictures)
    assert len(decoded) == 2
