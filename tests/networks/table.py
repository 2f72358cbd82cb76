"""The networks that the tests of what they share run over: one row per network, all small."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from tfmix import networks

IMAGE_SHAPE = (8, 8, 1)
POINTS = np.random.default_rng(0).normal(size=[6, 3]).astype(np.float32)
LATENTS = np.random.default_rng(0).normal(size=[4, 5]).astype(np.float32)
IMAGES = np.random.default_rng(0).uniform(-1, 1, [4, *IMAGE_SHAPE]).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Row:
    """A network: what makes it, and what the tests give it."""

    make: Callable[..., keras.Model]  # takes further arguments by name
    inputs: np.ndarray  # a batch
    deep: dict  # arguments that give it several kernels, each of 8 numbers or more
    refused: tuple[tuple[dict, str], ...]  # arguments that it refuses, and what the message says


SIZES = "is an integer of at least 1. Received: (width|depth)="
SHAPE = r"image_shape is \(height, width, channels\)"
HALVED = r"A map of one pixel cannot be halved: with depth=2 .* above 2\. Received: .*\(2, 2, 1\)"
OF_IMAGES = (
    *(({"width": value}, SIZES) for value in (0, 1.5)),
    *(({"depth": value}, SIZES) for value in (0, -1, "2")),
    *(({"image_shape": s}, SHAPE) for s in ((8, 8), (8, 8, 1, 1), (0, 8, 1), (8, 8.5, 1), 8)),
    ({"image_shape": (2, 2, 1)}, HALVED),
)
OF_POINTS = tuple(({"widths": value}, "at least 1.*widths=") for value in ((8, 0), 8, None))
NO_INPUTS = ({"input_dim": 0}, "input_dim")
OF_DISCRIMINATORS = (
    ({"norm": "group"}, r"norm is one of none, batch, layer, spectral\..*'group'"),
    *(({name: -1}, r"-1|-5") for name in ("num_outputs", "num_classes")),
    *(({"heads": value}, r"widths by name.*heads=") for value in (["a"], {"logit": 2})),
)
PATCHES = ({"image_shape": (32, 24, 1), "dense_widths": ()}, "see 10 x 10 .* of 32 x 24")
ACTIVATION = ({"activation": "step"}, "activation is one of leaky_relu, .*'step'")
KERNELS = tuple(({"minibatch_kernels": value}, f"at least 0.*={value}") for value in (-1, 2.5))
DENSE = tuple(({"dense_widths": value}, "at least 1.*dense_widths=") for value in (256, (8, 2.5)))


def row(make, inputs, refused, deep, **given):
    return Row(lambda **arguments: make(**given | arguments), inputs, deep, refused)


WIDE = {"depth": 3, "width": 4}
IMAGE_SIZES = {"image_shape": IMAGE_SHAPE, "width": 2, "depth": 2}
WIDTHS = {"input_dim": 3, "widths": (8, 8, 8)}
GENERATORS = {
    "mlp_generator": row(
        networks.MLPGenerator, POINTS, (*OF_POINTS, NO_INPUTS), {}, output_dim=2, **WIDTHS
    ),
    "dcgan_generator": row(
        networks.DCGANGenerator,
        LATENTS,
        (*OF_IMAGES, *DENSE, NO_INPUTS),
        {**WIDE, "dense_widths": [7, 8]},
        input_dim=5,
        **IMAGE_SIZES,
    ),
    "resnet_generator": row(
        networks.ResNetGenerator, LATENTS, (*OF_IMAGES, NO_INPUTS), WIDE, input_dim=5, **IMAGE_SIZES
    ),
}
DISCRIMINATORS = {
    "mlp_discriminator": row(
        networks.MLPDiscriminator,
        POINTS,
        (*OF_POINTS, NO_INPUTS, *OF_DISCRIMINATORS),
        {"num_classes": 8},
        **WIDTHS,
    ),
    "dcgan_discriminator": row(
        networks.DCGANDiscriminator,
        IMAGES,
        (*OF_IMAGES, *OF_DISCRIMINATORS, *KERNELS, *DENSE, PATCHES, ACTIVATION),
        {**WIDE, "num_classes": 6, "minibatch_kernels": 4, "dense_widths": [8]},
        **IMAGE_SIZES,
    ),
    "resnet_discriminator": row(
        networks.ResNetDiscriminator,
        IMAGES,
        (
            *(*OF_IMAGES, *OF_DISCRIMINATORS),
            ({"image_shape": (33, 40, 1)}, "see 32 x 32 pixels of an image of 33 x 40"),
        ),
        {**WIDE, "num_classes": 6},
        **IMAGE_SIZES,
    ),
}
NETWORKS = {**GENERATORS, **DISCRIMINATORS}


def kernels(network):
    """The trained kernels, as arrays."""
    return [weight.numpy() for weight in network.trainable_variables if weight.name == "kernel"]
