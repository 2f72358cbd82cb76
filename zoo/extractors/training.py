"""Trains a classifier by its recipe; a run that was stopped goes on from its last epoch."""

import dataclasses
import hashlib
import json
import pathlib
from typing import TYPE_CHECKING

from zoo.extractors.recipes import Recipe

if TYPE_CHECKING:
    import keras

    from tfmix import data

ADAM_RATE = 2e-3  # falls along a cosine to 0
SGD_RATE, SGD_FIRST, SGD_MOMENTUM = 0.2, 0.01, 0.9  # of 256 images; rises to it, then falls to 0
SGD_RISE = 0.2  # of all steps
SGD_DECAY = 5e-3  # of each weight, a step, times the rate


def train(
    recipe: Recipe, images: "data.ImageSet", seed: int, out: pathlib.Path
) -> tuple["keras.Model", int]:
    """Trains by a recipe; the last weights are kept, so no part of the split is held out.

    After each epoch the state of the training is written to OUT. The same call again goes on from
    there and ends with the same bits.

    Returns:
        The classifier, without its augmentation; and the epoch that this call began with.
    """
    import keras

    from tfmix import data, files, networks

    state = _state(recipe, seed, out)
    steps = len(images.images) // recipe.batch_size
    student = keras.models.load_model(state) if state.exists() else _student(recipe, images, seed)
    first_epoch = int(student.optimizer.iterations) // steps
    _wind(student, first_epoch * steps)
    for epoch in range(first_epoch, recipe.epochs):
        batches = data.batches(images, recipe.batch_size, seed, start_step=epoch * steps)
        batches = batches.map(lambda x, y: (x, keras.ops.one_hot(y, images.num_classes)))
        options = {"steps_per_epoch": steps, "shuffle": False}  # shuffled already
        student.fit(batches, initial_epoch=epoch, epochs=epoch + 1, **options)
        with files.atomic_write(state) as beside:
            student.save(beside)
    classifier = student.layers[-1]
    return networks.mirrored(classifier) if recipe.mirrored else classifier, first_epoch


def forget(recipe: Recipe, seed: int, out: pathlib.Path) -> None:
    """Removes what a stopped run would go on from."""
    _state(recipe, seed, out).unlink(missing_ok=True)


def _student(recipe: Recipe, images: "data.ImageSet", seed: int) -> "keras.Model":
    import keras
    from keras import layers

    from tfmix import networks

    build = getattr(networks, recipe.network)
    shape, seeds = images.images.shape[1:], iter(range(1000 * seed + 900, 1000 * seed + 904))
    blank = {"fill_mode": "constant", "fill_value": -1.0}
    # Pixels that are interpolated blur; shifts of many pixels do without.
    between = "nearest" if recipe.shift * shape[0] >= 2 else "bilinear"
    augmentation = []
    if recipe.shift:
        options = {"interpolation": between, "seed": next(seeds), **blank}
        augmentation.append(layers.RandomTranslation(recipe.shift, recipe.shift, **options))
    if recipe.rotation:
        augmentation.append(layers.RandomRotation(recipe.rotation, seed=next(seeds), **blank))
    if recipe.flip:
        augmentation.append(layers.RandomFlip("horizontal", seed=next(seeds)))
    if recipe.cutout:
        options = {"fill_value": 0.0, "value_range": (-1, 1), "seed": next(seeds)}
        augmentation.append(layers.RandomErasing(1.0, 2 * (recipe.cutout,), **options))
    classifier = build(shape, images.num_classes, **recipe.arguments, seed=seed)
    student = keras.Sequential([keras.Input(shape), *augmentation, classifier])
    steps = recipe.epochs * (len(images.images) // recipe.batch_size)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    student.compile(_optimizer(recipe, steps), loss, metrics=["accuracy"])
    return student


def _wind(student: "keras.Model", steps: int) -> None:
    """Sets the seeds of random layers to where they were after so many steps: no file keeps them.

    A layer's seed moves on by as much at every call.
    """
    import keras

    from tfmix.models.requirements import sublayers

    for layer in sublayers(student):
        for seed in vars(layer).values():
            if isinstance(seed, keras.random.SeedGenerator):
                before = keras.ops.copy(seed.state)
                layer(keras.ops.zeros([1, *layer.input.shape[1:]]), training=True)
                seed.state.assign(before + (seed.state - before) * steps)


def _optimizer(recipe: Recipe, steps: int) -> "keras.Optimizer":
    import keras

    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(ADAM_RATE, steps))
    rise = round(SGD_RISE * steps)
    warmup = {"warmup_target": SGD_RATE * recipe.batch_size / 256, "warmup_steps": rise}
    rate = keras.optimizers.schedules.CosineDecay(SGD_FIRST, steps - rise, **warmup)
    return keras.optimizers.SGD(rate, SGD_MOMENTUM, nesterov=True, weight_decay=SGD_DECAY)


def _state(recipe: Recipe, seed: int, out: pathlib.Path) -> pathlib.Path:
    made_by = json.dumps([dataclasses.asdict(recipe), seed], sort_keys=True)
    return out / f".training_{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.keras"
