"""Runs that are killed or stopped, resumed, and compared with one that was never stopped."""

import json
import os
import pathlib
import random
import signal
import time

import pytest

from tests.same_bits import arrays
from tfmix.training import Workdir

STEPS, KILLS = 60, 6
# Whatever has a state or draws noise: three optimizers, heads, penalties that move, augmentation.
CONFIG = """
from tfmix.programs import presets

model = {"component_weight": 1.0, "noise_weight": 1.0, "invariance_weight": 1.0}
model |= {"loss": "relativistic", "r1_penalty": (1.0, 0.1), "r2_penalty": 0.1, "r1_every": 3}
model |= {"lecam_penalty": 0.1, "augment": "default", "ada_target": 0.3, "ada_images": 2000}


def get_config():
    return presets.based_on(
        "gmgan_digits",
        **{"train_size": 70, "batch_size": 16, "sample_every": 30, "log_every": 5, "seed": 3},
        **{"evaluate_every": 20, "validation_size": 50, "ema_momentum": 0.9},
        model={"component_delay": 20, **model},
        prior={"num_components": 4, "latent_dim": 8},
        generator={"width": 4},
        discriminator={"width": 4, "depth": 1, "dense_widths": (8,)},
        optimizer={"beta_2": (0.9, 0.99)},
        prior_optimizer={"name": "Adam", "learning_rate": 1e-2},
    )
"""


def log(workdir: pathlib.Path) -> list[dict]:
    path = workdir / "log.jsonl"
    lines = map(json.loads, path.read_text().splitlines() if path.exists() else ())
    return [{k: v for k, v in line.items() if k != "images_per_second"} for line in lines]


def evaluated(workdir: pathlib.Path) -> tuple[str, str]:
    """The scores on held-out images, and which model was the best."""
    return tuple((workdir / name).read_text() for name in ("evaluations.jsonl", "best.json"))


def logged(workdir: pathlib.Path) -> int:
    return max((line["step"] for line in log(workdir)), default=0)


def newest(workdir: pathlib.Path) -> int:
    return Workdir(workdir).newest() or 0


def wait_until(condition, seconds=600.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run made no progress"
        time.sleep(0.005)


def command(workdir, every=3):
    """What trains in a workdir, by a config beside it, with a checkpoint every few steps."""
    config = workdir.with_name("everything.py")
    config.write_text(CONFIG)
    flags = [f"--config.num_steps={STEPS}", f"--config.checkpoint_every={every}"]
    return ["zoo.train", f"--config={config}", *flags, f"--workdir={workdir}"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, processes):
    """The workdir of a run that was never stopped."""
    workdir = tmp_path_factory.mktemp("whole") / "run"
    assert processes.run(*command(workdir)).code == 0
    return workdir


@pytest.mark.slow
def test_killed_at_any_moment_ends_with_the_same_bits(tmp_path, processes, whole):
    killed = tmp_path / "run"
    train, moments, in_a_write = command(killed), random.Random(0), 0
    for kill in range(KILLS):
        before = newest(killed)
        pid = processes.start(*train)
        wait_until(lambda before=before: newest(killed) > before)
        if kill % 2:
            time.sleep(moments.uniform(0.0, 0.2))
        else:
            wait_until(lambda: any(killed.glob("checkpoints/.partial-*")))
        os.kill(pid, signal.SIGKILL)
        assert processes.wait().code == -signal.SIGKILL
        in_a_write += any(killed.glob("checkpoints/.partial-*"))
    assert newest(killed) < STEPS, "the last kill came too late to mean anything"
    assert in_a_write > 0

    assert processes.run(*train).code == 0
    assert arrays(killed / "model.keras") == arrays(whole / "model.keras")
    assert log(killed) == log(whole)
    assert evaluated(killed) == evaluated(whole)
    assert arrays(killed / "best.keras") == arrays(whole / "best.keras")
    assert [line["step"] for line in log(killed)] == list(range(5, STEPS + 1, 5))
    assert not list(killed.rglob(".partial-*"))


@pytest.mark.slow
def test_stopped_by_signals_is_saved_first_and_resumed_to_the_same_bits(
    tmp_path, programs, processes, whole
):
    stopped = tmp_path / "stopped"
    train = command(stopped, every=1000)
    for signum, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        before = newest(stopped)
        pid = processes.start(*train)
        wait_until(lambda before=before: logged(stopped) > before)
        with pytest.raises(ValueError, match="Another process"), Workdir(stopped).locked(before):
            pass
        os.kill(pid, signum)
        result = processes.wait()
        assert result.code == code
        assert before < newest(stopped) < STEPS
        assert f"saved at step {newest(stopped)}" in result.err

    # One that comes during the last save loses nothing.
    with pytest.MonkeyPatch.context() as patch:
        save = Workdir.save

        def interrupted(*arguments):
            signal.raise_signal(signal.SIGTERM)
            save(*arguments)

        patch.setattr(Workdir, "save", interrupted)
        assert programs.run(*train).code in (0, 143)
    assert newest(stopped) == STEPS
    assert arrays(stopped / "model.keras") == arrays(whole / "model.keras")
