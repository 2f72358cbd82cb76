"""A tiny model of every class that is trained, and what the conformance tests do with each."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import tfmix
from tfmix import networks, priors

SHAPE = (8, 8, 1)
NUM_CLASSES = 3
BATCH = 4

_rng = np.random.default_rng(0)
IMAGES = _rng.uniform(-1, 1, [10, *SHAPE]).astype(np.float32)
LABELS = (np.arange(10) % NUM_CLASSES).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class Entry:
    """A model class as the tests see it.

    Attributes:
        make: Makes a tiny model whose networks have a dtype policy, None for the global one.
        has_classes: Whether it learns them, and so refuses data without labels.
    """

    make: Callable[[str | None], keras.Model]
    has_classes: bool = False


def _generator(latent_dim: int, dtype: str | None) -> keras.Model:
    return networks.DCGANGenerator(latent_dim, SHAPE, width=2, depth=1, seed=1, dtype=dtype)


def _discriminator(dtype: str | None, channels: int = 1, **arguments) -> keras.Model:
    # The first layer is never normalised: "batch" and "layer" need a second.
    depth = 2 if arguments["norm"] in ("batch", "layer") else 1
    shape = (*SHAPE[:2], channels)
    given = {"width": 2, "depth": depth, "dense_widths": (4,), "seed": 2, "dtype": dtype}
    return networks.DCGANDiscriminator(shape, **{**given, **arguments})


def _acgan(dtype: str | None) -> keras.Model:
    return tfmix.ACGAN(
        priors.StandardNormal(3),
        _generator(3 + NUM_CLASSES, dtype),
        _discriminator(dtype, norm="layer", num_classes=NUM_CLASSES),
        num_classes=NUM_CLASSES,
        class_weights=[0.5, 0.25, 0.25],
        loss="wasserstein",
        gradient_penalty=1.0,
        r1_penalty=1.0,
        r1_every=2,
        ema_momentum=0.9,
    )


def _deligan(dtype: str | None) -> keras.Model:
    return tfmix.DeLiGAN(
        priors.GaussianMixture(4, 3, assignment="stratified"),
        _generator(3, dtype),
        _discriminator(dtype, norm="batch"),
        label_smoothing=0.1,
        ema_momentum=0.9,
    )


def _gan(dtype: str | None) -> keras.Model:
    return tfmix.GAN(
        priors.StandardNormal(3),
        _generator(3, dtype),
        _discriminator(dtype, channels=2, norm="spectral"),
        loss="hinge",
        packing=2,
        augment="default",
        ada_target=0.5,
        ada_images=50,
        lecam_penalty=0.3,
        ema_momentum=0.9,
    )


def _gm_gan(dtype: str | None) -> keras.Model:
    return tfmix.GMGAN(
        priors.GaussianMixture(3, 4, covariance="full", learn_weights=True, gradient="marginal"),
        _generator(4, dtype),
        _discriminator(dtype, norm="layer", heads={"component_logits": 3, "noise": 4}),
        loss="relativistic",
        r1_penalty=keras.optimizers.schedules.CosineDecay(1.0, 10, 0.5),
        r2_penalty=0.5,
        r1_every=2,
        component_weight=1.0,
        noise_weight=1.0,
        invariance_weight=1.0,
        ema_momentum=0.9,
    )


def _supervised_gm_gan(dtype: str | None) -> keras.Model:
    return tfmix.SupervisedGMGAN(
        priors.GaussianMixture(4, 3),
        _generator(3, dtype),
        _discriminator(dtype, norm="batch", num_outputs=NUM_CLASSES),
        num_classes=NUM_CLASSES,
        targets="all",
        ema_momentum=0.9,
    )


def _t_gan(dtype: str | None) -> keras.Model:
    return tfmix.TGAN(
        priors.StudentTMixture(3, 3, learn_df=True),
        _generator(3 + 1, dtype),
        _discriminator(dtype, norm="spectral", num_classes=NUM_CLASSES),
        num_classes=NUM_CLASSES,
        codeword_dim=1,
        r1_penalty=1.0,
        r1_every=2,
        ema_momentum=0.9,
    )


def _pixel_cnn(dtype: str | None) -> keras.Model:
    return tfmix.PixelCNN(
        SHAPE, filters=2, num_blocks=1, num_levels=4, num_classes=NUM_CLASSES, dtype=dtype
    )


ENTRIES = {
    "ACGAN": Entry(_acgan, has_classes=True),
    "DeLiGAN": Entry(_deligan),
    "GAN": Entry(_gan),
    "GMGAN": Entry(_gm_gan),
    "PixelCNN": Entry(_pixel_cnn, has_classes=True),
    "SupervisedGMGAN": Entry(_supervised_gm_gan, has_classes=True),
    "TGAN": Entry(_t_gan, has_classes=True),
}


def make(name: str, dtype: str | None = None) -> keras.Model:
    """A model of this name, not compiled."""
    return ENTRIES[name].make(dtype)


def compiled(model: keras.Model, make_optimizer: Callable, **arguments) -> keras.Model:
    """Compiles a model with as many optimizers as it has, each of its own rate."""
    count = 2 if isinstance(model, tfmix.GAN) else 1
    count += isinstance(model, tfmix.GMGAN)  # whose prior has one
    rates = (1e-2, 2e-2, 3e-2)[:count]
    model.compile(*(make_optimizer(rate) for rate in rates), **arguments)
    return model


def state(model: keras.Model) -> list[np.ndarray]:
    """Every weight, the step and the averages among them, and all that the optimizers keep."""
    gan = isinstance(model, tfmix.GAN)
    names = ("generator_optimizer", "discriminator_optimizer") if gan else ("optimizer",)
    names += ("prior_optimizer",) if gan and model.prior_optimizer else ()
    kept = [variable for name in names for variable in getattr(model, name).variables]
    return [keras.ops.convert_to_numpy(variable) for variable in model.weights + kept]


def trained(model: keras.Model) -> list[np.ndarray]:
    """The weights that optimizers change."""
    parts = (model,)
    if isinstance(model, tfmix.GAN):
        parts = (model.generator, model.prior, model.discriminator)
    return [v.numpy() for part in parts for v in part.trainable_variables]


def parameters(model: keras.Model) -> dict[str, np.ndarray]:
    """Nine rows of whatever the sampler takes beside the seed, no two of them at odds."""
    every = {
        "component": np.int32([-1, 0, 1, 2, -1, -1, -1, 0, -1]),
        "label": np.int32([-1, -1, -1, -1, 0, 1, 2, 0, -1]),
        "scale": np.linspace(0, 2, 9, dtype=np.float32),
        "temperature": np.linspace(0.5, 2, 9, dtype=np.float32),
    }
    if model.describe()["components"] == 1:
        every["component"] = np.minimum(every["component"], 0)
    return {name: every[name] for name in model.sampling_parameters}


def batches(start_step: int = 0) -> tf.data.Dataset:
    """Endless batches of images and labels."""
    return tfmix.data.batches((IMAGES, LABELS), BATCH, seed=3, start_step=start_step)
