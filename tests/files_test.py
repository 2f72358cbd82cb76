import os

import pytest

from tfmix.files import atomic_write


def write(path, text):
    with atomic_write(path) as beside:
        beside.write_text(text)


def write_folder(path, text="new"):
    with atomic_write(path) as beside:
        (beside / "deep").mkdir(parents=True)
        (beside / "deep" / "file").write_text(text)


def stop_while_writing(path, error):
    with atomic_write(path) as beside:
        beside.write_text("half")
        raise error


def test_file_appears(tmp_path):
    write(tmp_path / "x.txt", "new")
    assert (tmp_path / "x.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_file_is_not_there_before_the_end(tmp_path):
    with atomic_write(tmp_path / "x.txt") as beside:
        beside.write_text("half")
        assert not (tmp_path / "x.txt").exists()


def test_file_replaces_a_file(tmp_path):
    (tmp_path / "x.txt").write_text("old")
    with atomic_write(tmp_path / "x.txt") as beside:
        beside.write_text("new")
        assert (tmp_path / "x.txt").read_text() == "old"
    assert (tmp_path / "x.txt").read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_exception_leaves_the_old_file(tmp_path, error):
    (tmp_path / "x.txt").write_text("old")
    with pytest.raises(error):
        stop_while_writing(tmp_path / "x.txt", error)
    assert (tmp_path / "x.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["x.txt"]


def test_exception_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError):
        stop_while_writing(tmp_path / "x.txt", RuntimeError)
    assert os.listdir(tmp_path) == []


def test_nothing_written_is_an_error(tmp_path):
    (tmp_path / "x.txt").write_text("old")
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "x.txt"):
        pass
    assert (tmp_path / "x.txt").read_text() == "old"


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


def test_place_beside_is_hidden_in_the_same_folder_with_the_same_suffix(tmp_path):
    with atomic_write(tmp_path / "x.keras") as beside:
        beside.touch()
    assert (beside.parent, beside.suffix, beside.name[0]) == (tmp_path, ".keras", ".")


def test_makes_parents(tmp_path):
    write(tmp_path / "a" / "b" / "x.txt", "new")
    assert (tmp_path / "a" / "b" / "x.txt").read_text() == "new"


def test_takes_a_name_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("x.txt", "new")
    assert (tmp_path / "x.txt").read_text() == "new"


def test_folder_takes_a_free_place(tmp_path):
    write_folder(tmp_path / "x")
    assert (tmp_path / "x" / "deep" / "file").read_text() == "new"
    assert os.listdir(tmp_path) == ["x"]


def test_folder_replaces_no_folder(tmp_path):
    write_folder(tmp_path / "x", "old")
    with pytest.raises(OSError, match="only takes a free place"):
        write_folder(tmp_path / "x")
    assert (tmp_path / "x" / "deep" / "file").read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_folder_replaces_no_empty_folder(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(OSError, match="x"):
        write_folder(tmp_path / "x")
    assert os.listdir(tmp_path / "x") == []


def test_folder_replaces_no_file(tmp_path):
    (tmp_path / "x").write_text("old")
    with pytest.raises(FileExistsError):
        write_folder(tmp_path / "x")
    assert (tmp_path / "x").read_text() == "old"


def test_file_replaces_no_folder(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "x", "new")
    assert os.listdir(tmp_path) == ["x"]


def test_parent_that_is_a_file(tmp_path):
    (tmp_path / "x").write_text("old")
    with pytest.raises(OSError, match="x"):
        write(tmp_path / "x" / "y", "new")
