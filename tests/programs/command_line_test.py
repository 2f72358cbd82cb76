"""What all programs have in common: flags, help, errors, exit codes, signals."""

import os
import pathlib
import signal
import sys
import time

import pytest

import tfmix_cli


def test_a_mistake_is_one_line_and_exit_code_2(processes, tmp_path):
    """As a process; tests of refusals call the programs in this one."""
    result = processes.run("zoo.train", "--config.train_size=9", f"--workdir={tmp_path / 'run'}")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith("error: ")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--nosuchflag=1"], "nosuchflag"),
        (["--model=x", "stray"], "Stray arguments: stray"),
        (["--num=many"], "num"),
        (["--num=0"], "num"),
        ([], "--model"),
    ],
)
def test_flags_are_checked_before_anything_is_done(refused, flags, said):
    refused("zoo.sample", *flags, said=said)


def test_a_flag_keeps_no_value_of_a_call_before(programs, refused, tmp_path):
    flags = ["--model=deligan_digits", f"--out={tmp_path / 'x.png'}"]
    refused("zoo.sample", *flags, "--component=99", said="component")
    assert programs.run("zoo.sample", *flags, "--num=1").code == 0


@pytest.mark.parametrize("program", tfmix_cli.PROGRAMS)
def test_help_shows_the_purpose_and_the_programs_own_flags(programs, program):
    result = programs.run(f"zoo.{program}", "--help")
    assert (result.code, result.err) == (0, "")
    assert 1 <= result.out.count("\n  --") <= 12  # absl alone has dozens
    assert "\nFlags:\n" in result.out
    assert max(map(len, result.out.splitlines())) <= 100


def test_the_console_command_lists_the_programs(monkeypatch, capsys):
    for arguments, code in ((["--help"], 0), (["nosuch"], 2)):
        monkeypatch.setattr(sys, "argv", ["tfmix", *arguments])
        with pytest.raises(SystemExit, match=str(code)):
            tfmix_cli.main()
        told = "".join(capsys.readouterr())
        assert all(program in told for program in tfmix_cli.PROGRAMS)


def catches(pid, signum):
    """Whether a process has set a handler for a signal, as Linux tells."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    (caught,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return int(caught, 16) >> (signum - 1) & 1


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_before_training_ends_in_one_line(processes, tiny, tmp_path, signum, code):
    pid = processes.start("zoo.train", *tiny, f"--workdir={tmp_path / 'run'}")
    while not catches(pid, signal.SIGTERM):
        time.sleep(0.01)
    os.kill(pid, signum)
    result = processes.wait()
    assert (result.code, result.err) == (code, f"error: Stopped by {signum.name}.\n")
    assert not (tmp_path / "run").exists()
