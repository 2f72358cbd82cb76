import fcntl
import os
import signal

import numpy as np
import pytest

from tfmix import cache

ARRAYS = {"images": np.arange(1000, dtype=np.uint8).reshape(10, 100), "labels": np.arange(10)}


@pytest.fixture
def path(tmp_path):
    """A file in a folder that is not there yet."""
    return tmp_path / "caches" / "x.npz"


def assert_kept(path, fingerprint="one", arrays=ARRAYS):
    found = cache.load(path, fingerprint)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


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


def test_arrays_come_back_for_their_fingerprint_alone(path, caplog):
    assert cache.load(path, "one") is None
    cache.save(path, "one", ARRAYS)
    assert_kept(path)
    assert cache.load(path, "another") is None
    assert not caplog.records


def test_a_file_is_replaced_and_nothing_else_is_left_but_the_lock(path):
    cache.save(path, "one", ARRAYS)
    cache.save(path, "another", {"labels": np.ones(3)})
    assert cache.load(path, "one") is None
    assert_kept(path, "another", {"labels": np.ones(3)})
    assert sorted(os.listdir(path.parent)) == [".lock", "x.npz"]


def flip(path):
    """Changes one byte of an array, which its checksum tells."""
    contents = bytearray(path.read_bytes())
    contents[contents.rindex(bytes(range(90, 100)))] ^= 1
    path.write_bytes(contents)


@pytest.mark.parametrize(
    "damage",
    [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("no archive"),
        lambda path: np.savez(path, other=np.zeros(3)),
        lambda path: path.write_bytes(b"\x93NUMPY\x01\x00"),
    ],
)
def test_a_damaged_or_foreign_file_is_not_there_with_a_warning(path, caplog, damage):
    cache.save(path, "one", ARRAYS)
    damage(path)
    assert cache.load(path, "one") is None
    (message,) = caplog.messages
    assert message.startswith(f"{path} cannot be read (")
    assert message.endswith("and is made again.")
    cache.save(path, "one", ARRAYS)
    assert_kept(path)


def test_where_a_file_cannot_be_written_a_warning_says_so(tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    path = tmp_path / "file" / "x.npz"
    cache.save(path, "one", ARRAYS)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"{path} is not kept" in record.getMessage()
    assert cache.load(path, "one") is None


def test_a_process_killed_while_writing_leaves_nothing_to_read(path, monkeypatch):
    def killed(file, **arrays):
        file.write(b"half")
        file.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", killed)
        pid = in_another_process(lambda: cache.save(path, "one", ARRAYS))
        assert wait(pid) == -signal.SIGKILL
    assert len(os.listdir(path.parent)) == 2  # the lock, and half a file
    assert cache.load(path, "one") is None
    cache.save(path, "one", ARRAYS)
    assert_kept(path)
    assert sorted(os.listdir(path.parent)) == [".lock", "x.npz"]


def test_processes_at_once_leave_a_whole_file(path):
    pids = [in_another_process(lambda: cache.save(path, "one", ARRAYS)) for _ in range(4)]
    assert [wait(pid) for pid in pids] == [0] * 4
    assert_kept(path)


def test_a_writer_does_not_wait_for_another(path, caplog):
    """Which may be stopped, and hold its lock for ever."""
    path.parent.mkdir()
    with open(path.parent / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cache.save(path, "one", ARRAYS)
    assert not path.exists()
    assert not caplog.records
