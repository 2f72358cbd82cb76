"""Models in training on a data set, of which FID is taken while the clock stands still."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

import tfmix
from tfmix import data
from tfmix.evaluation import default_extractor, features
from tfmix.metrics.distances import frechet_distance_by_eigenvalues
from zoo.benchmarks.contenders import keras_io, tensorflow


def train(
    config: dict[str, Any], shape: Sequence[int], num: int, style: str = ""
) -> Callable[..., Callable[[], dict[str, float]]]:
    """Makes what trains a config's model.

    The work trains so many steps more; with `score` it returns their sum, "step", and "fid", of
    `num` images of the averaged generator, where there is an average, and the whole test split.

    Args:
        config: Of `tfmix.training`.
        shape: (H, W, C) of images.
        num: Generated images to score.
        style: "keras.io": its networks are trained in the way of that site; empty: the config's.
    """
    keras.utils.set_random_seed(config["seed"])  # for keras.io's noise
    gan = tensorflow.build_model(config, shape, "")
    model = keras_io.model(gan) if style else gan
    images, test = (data.load(config["dataset"], split) for split in ("train", "test"))
    extractor = default_extractor(config["dataset"], shape[2])
    real = features.of_images(extractor, test).features
    step = 0

    def work(number: int, score: bool) -> Callable[[], dict[str, float]]:
        nonlocal step
        batches = data.batches(images, config["batch_size"], config["seed"], start_step=step)
        model.fit(batches, steps_per_epoch=number, verbose=0, shuffle=False)
        step += number
        return scored if score else dict

    def scored() -> dict[str, float]:
        row_seeds = tfmix.seeds.row_seeds(0, num).numpy()
        fake = features.of_samples(extractor, model.sampler(), row_seeds).features
        return {"step": step, "fid": frechet_distance_by_eigenvalues(real, fake)}

    return work
