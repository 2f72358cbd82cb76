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
from tfmix.evaluation import lacking, pixel_pca
from tfmix.evaluation.features import ImageFeatures
from tfmix.evaluation.reference import Planned, Reference

Values = dict[str, dict[str, Any]]  # by name, each with a "value" and what stands beside it


@dataclasses.dataclass(frozen=True)
class Score:
    """The scores of one computation.

    Attributes:
        names: Of the scores.
        lacks: Says why they cannot be computed of such images; None where they can.
        compute: Computes them, given the settings by name.
        settings: What they depend on beside the images, ready for JSON.
        counts: Settings that are numbers of training images, each with its name in
            `Reference.counts`.
        of_real: Gives the values of real images, where training images cannot take the place of
            generated ones; None: they can.
    """

    names: tuple[str, ...]
    lacks: Callable[[Planned, Reference], str | None]
    compute: Callable[..., Values]
    settings: Mapping[str, int | float | bool] = dataclasses.field(default_factory=dict)
    counts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    of_real: Callable[..., Values] | None = None


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


def of_real(
    stand_ins: ImageFeatures,
    reference: Reference,
    *,
    without: Collection[str] = (),
    done: Callable[[], None] = lambda: None,
) -> Values:
    """Computes the scores of real images, what a generator can reach.

    Training images stand in for generated ones, and their classes for components. Scores for which
    they cannot have values of their own.

    Args:
        stand_ins: The training images.
        reference: What they are compared with.
        without: Names of scores to leave out.
        done: Called after each row of `SCORES`.
    """
    own = [each for each in SCORES if each.of_real and not set(each.names) & set(without)]
    planned = Planned(len(stand_ins.features), stand_ins.labels is not None, reference.num_classes)
    without = {
        *without,
        *skipped(planned, reference),
        *(name for each in own for name in each.names),
    }
    as_drawn = dataclasses.replace(stand_ins, component=stand_ins.labels)
    values = compute(as_drawn, reference, without=without, done=done)
    for each in own:
        values |= each.of_real(reference, **each.settings)
    return values


def settings(name: str, counts: Mapping[str, int]) -> dict[str, Any]:
    """What must be equal for two values of a score to compare, beside images and extractor.

    `counts` are those of the `Reference`.
    """
    (row,) = (each for each in SCORES if name in each.names)
    return {**row.settings, **{name: counts[of] for name, of in row.counts.items()}}


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
    found = metrics.precision_recall(
        reference.real.features, fake.features, k, balls=reference.balls(k)
    )
    return {"precision": {"value": found.precision}, "recall": {"value": found.recall}}


def _density_coverage(fake: ImageFeatures, reference: Reference, k: int) -> Values:
    found = metrics.density_coverage(
        reference.real.features, fake.features, k, balls=reference.balls(k)
    )
    return {name: {"value": getattr(found, name)} for name in _BALLS}


def _copies(fake: ImageFeatures, reference: Reference) -> Values:
    real, train = reference.real.features, reference.trained_on.features
    share = metrics.copy_share(real, fake.features, train, distance=reference.copy_distance)
    return {"copies": {"value": share}}


def _likelihood_gap(fake: ImageFeatures, reference: Reference, images: int, seed: int) -> Values:
    real = np.random.default_rng(seed).permutation(reference.real.features)[:images]
    gap = metrics.fld_gap(reference.fitted, real, _some(fake, images, seed))
    return {"fld_gap": {"value": gap}}


def _likelihood_gap_of_real(reference: Reference, **settings: int) -> Values:
    """Of one half of the real images against the other."""
    real = reference.real
    half = len(real.features) // 2
    order = np.random.default_rng(0).permutation(real.features)
    halves = (dataclasses.replace(real, features=part) for part in (order[:half], order[half:]))
    fake, other = halves
    return _likelihood_gap(fake, dataclasses.replace(reference, real=other), **settings)


def _vendi(fake: ImageFeatures, reference: Reference, images: int, seed: int) -> Values:
    features = _some(fake, images, seed)
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


def _intra_cluster(fake: ImageFeatures, reference: Reference) -> Values:
    real = reference.real
    groups = fake.component if fake.labels is None else fake.labels  # classes that were asked for
    found = metrics.intra_cluster_distance(
        real.features, real.labels, fake.features, fake.predicted, groups
    )
    return {"icfid": {"value": found.value, **_by_class(found)}}


def _by_pca(compute: Callable[..., Values]) -> Callable[..., Values]:
    """The same scores, by principal components of pixels."""

    def by_pca(
        fake: ImageFeatures, reference: Reference, components: int, fitted: int, **settings: int
    ) -> Values:
        found = compute(reference.pca(fake), reference.of_pca, **settings)
        return {f"{name}_pca": value for name, value in found.items()}

    return by_pca


def _some(images: ImageFeatures, count: int, seed: int) -> np.ndarray:
    """Features of a random part of at most this many images."""
    features = images.features
    if images.in_file_order:
        features = np.random.default_rng(seed).permutation(features)
    return features[:count]


def _by_class(
    found: metrics.ModifiedInceptionScore | metrics.ClassSimilarity | metrics.IntraClusterDistance,
) -> dict[str, Any]:
    per_class = [None if math.isnan(each) else each for each in found.per_class]  # JSON has no NaN
    return {"per_class": per_class, "missing": list(found.missing)}


def _constant(name: str, value: float) -> Callable[..., Values]:
    return lambda reference, **settings: {name: {"value": value}}


_RECALL, _BALLS = ("precision", "recall"), ("density", "coverage")
_BALLS += tuple(f"clipped_{name}" for name in _BALLS)
_SEED = {"seed": 0}  # of splits, blocks, halves, subsets and pairs
_PCA = {"components": pixel_pca.COMPONENTS, "fitted": pixel_pca.FITTED}
QUALITY = Score(("quality", "diversity"), lacking.quality, quality_and_diversity, _SEED)
SCORES = (
    Score(("is",), lacking.splits, _inception, {"splits": lacking.SPLITS, **_SEED}),
    Score(("mis",), lacking.no_classes, _modified_inception),
    Score(("fid",), lacking.frechet, _frechet),
    Score(("kid",), functools.partial(lacking.at_least, 4), _kernel, {"scaled": True, **_SEED}),
    Score(_RECALL, functools.partial(lacking.at_least, 4), _precision_recall, {"k": 3}),
    Score(_BALLS, functools.partial(lacking.at_least, 6), _density_coverage, {"k": 5}),
    *(
        Score(
            tuple(f"{name}_pca" for name in names),
            lacking.grey_pixels,
            _by_pca(compute),
            {**_PCA, "k": k},
            {"num_train": "split"},
        )
        for names, compute, k in ((_RECALL, _precision_recall, 3), (_BALLS, _density_coverage, 5))
    ),
    QUALITY,
    Score(
        ("copies",),
        lacking.copies,
        _copies,
        counts={"num_train": "trained_on"},
        of_real=_constant("copies", 0.05),
    ),
    Score(
        ("fld_gap",),
        lacking.likelihood,
        _likelihood_gap,
        {"images": 2_000, **_SEED},
        {"num_fitted": "fitted"},
        _likelihood_gap_of_real,
    ),
    Score(("vendi",), lacking.vendi, _vendi, {"images": 1_000, **_SEED}),
    Score(("ms_ssim",), lacking.pairs, _ms_ssim, {"pairs": 100, **_SEED}),
    Score(("accuracy",), lacking.no_asked_classes, _accuracy),
    Score(("icfid",), lacking.clusters, _intra_cluster),
    Score(
        ("within_spread",),
        lacking.spread,
        _within_spread,
        _SEED,
        of_real=_constant("within_spread", 1.0),
    ),
)
