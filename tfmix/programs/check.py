"""Checks that an image has the same bits in whichever way it is drawn on this machine.

tfmix check

Each shipped model, or the one of --model, draws some images in one batch. They are drawn again one
at a time, in small batches, in another order, by one thread, and from the SavedModel beside the
.keras file. One line for each model says what was the same; the exit code is 1 where bits differ.
"""

import hashlib
import logging
import os
import pathlib
import platform
import subprocess
import sys
from collections.abc import Callable

import numpy as np

from tfmix import environment, loading
from tfmix.programs import command_line
from tfmix.programs.flags import Flags
from tfmix.sampling import BaseSampler
from tfmix.serving import SavedSampler

FLAGS = Flags()
_MODEL = FLAGS.string("model", None, f"{loading.HELP} Left out: each shipped model.")
_ROWS = 70  # a large block of a generator and some small ones
_ROWS_OF_PIXELS = 20  # of a PixelCNN, which takes its time: two blocks
_ALONE = 5  # rows that are drawn one by one
_FEW = 6  # rows of a small batch
_SETTINGS = "TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA"  # by which kernels are chosen
_ONE_THREAD = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf
for threads in ("intra", "inter"):
    getattr(tf.config.threading, f"set_{threads}_op_parallelism_threads")(1)
from tfmix.programs import check, command_line
command_line.import_tfmix()
for model in sys.argv[1:]:
    print(check.digest(check.drawn(model)[2]), flush=True)
"""


def main() -> None:
    """Checks."""
    models = loading.names() if _MODEL.value is None else [_MODEL.value]
    for model in models:
        loading.find(model)
    command_line.import_tfmix()
    logging.getLogger("absl").setLevel("ERROR")  # it warns of the gradients of a SavedModel
    print(_machine())
    command = [sys.executable, "-c", _ONE_THREAD, *models]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one_thread:
        wrong = [model for model in models if not _agrees(model, one_thread.stdout.readline)]
    if one_thread.returncode != 0:
        raise RuntimeError("The process of one thread failed; what it said is above.")
    if wrong:
        command_line.fail(f"Bits differ on this machine: {', '.join(wrong)}.", 1)


def drawn(model: str) -> tuple[BaseSampler, np.ndarray, np.ndarray]:
    """A model, and the seeds [N] and images [N, ...] that are compared."""
    sampler = loading.load(model)
    seed = np.arange(_ROWS if sampler.latent_dim else _ROWS_OF_PIXELS)
    return sampler, seed, sampler.sample(len(seed), seed=seed)


def digest(images: np.ndarray) -> str:
    """SHA-256 of images."""
    return hashlib.sha256(images.tobytes()).hexdigest()


def _agrees(model: str, of_one_thread: Callable[[], str]) -> bool:
    """Prints in which ways the bits of a model are the same, and whether in all."""
    sampler, seed, images = drawn(model)
    order = np.random.default_rng(0).permutation(len(seed))
    small = [seed[start : start + _FEW] for start in range(0, len(seed), _FEW)]
    same = {
        "one by one": all(
            np.array_equal(sampler.sample(1, seed=seed[[i]])[0], images[i]) for i in range(_ALONE)
        ),
        "in small batches": np.array_equal(
            np.concatenate([sampler.sample(len(each), seed=each) for each in small]), images
        ),
        "in another order": np.array_equal(
            sampler.sample(len(seed), seed=seed[order]), images[order]
        ),
    }
    path = loading.find(model)
    saved = None if path.is_dir() else loading.newest_saved_model(path)
    if saved is not None:
        served = SavedSampler(saved).sample(len(seed), seed=seed)
        # A SavedModel gives images in [0, 1], and they were mapped back.
        back = 2.0 * np.clip((images + 1.0) / 2.0, 0.0, 1.0) - 1.0 if images.ndim == 4 else images
        same["in the SavedModel"] = np.array_equal(served, back)
    same["by one thread"] = of_one_thread().strip() == digest(images)
    parts = (("the same bits", True), ("OTHER BITS", False))
    listed = {how: [name for name in same if same[name] is how] for _, how in parts}
    said = [f"{words} {', '.join(listed[how])}" for words, how in parts if listed[how]]
    print(f"{model:24}{'; '.join(said)}", flush=True)
    return not listed[False]


def _machine() -> str:
    """The processor, and what else decides which kernels TensorFlow chooses."""
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    recorded = environment.record()
    settings = [f"{name}={os.environ[name]}" for name in _SETTINGS if name in os.environ]
    versions = f"TensorFlow {recorded['versions']['tensorflow']}"
    return ", ".join([next(named, platform.machine()), recorded["hardware"], versions, *settings])
