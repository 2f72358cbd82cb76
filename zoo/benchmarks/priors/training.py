"""What a mixture adds to a training step."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfmix import models, networks, priors, seeds
from zoo.benchmarks.priors import timing
from zoo.benchmarks.priors.settings import BATCH_SIZE, LATENT_DIM, Plan


def compare(plan: Plan) -> dict[str, object]:
    """Times training steps of a DCGAN on a mixture and on a standard normal, in turn.

    Returns:
        `seconds` of either step, medians over `rounds`.
    """
    calls = {
        "mixture": _step(priors.GaussianMixture(plan.num_components, LATENT_DIM), plan),
        "normal": _step(priors.StandardNormal(LATENT_DIM), plan),
    }
    taken = timing.alternate(calls, plan.rounds, 4 * plan.seconds)
    seconds = {name: float(np.median(each)) for name, each in taken.items()}
    return {"seconds": seconds, "rounds": len(taken["normal"])}


def _step(prior: priors.Prior, plan: Plan) -> Callable[[int], object]:
    shape = plan.image_size, plan.image_size, 1
    images = 2.0 * seeds.uniform([BATCH_SIZE, *shape], tf.constant([0, 0])) - 1.0
    generator = networks.DCGANGenerator(LATENT_DIM, shape, width=plan.width)
    gan = models.GAN(prior, generator, networks.DCGANDiscriminator(shape, width=plan.width))
    gan.compile()
    train_step = tf.function(gan.train_step)
    return lambda _: train_step(images)["generator_loss"].numpy()
