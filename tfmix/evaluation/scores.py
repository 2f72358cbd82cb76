"""The scores of generated images: what each needs, its computation and its settings.

A score is one row of `SCORES`. What it depends on besides the images and the extractor is in the
row's settings. A report holds them with the score: two values compare where they are equal.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from tfmix import data, metrics
from tfmix.evaluation.features import ImageFeatures

_ROWS_A_FEATURE = 4  # real images of a class, for quality
_NEIGHBOURS = 5  # of an image, for coverage and Vendi's kernel

Values = dict[str, dict[str, Any]]  # by name, each with a "value" and what stands beside it


@dataclasses.dataclass(frozen=True)
class Reference:
    """What generated images are compared with.

    Attributes:
        real: Images that no model was trained on.
        train: Training images, for the share of copies.
        num_classes: Of the data; None where they have no labels.
        class_mismatch: Why the extractor's classes are not those of the data; None where they are,
            or where all that is known of them, their number, agrees.
    """

    real: ImageFeatures
    train: ImageFeatures
    num_classes: int | None
    class_mismatch: str | None = None

    def distance(self, labelled: bool) -> float | None:
        """Between two real images, of one class where generated ones are `labelled` too."""
        return metrics.pair_distance(self.real.images, self.real.labels if labelled else None)

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
class Planned:
    """What is known of generated images before they are drawn.

    Attributes:
        count: How many there are going to be.
        labelled: Whether each is asked for as one of a class.
        groups: How many components they come from, times the classes where they are labelled; None:
            there are none, or it is not known.
    """

    count: int
    labelled: bool
    groups: int | None = None


@dataclasses.dataclass(frozen=True)
class Score:
    """The scores of one computation.

    Attributes:
        names: Of the scores.
        lacks: Says why they cannot be computed of such images; None where they can.
        compute: Computes them, given the settings by name.
        settings: What they depend on beside the images, ready for JSON.
        of_train: Whether they depend on the training images too.
        of_real: The value of real images where it is known beforehand; None: it is computed.
    """

    names: tuple[str, ...]
    lacks: Callable[[Planned, Reference], str | None]
    compute: Callable[..., Values]
    settings: Mapping[str, int | float | bool] = dataclasses.field(default_factory=dict)
    of_train: bool = False
    of_real: float | None = None


def skipped(planned: Planned, reference: Reference) -> dict[str, str]:
    """The names of the scores that cannot be computed, each with the reason."""
    reasons = {}
    for each in SCORES:
        reason = each.lacks(planned, reference)
        if reason is not None:
            reasons |= dict.fromkeys(each.names, reason)
    return reasons


def compute(
    fake: ImageFeatures,
    reference: Reference,
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    done: Callable[[], None] = lambda: None,
) -> Values:
    """Computes the scores of generated images, by name in the order of `SCORES`.

    Args:
        fake: The generated images.
        reference: What they are compared with.
        only: Names of the scores that are wanted; None: all.
        without: Names of scores to leave out, those of `skipped` among them.
        done: Called after each row of `SCORES`.
    """
    values = {}
    for each in SCORES:
        wanted = only is None or set(each.names) & set(only)
        if wanted and not set(each.names) <= set(without):
            values |= each.compute(fake, reference, **each.settings)
        done()
    return values


def settings(name: str, num_train: int) -> dict[str, Any]:
    """What must be equal for two values of a score to compare, beside images and extractor.

    The number of training images is among the settings of a score that depends on them.
    """
    (row,) = (each for each in SCORES if name in each.names)
    return {**row.settings, **({"num_train": num_train} if row.of_train else {})}


def kernel_distance(real: np.ndarray, fake: np.ndarray, seed: int = 0) -> metrics.KernelDistance:
    """KID of features that are divided by the root mean square of the real ones.

    KID's kernel (x.y / F + 1)^3 is made for features with |x|^2 / F near 1, as Inception's are.
    Where it is 10, as of the extractor of MNIST, the cubic term is all that is left of it.

    Args and errors as of `tfmix.metrics.kernel_distance`.
    """
    scale = math.sqrt(np.square(real).mean()) or 1.0
    return metrics.kernel_distance(real / scale, fake / scale, seed)


def quality_and_diversity(fake: ImageFeatures, reference: Reference, seed: int) -> Values:
    """The two scores of GM-GAN (2018), as `tfmix.metrics.quality_diversity` defines them."""
    real = reference.real
    found = metrics.quality_diversity(
        real.features, real.labels, fake.features, fake.predicted, seed=seed
    )
    return {"quality": {"value": found.quality}, "diversity": {"value": found.diversity}}


def _inception(fake: ImageFeatures, reference: Reference, splits: int, seed: int) -> Values:
    found = metrics.inception_score(fake.probs, splits, seed)
    return {"is": {"value": found.value, "splits_mean": found.mean, "splits_std": found.std}}


def _modified_inception(fake: ImageFeatures, reference: Reference) -> Values:
    found = metrics.modified_inception_score(fake.probs)
    return {"mis": {"value": found.value, **_by_class(found), "std_over_classes": found.std}}


def _frechet(fake: ImageFeatures, reference: Reference) -> Values:
    found = metrics.frechet_distance(reference.real.features, fake.features)
    more = {"extrapolated": found.extrapolated, "extrapolated_std_error": found.std_error}
    return {"fid": {"value": found.value, **more}}


def _kernel(fake: ImageFeatures, reference: Reference, scaled: bool, seed: int) -> Values:
    found = kernel_distance(reference.real.features, fake.features, seed)
    return {"kid": {"value": found.value, "std_error": found.std_error}}


def _precision_recall(fake: ImageFeatures, reference: Reference, k: int) -> Values:
    found = metrics.precision_recall(reference.real.features, fake.features, k)
    return {"precision": {"value": found.precision}, "recall": {"value": found.recall}}


def _density_coverage(fake: ImageFeatures, reference: Reference, k: int) -> Values:
    found = metrics.density_coverage(reference.real.features, fake.features, k)
    return {name: {"value": getattr(found, name)} for name in _OF_BALLS}


def _copies(fake: ImageFeatures, reference: Reference) -> Values:
    real, train = reference.real.features, reference.train.features
    share = metrics.copy_share(real, fake.features, train, distance=reference.copy_distance)
    return {"copies": {"value": share}}


def _vendi(fake: ImageFeatures, reference: Reference, images: int, seed: int) -> Values:
    features = fake.features
    if fake.in_file_order:
        features = np.random.default_rng(seed).permutation(features)
    features = features[:images]
    score = metrics.vendi_score(features, reference.bandwidth)
    return {"vendi": {"value": score, "num_images": len(features)}}


def _ms_ssim(fake: ImageFeatures, reference: Reference, pairs: int, seed: int) -> Values:
    images = data.from_uint8(fake.images).numpy()
    found = metrics.ms_ssim(images, fake.predicted, num_pairs=pairs, seed=seed)
    return {"ms_ssim": {"value": found.value, **_by_class(found)}}


def _accuracy(fake: ImageFeatures, reference: Reference) -> Values:
    return {"accuracy": {"value": float((fake.predicted == fake.labels).mean())}}


def _within_spread(fake: ImageFeatures, reference: Reference, seed: int) -> Values:
    labelled, groups = fake.labels is not None, fake.component
    if labelled:
        groups = groups * (fake.labels.max() + 1) + fake.labels
    within = metrics.pair_distance(fake.images, groups, seed=seed)
    return {"within_spread": {"value": within / reference.distance(labelled)}}


def _by_class(found: metrics.ModifiedInceptionScore | metrics.ClassSimilarity) -> dict[str, Any]:
    per_class = [None if math.isnan(each) else each for each in found.per_class]  # JSON has no NaN
    return {"per_class": per_class, "missing": list(found.missing)}


def _no_classes(planned: Planned, reference: Reference) -> str | None:
    return "the extractor knows no classes" if reference.real.probs is None else None


def _no_data_classes(planned: Planned, reference: Reference) -> str | None:
    if reference.num_classes is None:
        return "the data have no labels"
    return reference.class_mismatch


def _no_asked_classes(planned: Planned, reference: Reference) -> str | None:
    unasked = None if planned.labelled else "the model is not asked for classes"
    return unasked or _no_data_classes(planned, reference)


def _at_least(least: int, planned: Planned, reference: Reference) -> str | None:
    num_real, count = len(reference.real.features), planned.count
    few = f"it takes {least} images on each side; there are {num_real} real, {count} generated"
    return few if min(num_real, count) < least else None


def _few_for_splits(planned: Planned, reference: Reference) -> str | None:
    few = f"it takes {_SPLITS} generated images, one for each split; there are {planned.count}"
    return _no_classes(planned, reference) or (few if planned.count < _SPLITS else None)


def _few_for_frechet(planned: Planned, reference: Reference) -> str | None:
    return _at_least(2 * reference.real.features.shape[1], planned, reference)


def _few_for_quality(planned: Planned, reference: Reference) -> str | None:
    reason = _no_data_classes(planned, reference)
    if reason is not None:
        return reason
    counts = np.bincount(reference.real.labels, minlength=reference.num_classes)
    smallest, least = int(counts.min()), _ROWS_A_FEATURE * reference.real.features.shape[1]
    few = f"it takes {least} real images of each class; there are {smallest} of one"
    return few if smallest < least else None


def _few_for_copies(planned: Planned, reference: Reference) -> str | None:
    few = "it takes 2 training images; there is 1" if len(reference.train.features) < 2 else None
    return _at_least(2, planned, reference) or few


def _few_for_pairs(planned: Planned, reference: Reference) -> str | None:
    reason = _no_classes(planned, reference)
    if reason is None and planned.count <= reference.real.probs.shape[1]:
        reason = f"it takes two generated images of a class; there are {planned.count} in all"
    return reason


def _few_for_vendi(planned: Planned, reference: Reference) -> str | None:
    reason = _at_least(_NEIGHBOURS + 1, planned, reference)
    return reason or (None if reference.bandwidth else "the real images coincide")


def _few_for_spread(planned: Planned, reference: Reference) -> str | None:
    if planned.groups is None:
        return "the images come from no components that are known"
    least = 2 * planned.groups
    if planned.count < least:
        which = "component and class" if planned.labelled else "component"
        return f"it takes {least} generated images, two of each {which}; there are {planned.count}"
    return None if reference.distance(planned.labelled) else "no two real images differ"


_OF_BALLS = ("density", "coverage", "clipped_density", "clipped_coverage")
_SPLITS = 10  # of the Inception Score
_SEED = {"seed": 0}  # of splits, blocks, halves, subsets and pairs
QUALITY = Score(("quality", "diversity"), _few_for_quality, quality_and_diversity, _SEED)
SCORES = (
    Score(("is",), _few_for_splits, _inception, {"splits": _SPLITS, **_SEED}),
    Score(("mis",), _no_classes, _modified_inception),
    Score(("fid",), _few_for_frechet, _frechet),
    Score(("kid",), functools.partial(_at_least, 4), _kernel, {"scaled": True, **_SEED}),
    Score(("precision", "recall"), functools.partial(_at_least, 4), _precision_recall, {"k": 3}),
    Score(_OF_BALLS, functools.partial(_at_least, 6), _density_coverage, {"k": 5}),
    QUALITY,
    Score(("copies",), _few_for_copies, _copies, of_train=True, of_real=0.05),
    Score(("vendi",), _few_for_vendi, _vendi, {"images": 1_000, **_SEED}),
    Score(("ms_ssim",), _few_for_pairs, _ms_ssim, {"pairs": 100, **_SEED}),
    Score(("accuracy",), _no_asked_classes, _accuracy),
    Score(("within_spread",), _few_for_spread, _within_spread, _SEED, of_real=1.0),
)
KNOWN_OF_REAL = {
    name: row.of_real for row in SCORES for name in row.names if row.of_real is not None
}
