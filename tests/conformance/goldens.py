"""Files that earlier versions of the library wrote, and what was drawn from them then.

`python -m tests.conformance.goldens` writes those that are missing into tests/goldens/, so that a
new model gets its own. The others are to stay: they stand for the files that users have. A golden
may be deleted and written anew only together with a change that is meant to break users' files or
to alter what a seed draws, and that the README tells of; one that fails without such a change has
found a bug in the library.

A sampler NAME.keras comes with NAME.npz, all that it draws for SEEDS. training.keras holds a
GAN with both optimizers, training.npz its step, and what it draws before and after one more step.
"""

import pathlib
from collections.abc import Callable

import keras
import numpy as np

import tfmix
from tests.conformance.entries import BATCH, ENTRIES, IMAGES, batches, compiled, make
from tfmix.files import atomic_write

FOLDER = pathlib.Path(__file__).parent.parent / "goldens"
SEEDS = np.int32([0, 1, 2, 3, 8, 9, -1, 2**31 - 1])
_STEPS = 40  # enough that images of different seeds differ visibly


def path(name: str) -> pathlib.Path:
    """Where the golden of this name lies."""
    return FOLDER / f"{name}.keras"


def expected(name: str) -> dict[str, np.ndarray]:
    """What was drawn from the golden when it was written."""
    with np.load(FOLDER / f"{name}.npz") as arrays:
        return dict(arrays)


def one_more_step(gan: tfmix.GAN) -> dict[str, np.ndarray]:
    """Step and images of a GAN of points, before and after it is trained a step further."""
    drawn = {"step": gan.step.numpy(), "before": gan.sample(8, seed=SEEDS)}
    gan.train_step(IMAGES[:BATCH, 0, :2, 0])
    return {**drawn, "after": gan.sample(8, seed=SEEDS)}


def _small_gan() -> tfmix.GAN:
    gan = tfmix.DeLiGAN(
        tfmix.priors.GaussianMixture(3, 2),
        tfmix.networks.MLPGenerator(2, 2, widths=(3,), seed=1),
        tfmix.networks.MLPDiscriminator(2, widths=(3,), seed=2),
    )
    compiled(gan, lambda rate: keras.optimizers.Adam(rate, beta_1=0.5))
    points = tfmix.data.batches(IMAGES[:, 0, :2, 0], BATCH, seed=3)
    gan.fit(points, steps_per_epoch=_STEPS, verbose=0, shuffle=False)
    return gan


def _write(name: str, model: keras.Model, draw: Callable) -> None:
    with atomic_write(path(name)) as beside:
        model.save(beside)
        with atomic_write(FOLDER / f"{name}.npz") as arrays:
            np.savez_compressed(arrays, **draw(model))


def main() -> None:
    """Writes the goldens that are missing."""
    for name in ENTRIES:
        if not path(name).exists():
            model = compiled(make(name), keras.optimizers.Adam)
            model.fit(batches(), steps_per_epoch=_STEPS, verbose=0, shuffle=False)
            sampler = model.sampler({"data": "noise"})
            _write(name, sampler, lambda sampler: sampler.draw(8, seed=SEEDS))
    if not path("training").exists():
        _write("training", _small_gan(), one_more_step)


if __name__ == "__main__":
    main()
