"""Shows whether a GAN learns how often each of three clusters comes, by two gradients.

python -m zoo.benchmarks.weights --out=runs/benchmarks/weights

The data are `blobs`, three in the plane of weights .7, .2 and .1. The prior is a mixture of three
Gaussians, fixed at the blobs' centres, that starts with equal weights. Writes weights.md,
weights.json and weights.png.
"""

import functools
import json
import pathlib
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
from absl import flags
from matplotlib.figure import Figure

from zoo import command_line, environment

if TYPE_CHECKING:
    import keras

    import tfmix

_COMPONENT_STD = 0.3
_BATCH_SIZE = 256
_WIDTHS = (64, 64)
_RATE, _BETA = 1e-3, 0.5  # of Adam, for both networks and the weights
_EVERY = 50  # steps between two looks at the weights
_LAST = 0.25  # share of the steps at the end over which the weights are averaged
_NUM_SAMPLES = 10_000
_GOOD = 0.05
GRADIENTS = ("marginal", "pathwise")

_OUT = flags.DEFINE_string("out", "runs/benchmarks/weights", "The folder to write.")
_STEPS = flags.DEFINE_integer("steps", 10_000, "Training steps of a run.", lower_bound=_EVERY)
_SEEDS = flags.DEFINE_integer("seeds", 5, "Runs of each gradient.", lower_bound=1)


def main() -> None:
    """Trains each gradient with each seed, and writes what came of it."""
    out = pathlib.Path(_OUT.value)
    command_line.check_out(out / "weights.md", ".md")
    tfmix = command_line.import_tfmix()
    import keras

    started = time.perf_counter()
    bar = keras.utils.Progbar(
        len(GRADIENTS) * _SEEDS.value,
        unit_name="run",
        interval=0.1 if sys.stdout.isatty() else 15.0,
    )
    runs = []
    for gradient in GRADIENTS:
        for seed in range(_SEEDS.value):
            runs.append(train(gradient, seed, _STEPS.value))
            bar.add(1)
    record = {**environment.record(), "seconds": time.perf_counter() - started, "runs": runs}
    with tfmix.files.replacing(out / "weights.json") as beside:
        beside.write_text(json.dumps(record) + "\n")
    with tfmix.files.replacing(out / "weights.png") as beside:
        _figure(runs).savefig(beside, dpi=120, format="png")
    page = _page(record)
    with tfmix.files.replacing(out / "weights.md") as beside:
        beside.write_text(page)
    print(f"\n{page}\nTable, numbers and plot: {out}/")


def train(gradient: str, seed: int, num_steps: int) -> dict[str, object]:
    """Trains a small GAN on the blobs.

    Args:
        gradient: Of the prior; "pathwise" cannot learn weights.
        seed: Of the data's order, networks and noise.
        num_steps: Training steps.

    Returns:
        `steps` and `history`, the weights after each of them; `weights`, their average over the
        last quarter, by which components are ordered, the largest first; `samples`, the share of
        samples that are nearest to each blob.
    """
    import keras

    import tfmix

    gan = _gan(gradient, seed)
    gan.compile(keras.optimizers.Adam(_RATE, _BETA), keras.optimizers.Adam(_RATE, _BETA))
    history = _history()
    batches = tfmix.data.batches(_blobs(), _BATCH_SIZE, seed)
    gan.fit(batches, steps_per_epoch=num_steps, shuffle=False, verbose=0, callbacks=[history])
    weights = np.array(history.weights)
    average = weights[-max(1, int(_LAST * len(weights))) :].mean(axis=0)
    order = np.argsort(-average)
    points = gan.sample(_NUM_SAMPLES, seed=seed)
    blobs = np.argmin(np.linalg.norm(points[:, None] - _blobs().centers, axis=-1), axis=1)
    return {
        "gradient": gradient,
        "seed": seed,
        "steps": history.steps,
        "history": weights[:, order].round(4).tolist(),
        "weights": average[order].round(4).tolist(),
        "samples": (np.bincount(blobs, minlength=3) / _NUM_SAMPLES).tolist(),
    }


def _gan(gradient: str, seed: int) -> "tfmix.GAN":
    import tfmix

    prior = tfmix.priors.GaussianMixture(
        num_components=3,
        latent_dim=2,
        loc=_blobs().centers,
        scale=_COMPONENT_STD,
        learn_loc=False,
        learn_scale=False,
        learn_weights=gradient != "pathwise",
        gradient=gradient,
    )
    generator = tfmix.networks.MLPGenerator(2, 2, widths=_WIDTHS, seed=2 * seed)
    discriminator = tfmix.networks.MLPDiscriminator(2, widths=_WIDTHS, seed=2 * seed + 1)
    return tfmix.GAN(prior, generator, discriminator, seed=seed)


@functools.cache
def _blobs() -> "tfmix.data.PointSet":
    import tfmix

    return tfmix.data.load("blobs")


def _history() -> "keras.callbacks.Callback":
    import keras

    class History(keras.callbacks.Callback):
        """Keeps the prior's weights every few steps."""

        def on_train_begin(self, logs=None):
            self.steps, self.weights = [], []

        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) % _EVERY == 0:
                self.steps.append(batch + 1)
                self.weights.append(self.model.prior.mixture_weights.numpy())

    return History()


def _page(record: dict[str, object]) -> str:
    runs = record["runs"]
    lines = [
        "# Weights of a mixture, learned",
        "",
        f"A GAN of dense networks {_WIDTHS} on three blobs of weights .7, .2 and .1 (standard "
        f"deviation {_blobs().std}, centres 1 from the origin), with a mixture of three fixed "
        f"components that starts with equal weights: {_STEPS.value:,} steps of {_BATCH_SIZE}, Adam "
        f"{_RATE:g}. *Weights* are the average over the last quarter of the steps, *error* the "
        "largest of a weight, *samples* the share of samples nearest to each blob.",
        "",
        "| gradient | seed | weights | error | samples |",
        "|---|---|---|---|---|",
    ]
    for run in runs:
        cells = [
            run["gradient"],
            run["seed"],
            _shares(run["weights"]),
            f"{_error(run):.3f}",
            _shares(run["samples"]),
        ]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", *(_summary(runs, gradient) for gradient in GRADIENTS), ""]
    lines += [f"{record['seconds']:.0f} s on {record['hardware']}: `{record['command']}`", ""]
    return "\n".join(lines)


def _summary(runs: list[dict[str, object]], gradient: str) -> str:
    errors = [_error(run) for run in runs if run["gradient"] == gradient]
    good = sum(error <= _GOOD for error in errors)
    return (
        f"- {gradient}: {good} of {len(errors)} runs find the weights within {_GOOD}; the largest "
        f"error is {max(errors):.3f}."
    )


def _error(run: dict[str, object]) -> float:
    return float(np.abs(np.array(run["weights"]) - _blobs().weights).max())


def _shares(values: list[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _figure(runs: list[dict[str, object]]) -> Figure:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, gradient in zip(figure.subplots(1, 2, sharey=True), GRADIENTS, strict=True):
        for run in (run for run in runs if run["gradient"] == gradient):
            for component, color in enumerate(("tab:blue", "tab:orange", "tab:green")):
                weights = np.array(run["history"])[:, component]
                axes.plot(run["steps"], weights, color=color, alpha=0.6, linewidth=1)
        for weight in _blobs().weights:
            axes.axhline(weight, color="black", linestyle=":", linewidth=1)
        axes.set(title=gradient, xlabel="step", ylim=(0, 1))
    figure.axes[0].set_ylabel("weight of a component (dotted: of the data)")
    return figure


if __name__ == "__main__":
    command_line.run(main)
