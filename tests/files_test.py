import os

import pytest

from tfmix.files import atomic_write


def write(path, text="new"):
    with atomic_write(path) as beside:
        beside.write_text(text)


def write_folder(path, text="new"):
    with atomic_write(path) as beside:
        (beside / "deep").mkdir(parents=True)
        (beside / "deep" / "file").write_text(text)


def stop_while_writing(path, error):
    with atomic_write(path) as beside:
        if error is not FileNotFoundError:  # which nothing written is
            beside.write_text("half")
            raise error


@pytest.mark.parametrize("old", [None, "old"])
def test_a_file_appears_at_the_end_and_alone_written_beside_it_with_the_same_suffix(tmp_path, old):
    path = tmp_path / "x.txt"
    if old:
        path.write_text(old)
    with atomic_write(path) as beside:
        assert (beside.parent, beside.suffix, beside.name[0]) == (tmp_path, ".txt", ".")  # hidden
        beside.write_text("new")
        assert (path.read_text() if path.exists() else None) == old
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["x.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, FileNotFoundError])
def test_an_exception_or_nothing_written_leaves_the_old_file_or_nothing(tmp_path, error):
    (tmp_path / "old.txt").write_text("old")
    for name in ("old.txt", "new.txt"):
        with pytest.raises(error):
            stop_while_writing(tmp_path / name, error)
    assert (tmp_path / "old.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["old.txt"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_next_writer_clears_what_a_killed_one_left(tmp_path, kind):
    with atomic_write(tmp_path / "x.txt") as beside:
        beside.touch()
    if kind == "file":
        beside.write_text("left")
    else:
        (beside / "deep").mkdir(parents=True)
        (beside / "deep" / "file").write_text("left")
    with atomic_write(tmp_path / "x.txt") as beside:
        assert not beside.exists()
        beside.write_text("new")
    assert os.listdir(tmp_path) == ["x.txt"]


def test_makes_parents_and_takes_a_name_in_the_current_folder(tmp_path, monkeypatch):
    write(tmp_path / "a" / "b" / "x.txt")
    monkeypatch.chdir(tmp_path)
    write("x.txt")
    assert (tmp_path / "a" / "b" / "x.txt").read_text() == (tmp_path / "x.txt").read_text() == "new"


def test_folder_takes_a_free_place_and_replaces_no_folder(tmp_path):
    write_folder(tmp_path / "x", "old")
    with pytest.raises(OSError, match="cannot replace what exists"):
        write_folder(tmp_path / "x")
    assert (tmp_path / "x" / "deep" / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_neither_replaces_the_other_and_a_folder_no_empty_one(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("old")
    for make, name, error in (
        (write_folder, "folder", OSError),
        (write_folder, "file", FileExistsError),
        (write, "folder", IsADirectoryError),
    ):
        with pytest.raises(error, match=name):
            make(tmp_path / name)
    with pytest.raises(OSError, match="file"):
        write(tmp_path / "file" / "y")
    assert os.listdir(tmp_path / "folder") == []
    assert (tmp_path / "file").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
