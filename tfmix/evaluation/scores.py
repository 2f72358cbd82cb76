"""Which scores an evaluation can take, and their values."""

import dataclasses
import functools
import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from tfmix import data, metrics
from tfmix.evaluation.judged import Judged
from tfmix.evaluation.protocol import SETTINGS

_ROWS_A_FEATURE = 4  # real images of a class, for quality
_NEIGHBOURS = 5  # of an image, for coverage and Vendi's kernel

Values = dict[str, dict[str, Any]]  # by name, each with a "value" and what stands beside it


@dataclasses.dataclass(frozen=True)
class Reference:
    """What generated images are held against.

    Attributes:
        real: Images that no model was trained on.
        train: Training images, for the share of copies.
        num_classes: Of the data; None where they have no labels.
    """

    real: Judged
    train: Judged
    num_classes: int | None

    @functools.cached_property
    def bandwidth(self) -> float | None:
        """Of Vendi's kernel, from the real images; None: there are too few."""
        features = self.real.features
        return metrics.vendi_bandwidth(features) if len(features) > _NEIGHBOURS else None

    @functools.cached_property
    def copy_distance(self) -> float:
        """To a training image, below which an image counts as a copy."""
        return metrics.copy_distance(self.real.features, self.train.features)


@dataclasses.dataclass(frozen=True)
class _Score:
    """One or two scores of one computation.

    Attributes:
        names: Of the scores.
        lacks: Says why they cannot be taken of so many generated images; None where they can.
        take: Computes them.
    """

    names: tuple[str, ...]
    lacks: Callable[[int, Reference], str | None]
    take: Callable[[Judged, Reference], Values]


def skipped(num_fake: int, reference: Reference, asked_for_classes: bool) -> dict[str, str]:
    """The scores that cannot be taken, and why.

    Args:
        num_fake: Generated images.
        reference: What they are held against.
        asked_for_classes: Whether the model was asked for a class for each.

    Returns:
        Reasons by name; empty where every score can be taken.
    """
    reasons = {}
    for each in _SCORES:
        reason = each.lacks(num_fake, reference)
        if reason is not None:
            reasons |= dict.fromkeys(each.names, reason)
    if not asked_for_classes:
        reasons["accuracy"] = "the model is not asked for classes"
    return reasons


def score(
    fake: Judged,
    reference: Reference,
    without: Collection[str] = (),
    tell: Callable[[], None] = lambda: None,
) -> Values:
    """Takes the scores of generated images.

    Args:
        fake: The generated images.
        reference: What they are held against.
        without: Names of scores to leave out.
        tell: Called once for each of `NUM_STEPS` steps.

    Returns:
        Scores by name, in the order of the table.
    """
    values = {}
    for each in _SCORES:
        if not set(each.names) <= set(without):
            values |= each.take(fake, reference)
        tell()
    return values


def quality_and_diversity(fake: Judged, reference: Reference) -> Values:
    """The two scores of GM-GAN alone, for the curve over `scale`."""
    found = metrics.quality_diversity(
        reference.real.features,
        reference.real.labels,
        fake.features,
        fake.predicted,
        seed=SETTINGS["seed"],
    )
    return {"quality": {"value": found.quality}, "diversity": {"value": found.diversity}}


def _inception(fake: Judged, reference: Reference) -> Values:
    found = metrics.inception_score(fake.probs, SETTINGS["inception_splits"], SETTINGS["seed"])
    return {"is": {"value": found.value, "splits_mean": found.mean, "splits_std": found.std}}


def _modified_inception(fake: Judged, reference: Reference) -> Values:
    found = metrics.modified_inception_score(fake.probs)
    return {"mis": {"value": found.value, **_by_class(found), "std_over_classes": found.std}}


def _frechet(fake: Judged, reference: Reference) -> Values:
    found = metrics.frechet_distance(reference.real.features, fake.features)
    return {
        "fid": {
            "value": found.value,
            "extrapolated": found.extrapolated,
            "extrapolated_std_error": found.std_error,
        }
    }


def _kernel(fake: Judged, reference: Reference) -> Values:
    real = reference.real.features
    found = metrics.kernel_distance(real, fake.features, SETTINGS["seed"])
    return {"kid": {"value": found.value, "std_error": found.std_error}}


def _precision_recall(fake: Judged, reference: Reference) -> Values:
    k = SETTINGS["precision_recall_k"]
    found = metrics.precision_recall(reference.real.features, fake.features, k)
    return {"precision": {"value": found.precision}, "recall": {"value": found.recall}}


def _density_coverage(fake: Judged, reference: Reference) -> Values:
    k = SETTINGS["density_coverage_k"]
    found = metrics.density_coverage(reference.real.features, fake.features, k)
    return {"density": {"value": found.density}, "coverage": {"value": found.coverage}}


def _copies(fake: Judged, reference: Reference) -> Values:
    share = metrics.copy_share(
        reference.real.features,
        fake.features,
        reference.train.features,
        distance=reference.copy_distance,
    )
    return {"copies": {"value": share}}


def _vendi(fake: Judged, reference: Reference) -> Values:
    features = fake.features
    if fake.sorted:
        features = np.random.default_rng(SETTINGS["seed"]).permutation(features)
    features = features[: SETTINGS["vendi_images"]]
    score = metrics.vendi_score(features, reference.bandwidth)
    return {"vendi": {"value": score, "num_images": len(features)}}


def _ms_ssim(fake: Judged, reference: Reference) -> Values:
    found = metrics.ms_ssim(
        data.from_uint8(fake.images).numpy(),
        fake.predicted,
        num_pairs=SETTINGS["ms_ssim_pairs"],
        seed=SETTINGS["seed"],
    )
    return {"ms_ssim": {"value": found.value, **_by_class(found)}}


def _accuracy(fake: Judged, reference: Reference) -> Values:
    return {"accuracy": {"value": float((fake.predicted == fake.labels).mean())}}


def _by_class(found: metrics.ModifiedInceptionScore | metrics.ClassSimilarity) -> dict[str, Any]:
    per_class = [None if math.isnan(each) else each for each in found.per_class]  # JSON has no NaN
    return {"per_class": per_class, "missing": list(found.missing)}


def _no_classes(num_fake: int, reference: Reference) -> str | None:
    return "the extractor knows no classes" if reference.real.probs is None else None


def _no_data_classes(num_fake: int, reference: Reference) -> str | None:
    if reference.num_classes is None:
        return "the data have no labels"
    probs = reference.real.probs
    if probs is None or probs.shape[1] != reference.num_classes:
        known = "no" if probs is None else probs.shape[1]
        return f"the extractor knows {known} classes, the data have {reference.num_classes}"
    return None


def _at_least(least: int, num_fake: int, reference: Reference) -> str | None:
    num_real = len(reference.real.features)
    if min(num_real, num_fake) >= least:
        return None
    return f"it takes {least} images on each side; there are {num_real} real, {num_fake} generated"


def _few_for_splits(num_fake: int, reference: Reference) -> str | None:
    least = SETTINGS["inception_splits"]
    few = f"it takes {least} generated images, one for each split; there are {num_fake}"
    return _no_classes(num_fake, reference) or (few if num_fake < least else None)


def _few_for_frechet(num_fake: int, reference: Reference) -> str | None:
    return _at_least(2 * reference.real.features.shape[1], num_fake, reference)


def _few_for_quality(num_fake: int, reference: Reference) -> str | None:
    reason = _no_data_classes(num_fake, reference)
    if reason is not None:
        return reason
    counts = np.bincount(reference.real.labels, minlength=reference.num_classes)
    smallest, least = int(counts.min()), _ROWS_A_FEATURE * reference.real.features.shape[1]
    if smallest < least:
        return f"it takes {least} real images of each class; there are {smallest} of one"
    return None


def _few_for_copies(num_fake: int, reference: Reference) -> str | None:
    few = "it takes 2 training images; there is 1" if len(reference.train.features) < 2 else None
    return _at_least(2, num_fake, reference) or few


def _few_for_pairs(num_fake: int, reference: Reference) -> str | None:
    reason = _no_classes(num_fake, reference)
    if reason is None and num_fake <= reference.real.probs.shape[1]:
        reason = f"it takes two generated images of a class; there are {num_fake} in all"
    return reason


def _few_for_vendi(num_fake: int, reference: Reference) -> str | None:
    reason = _at_least(_NEIGHBOURS + 1, num_fake, reference)
    return reason or (None if reference.bandwidth else "the real images coincide")


_SCORES = (
    _Score(("is",), _few_for_splits, _inception),
    _Score(("mis",), _no_classes, _modified_inception),
    _Score(("fid",), _few_for_frechet, _frechet),
    _Score(("kid",), lambda *sets: _at_least(4, *sets), _kernel),
    _Score(("precision", "recall"), lambda *sets: _at_least(4, *sets), _precision_recall),
    _Score(("density", "coverage"), lambda *sets: _at_least(6, *sets), _density_coverage),
    _Score(("quality", "diversity"), _few_for_quality, quality_and_diversity),
    _Score(("copies",), _few_for_copies, _copies),
    _Score(("vendi",), _few_for_vendi, _vendi),
    _Score(("ms_ssim",), _few_for_pairs, _ms_ssim),
    _Score(("accuracy",), _no_data_classes, _accuracy),
)
NUM_STEPS = len(_SCORES)
