"""The wheel, in an environment of its own and away from the checkout."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow
ROOT = pathlib.Path(__file__).parent.parent
SMALL = [
    *("--config=small_100", "--config.image_size=32", "--config.batch_size=8"),
    *("--config.generator.width=2", "--config.discriminator.width=2"),
    *("--config.num_steps=60", "--config.log_every=2"),
    *("--config.checkpoint_every=1000", "--config.sample_every=1000"),
]
USE = """
import tfmix
assert "site-packages" in tfmix.__file__, tfmix.__file__
sampler = tfmix.load("deligan_digits")
print(sampler.images(4, seed=0).shape)
report = tfmix.evaluation.evaluate(sampler, "digits", num_samples=200, sampling_seeds=(0,))
print(sorted(report["scores"]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([sys.executable, *build, "--wheel-dir", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Runs a command of a fresh environment, which has the wheel and what it needs, elsewhere."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=False)
    scripts = home / "venv" / "bin"
    (site,) = (home / "venv" / "lib").glob("python*/site-packages")
    (site / "needs.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")  # not its .pth files
    install = ["-m", "pip", "--python", scripts / "python", "install", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, *install, "--ignore-installed", "--quiet", wheel], check=True)

    def start(program, *arguments):
        return subprocess.Popen(
            [scripts / program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )

    def run(program, *arguments, code=0):
        process = start(program, *arguments)
        out, err = process.communicate()
        assert process.returncode == code, err
        return out

    run.start, run.home = start, home
    return run


def test_it_holds_one_package_and_the_way_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        told = archive.read(metadata).decode()
    tops = {name.split("/")[0] for name in names if "dist-info" not in name}
    assert tops == {"tfmix", "tfmix_cli.py"}
    assert "tfmix/py.typed" in names
    assert "tfmix/configs/deligan.py" in names
    assert "tfmix/evaluation/extractors/weights/mnist/mnist.keras" in names
    assert "tfmix/saved_models/gmgan_mnist/report.json" in names
    assert not [name for name in names if name.endswith(".pb")]
    needed = [line for line in told.splitlines() if line.startswith("Requires-Dist: ")]
    assert not [line for line in needed if "==" in line.split(";")[0]]  # ranges


def test_a_shipped_model_is_loaded_sampled_and_scored(run):
    told = run("python", "-c", USE)
    assert "(4, 8, 8, 1)" in told
    assert "kid200_digits" in told


def test_from_a_folder_of_pictures_to_a_served_model(run):
    home, pictures = run.home, run.home / "pictures"
    pictures.mkdir()
    for i in range(60):
        noise = np.random.default_rng(i).integers(0, 256, [32, 32, 3], np.uint8)
        Image.fromarray(noise).save(pictures / f"{i}.png")
    flags = [*SMALL, "--config.dataset=folder:pictures", "--workdir=runs/mine"]
    training = run.start("tfmix", "train", *flags)
    while not (home / "runs/mine/log.jsonl").exists() and training.poll() is None:
        time.sleep(0.05)
    training.send_signal(signal.SIGTERM)
    assert "saved at step" in training.communicate()[1]
    assert training.returncode == 143
    assert "Resuming" in run("tfmix", "train", *flags)
    run("tfmix", "export", "--workdir=runs/mine", "--out=mine")
    assert (home / "mine/1/saved_model.pb").exists()
    run("tfmix", "sample", "--model=./mine", "--num=4", "--out=samples.png")
    run("tfmix", "evaluate", "--model=./mine", "--num=30", "--seeds=0", "--out=report.json")
    report = json.loads((home / "report.json").read_text())
    assert report["command"] == (
        "tfmix evaluate --model=./mine --num=30 --seeds=0 --out=report.json"
    )
    assert report["scores"]


def test_help_and_mistakes_are_answered_outside_the_checkout(run):
    assert "explore" in run("tfmix", "--help")
    assert "deligan_mnist" in run("tfmix", "train", "--list")
    run("tfmix", "train", "--config=nosuch", code=2)
