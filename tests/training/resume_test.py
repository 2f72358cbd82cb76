"""Kills runs with SIGKILL, resumes them, and compares them with one that was never stopped."""

import json
import pathlib
import random
import signal
import subprocess
import sys
import time
import zipfile

import h5py
import pytest

# The library is imported once; each life of the run is a process forked off it, which begins and
# ends in seconds. Nothing of TensorFlow's runtime is started before the fork.
LIVES = """
import json, os, sys
import tfmix
config = json.loads(sys.stdin.readline())
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        sys.stdout = open(os.devnull, "w")
        tfmix.training.train(config, line.strip())
        os._exit(0)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""
CONFIG = {
    "model": "DeLiGAN",
    "dataset": "digits",
    "data_dir": "",
    "train_size": 70,
    "image_size": 0,
    "channels": 0,
    "batch_size": 16,
    "num_steps": 150,
    "checkpoint_every": 3,
    "sample_every": 75,
    "log_every": 5,
    "seed": 3,
    "precision": "float32",
    "strategy": "none",
    "ema_momentum": 0.9,
    "prior": {"name": "GaussianMixture", "num_components": 4, "latent_dim": 6},
    "generator": {"name": "DCGANGenerator", "width": 4, "depth": 1},
    "discriminator": {"name": "DCGANDiscriminator", "width": 4, "depth": 1, "minibatch_kernels": 2},
    "optimizer": {"name": "Adam", "learning_rate": 1e-3, "beta_1": 0.5},
    "loss": {"name": "non_saturating", "sigma_penalty": 0.1},
}
KILLS = 10


class Lives:
    """Processes that train the same config, one after another."""

    def __init__(self):
        self.parent = subprocess.Popen(
            [sys.executable, "-c", LIVES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._say(json.dumps(CONFIG))

    def begin(self, workdir: pathlib.Path) -> int:
        self._say(str(workdir))
        return int(self.parent.stdout.readline())

    def status(self) -> int:
        return int(self.parent.stdout.readline())

    def _say(self, line: str) -> None:
        self.parent.stdin.write(line + "\n")
        self.parent.stdin.flush()


@pytest.fixture(scope="module")
def lives():
    lives = Lives()
    yield lives
    with lives.parent:  # closes its pipes, at which it ends
        pass


def saved(workdir: pathlib.Path) -> dict[str, bytes]:
    """Every array in model.keras: weights, both optimizers, the step."""
    arrays = {}
    with zipfile.ZipFile(workdir / "model.keras") as archive, archive.open(
        "model.weights.h5"
    ) as file, h5py.File(file) as weights:
        weights.visititems(
            lambda name, item: arrays.update({name: item[()].tobytes()})
            if isinstance(item, h5py.Dataset)
            else None
        )
    return arrays


def log(workdir: pathlib.Path) -> list[dict]:
    lines = [json.loads(line) for line in (workdir / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "images_per_second"} for line in lines]


def newest(workdir: pathlib.Path) -> int:
    steps = [int(path.stem[5:]) for path in workdir.glob("checkpoints/step_*.keras")]
    return max(steps, default=0)


def wait_until(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the run made no progress"
        time.sleep(0.0005)


def test_killed_at_any_moment_ends_with_the_same_bits(tmp_path, lives):
    never, often = tmp_path / "never", tmp_path / "often"
    lives.begin(never)
    assert lives.status() == 0

    moments, in_a_write = random.Random(0), 0
    for kill in range(KILLS):
        before = newest(often)
        pid = lives.begin(often)
        wait_until(lambda before=before: newest(often) > before)
        if kill % 2:
            wait_until(lambda: any(often.glob("checkpoints/.partial-*")))
        else:
            time.sleep(moments.uniform(0.0, 0.2))
        subprocess.run(["kill", "-9", str(pid)], check=True)
        assert lives.status() == signal.SIGKILL
        in_a_write += any(often.glob("checkpoints/.partial-*"))
    assert newest(often) < CONFIG["num_steps"], "the last kill came too late to mean anything"
    assert in_a_write > 0

    lives.begin(often)
    assert lives.status() == 0
    assert saved(often) == saved(never)
    assert log(often) == log(never)
    assert [line["step"] for line in log(often)] == list(range(5, 151, 5))
    assert not list(often.rglob(".partial-*"))
