"""Compares what this checkout and an earlier commit make of the same seeds, bit by bit.

python -m tests.same_bits COMMIT

For both: the images of every shipped model, and every array of a 200-step training of each model on
scikit-learn's digits (weights, averages and optimizers; their names may have changed, their bits
may not). It takes about ten minutes, and exits with 1 where a bit differs.
"""

import collections
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
STEPS = 200
SHARED = (f"--config.num_steps={STEPS}", "--config.train_size=200", "--config.batch_size=20")
SHARED += ("--config.precision=float32",)  # all that earlier versions chose by themselves
NARROW = ("--config.generator.width=8", "--config.discriminator.width=8")
TRAININGS = {
    **dict.fromkeys(
        ("gan", "dcgan", "deligan", "gmgan", "supervised_gmgan", "tgan", "acgan"), NARROW
    ),
    "pixelcnn": ("--config.model.filters=8", "--config.model.num_blocks=2"),
}
SAMPLE = """
import hashlib, sys
import keras, tfmix
model = keras.models.load_model(sys.argv[1])
count = 4 if isinstance(model, tfmix.PixelCNN) else 100
print(hashlib.sha256(model.sample(count, seed=0).tobytes()).hexdigest())
"""

Arrays = collections.Counter[str]  # hashes of arrays, each as often as it comes


def run(checkout: pathlib.Path, *arguments: object) -> str:
    """What a Python process in a checkout prints."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{arguments} failed in {checkout}: {done.stderr[-2000:]}")
    return done.stdout.strip()


def images(checkout: pathlib.Path) -> dict[str, str]:
    """The hash of each shipped model's images."""
    paths = sorted((checkout / "saved_models").glob("*/*.keras"))
    return {path.stem: run(checkout, "-c", SAMPLE, path) for path in paths}


def arrays(path: pathlib.Path) -> Arrays:
    """The hashes of all arrays in a .keras file."""
    found: Arrays = collections.Counter()

    def add(_: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            value = np.asarray(item)
            found[f"{value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"] += 1

    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as weights:
        h5py.File(io.BytesIO(weights.read())).visititems(add)
    return found


def trainings(checkout: pathlib.Path, folder: pathlib.Path) -> dict[str, Arrays]:
    """The arrays that each model's training leaves."""
    found = {}
    for model, narrow in TRAININGS.items():
        config = f"{model}_digits"
        if (checkout / f"zoo/configs/{config}.py").exists():  # before configs had names
            config = f"zoo/configs/{config}.py"
            narrow = [flag.replace("--config.model", "--config.generator") for flag in narrow]
        workdir = folder / model
        arguments = (f"--config={config}", f"--workdir={workdir}", *SHARED, *narrow)
        run(checkout, "-m", "zoo.train", *arguments)
        found[model] = arrays(workdir / "model.keras")
        print(f"{checkout.name}: {model}, {sum(found[model].values())} arrays", flush=True)
    return found


def main() -> int:
    """Compares, and prints a line for each model."""
    (commit,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        before = folder / "before"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", str(before), commit], check=True)
        try:
            pairs = [
                (images(ROOT), images(before)),
                (trainings(ROOT, folder / "now"), trainings(before, folder / "then")),
            ]
        finally:
            subprocess.run([*git, "remove", "--force", str(before)], check=True)
    differ = 0
    for kind, (now, then) in zip(("images", "training"), pairs, strict=True):
        for name in sorted(now.keys() | then.keys()):
            same = name in now and now.get(name) == then.get(name)
            differ += not same
            print(f"{kind:10}{name:28}{'the same bits' if same else 'DIFFERS'}")
    return int(differ > 0)


if __name__ == "__main__":
    sys.exit(main())
