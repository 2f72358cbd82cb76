"""Trains the model of a config, in a folder from which a stopped run is resumed."""

import logging
import math
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfmix import data, models
from tfmix.training import callbacks, estimate, precision
from tfmix.training import config as configs
from tfmix.training.build import build
from tfmix.training.diagnostics import Diagnostics
from tfmix.training.validation import Validation, ValidationCallback
from tfmix.training.warm_start import warm_start
from tfmix.training.workdir import Workdir

_LOGGER = logging.getLogger(__name__)
_MOST_AT_ONCE = 50


def train(config: Mapping[str, Any], workdir: str | os.PathLike) -> models.GAN | models.PixelCNN:
    """Trains the model of a config, or resumes the run in `workdir`.

    A run that was stopped at any moment and resumed ends with the same bits as one that never
    stopped, on the same machine on the CPU: noise is a function of (seed, step), the order of the
    data of (seed, epoch), and a checkpoint is there whole or not at all.

    Args:
        config: Any nested mapping; `tfmix/programs/presets.py` says what each key means.
        workdir: Folder for `model.keras`, `checkpoints/`, `samples/`, `log.jsonl`, `config.json`
            and TensorBoard's events; where the run evaluates, for `evaluations.jsonl`, `best.keras`
            and `best.json`, too. One that holds a finished run is left alone.

    Returns:
        The trained model, compiled.

    Raises:
        ValueError: A bad config, data that do not fit it, or a workdir of another config.
        OSError: Data that cannot be read, or a workdir that cannot be written to.
        TrainingDiverged: A loss or weight became NaN or Inf; the last good checkpoint is kept.
        Interrupted: SIGINT or SIGTERM came; the run is saved first.
    """
    config, workdir = configs.checked(config), Workdir(workdir)
    if config["precision"] == "auto":  # the same in every part of a run, on whatever machine
        began = workdir.read_config() if workdir.config.exists() else config
        config["precision"] = precision.chosen(began)
    workdir.check(config)
    step = workdir.newest() or 0
    with _scope(config["strategy"]):
        if step >= config["num_steps"]:
            _LOGGER.info("%s holds a finished run of %d steps; nothing to do.", workdir.path, step)
            workdir.publish(step)
            return workdir.load(step)
        images, held_out = _images(config)
        if step:
            _LOGGER.info("Resuming %s at step %d of %d.", workdir.path, step, config["num_steps"])
            model = workdir.load(step)
        else:
            _LOGGER.info("Training in %s.", config["precision"])
            model = build(config, images.values.shape[1:], _class_weights(images))
            if config["init_from"]:
                _LOGGER.info("Starting from %s.", config["init_from"])
                for note in warm_start(model, config["init_from"], config["seed"]):
                    _LOGGER.info(note)
        validation = None
        if held_out is not None:
            validation = Validation(held_out, images, config)
            validation.check(workdir.read_best() if step else None)
        with workdir.locked(step):
            workdir.begin(config, step)
            _fit(model, images, validation, config, workdir, step)
    return model


def _images(
    config: Mapping[str, Any],
) -> tuple[data.ImageSet | data.PointSet, data.ImageSet | None]:
    """The data to train on, and the images that are held out of them for validation."""
    given = {key: config[key] for key in ("image_size", "channels")}
    images = data.load(config["dataset"], data_dir=config["data_dir"] or None, **given)
    size, seed = config["train_size"], config["seed"]
    if config["train_choice"] == "last":
        if isinstance(images, data.PointSet):
            raise ValueError(
                "train_choice='last' is for images with labels, and "
                f"{config['dataset']} has points. Received: train_choice='last'; 'random' would do."
            )
        return images.last(size), None
    if not config["evaluate_every"]:
        return images.subset(size, seed), None
    if isinstance(images, data.PointSet):
        raise ValueError(
            f"evaluate_every is for images, and {config['dataset']} has points: tfmix evaluate "
            f"scores them after training. Received: evaluate_every={config['evaluate_every']}; "
            "0 would do."
        )
    try:
        images, held_out = images.split(size, config["validation_size"], seed)
    except ValueError as error:
        beside = (
            f" beside train_size={size}; a smaller one of the two" if size else "; a smaller one"
        )
        raise ValueError(
            f"evaluate_every holds validation_size={config['validation_size']} images "
            f"out{beside} would do. {error}"
        ) from error
    counts = len(images.images), len(held_out.images)
    _LOGGER.info("Training on %d images, %d are held out.", *counts)
    return images, held_out


def _class_weights(images: data.ImageSet | data.PointSet) -> list[float] | None:
    if images.labels is None:
        return None
    counts = np.bincount(images.labels, minlength=images.num_classes)
    return (counts / counts.sum()).tolist()


def _fit(
    model: models.GAN | models.PixelCNN,
    images: data.ImageSet | data.PointSet,
    validation: Validation | None,
    config: Mapping[str, Any],
    workdir: Workdir,
    step: int,
) -> None:
    checkpoints = callbacks.Checkpoints(workdir, config["checkpoint_every"])
    stop = callbacks.StopOnSignal(checkpoints)
    writer = tf.summary.create_file_writer(str(workdir.tensorboard))
    of_points = isinstance(images, data.PointSet)
    model.steps_per_execution = _steps_at_once(config, step) if of_points else 1
    batches = data.batches(images, config["batch_size"], config["seed"], start_step=step)
    left = config["num_steps"] - step
    seconds = estimate.seconds_a_step(model, batches)
    _LOGGER.info(
        "%d steps of %d images: about %s on this machine (%.2g s a step), beside samples and "
        "evaluation.",
        *(left, config["batch_size"], estimate.in_words(left * seconds), seconds),
    )
    is_gan, held_out = isinstance(model, models.GAN), validation and validation.images
    diagnostics = Diagnostics(config, images, held_out) if is_gan else None
    try:
        record = (workdir, writer, config)
        beside = [
            callbacks.Progress(config["num_steps"], config["batch_size"]),
            callbacks.Log(*record, diagnostics=diagnostics),
            callbacks.Samples(*record, images=images),
        ]
        if validation is not None:
            beside.append(ValidationCallback(*record, validation=validation))
        beside += [checkpoints, stop]
        # Not shuffled: the pipeline has its own order.
        model.fit(batches, steps_per_epoch=left, shuffle=False, verbose=0, callbacks=beside)
        checkpoints.save({})
    finally:
        stop.release()  # not before the last save, which a signal would cut off
        writer.close()


def _steps_at_once(config: Mapping[str, Any], step: int) -> int:
    """Steps on points between two calls of the callbacks.

    A step on points takes less time than Keras takes between two calls. The number of steps changes
    no result, since all that the callbacks do falls on a multiple of it.
    """
    intervals = [config[f"{name}_every"] for name in ("log", "sample", "checkpoint")]
    return math.gcd(_MOST_AT_ONCE, *intervals, config["num_steps"] - step, step)


def _scope(strategy: str) -> Any:
    mirrored = strategy == "mirrored"
    return (tf.distribute.MirroredStrategy() if mirrored else tf.distribute.get_strategy()).scope()
