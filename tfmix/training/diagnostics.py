"""What shows that a discriminator knows its training images by heart."""

import math

import numpy as np

from tfmix import data, models

FEW = 128  # images of each kind that are looked at: enough to see, quick to judge
_SEED = -2  # of the generated ones
_SURE = 3.0  # standard errors by which training and generated images have to differ
MEMORIZED = 0.5  # r_v from which held-out images count for generated ones rather than for real
SUSPECT = 0.9  # r_t from which that may be so, where nothing is held out to see it by


def signs(gan: models.GAN, train: data.ImageSet, held_out: data.ImageSet) -> dict[str, float]:
    """Compares a discriminator's answers to images it learns from, to held-out and generated ones.

    Args:
        gan: What is trained; nothing of it changes.
        train: A few of its training images.
        held_out: A few images that it is not trained on.

    Returns:
        Mean logits "train_logit", "held_out_logit" and, of samples, "sampled_logit"; and "r_v", how
        far held-out images lie on the way from training to generated ones (Karras et al., ADA,
        NeurIPS 2020, equation 1): 0, as training images, nothing is overfitted; 1, as generated
        ones. It is left out where training and generated images are not told apart, and all are
        where there are too few images for a pack.
    """
    if min(len(train.images), len(held_out.images), FEW) < gan.critic.packing:
        return {}
    drawn = gan.sampled.draw(min(len(train.images), FEW), seed=_SEED)
    known, unknown, made = (
        gan.logits(images, label)
        for images, label in (
            (_floats(train), train.labels),
            (_floats(held_out), held_out.labels),
            (drawn["images"], drawn.get("label")),
        )
    )
    means = [float(each.mean()) for each in (known, unknown, made)]
    found = dict(zip(("train_logit", "held_out_logit", "sampled_logit"), means, strict=True))
    if _apart(known, made):
        found["r_v"] = (means[0] - means[1]) / (means[0] - means[2])
    return found


def memorized(gan_signs: dict[str, float]) -> bool:
    """Whether `signs` tell of a discriminator that takes held-out images for generated ones."""
    return gan_signs.get("r_v", 0.0) >= MEMORIZED


def _floats(images: data.ImageSet) -> np.ndarray:
    return data.from_uint8(images.images).numpy()


def _apart(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the first mean is above the second by more than chance."""
    error = math.sqrt(first.var() / len(first) + second.var() / len(second))
    return bool(first.mean() - second.mean() > _SURE * error)
