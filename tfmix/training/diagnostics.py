"""Diagnostics of a GAN during training: early signs of mode collapse and of memorising."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial import distance

from tfmix import data, metrics, models
from tfmix.evaluation import collapse as collapses
from tfmix.priors.mixture import LocationScaleMixture

_LOGGER = logging.getLogger(__name__)
_NUM_SAMPLES = 64  # components, samples or pairs of them whose distances are measured
_PAIR_SEEDS = 1, 2  # of the two draws of a pair
_COLLAPSED = 0.05  # sample_spread below which samples count as one
_NUM_IMAGES = 128  # images of each kind that the discriminator is compared on
_SEED = -2  # of the generated images among them
_STANDARD_ERRORS = 3.0  # by which training and generated images have to differ for an r_v
_MEMORIZED = 0.5  # r_v from which held-out images count for generated ones rather than for real
_SUSPECT = 0.9  # r_t from which a discriminator may have memorised, where nothing is held out
_START = 0.1  # share of a run within which a new generator or discriminator may look bad
_NEW = 100  # steps within which it may, however short the run
# What to try first against a collapse; docs/priors.md has more.
_MILDER_PRIOR = "a larger prior.within, or a prior_optimizer of a lower rate"
_MILDER_GAME = "a larger model.r1_penalty, or a lower learning rate"


class Diagnostics:
    """Measures a GAN at the steps of its log, and logs a warning where it collapses or memorises.

    A warning comes once, and again only after the fault had gone. Within the first tenth of a run,
    and within its first 100 steps, there is none of a generator whose samples have never been
    apart, since a new one draws nearly the same for every latent, and none of the discriminator.

    Args:
        config: Of the run.
        train: The training data.
        held_out: Images that are held out of them, if any are.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        train: data.ImageSet | data.PointSet,
        held_out: data.ImageSet | None = None,
    ):
        self.start = max(_START * config["num_steps"], _NEW)
        few = train.subset(min(_NUM_SAMPLES, len(train.values)), seed=0)
        self.real, self.labels = few.values, few.labels
        if self.real.dtype == np.uint8:
            self.real = data.from_uint8(self.real).numpy()
        self.are_images = isinstance(train, data.ImageSet)
        self.train = self.held_out = None
        if held_out is not None:
            both = (train, held_out)
            few = (each.subset(min(_NUM_IMAGES, len(each.images)), seed=0) for each in both)
            self.train, self.held_out = few
        self.memorized = False
        self.collapsed = 0  # what was warned of; 1: within components, 2: all samples are as one
        self.best = 2  # the least collapse that was seen

    def measure(self, gan: models.GAN, step: int, r_t: float) -> dict[str, float]:
        """Gives what `collapse` and `memorizing` measure of the GAN, of which nothing changes.

        Args:
            gan: The GAN that is trained.
            step: Steps it has taken.
            r_t: Mean sign of the discriminator's logits of real data since the last measurement.
        """
        found = collapse(gan.sampled, self.real)
        if self.are_images:  # a component of points may well be one mode
            within = within_spread(gan.sampled, self.real, self.labels)
            found |= {} if within is None else {"within_spread": within}
        self._warn_of_collapse(gan, found, step)
        if self.are_images:  # of points there are new ones at each step
            if self.held_out is not None:
                found |= memorizing(gan, self.train, self.held_out)
            self._warn_of_memorizing(gan, found.get("r_v", 0.0), step, r_t)
        return found

    def _warn_of_collapse(self, gan: models.GAN, found: Mapping[str, float], step: int) -> None:
        spread, within = found.get("sample_spread", 1.0), found.get("within_spread", 1.0)
        collapsed = 2 if spread < _COLLAPSED else int(within < collapses.LIMIT)
        self.best = min(self.best, collapsed)
        if step < self.start and collapsed == self.best:
            collapsed = 0  # it may be new
        if collapsed > self.collapsed:
            of = ("one component", within) if collapsed == 1 else ("all components", spread)
            of_prior = collapsed == 1 and gan.prior.num_components > 1
            _LOGGER.warning(
                "Mode collapse at step %d: the distance between samples of %s is %.2g of the "
                "distance between real images. Try %s.",
                *(step, *of, _MILDER_PRIOR if of_prior else _MILDER_GAME),
            )
        self.collapsed = collapsed

    def _warn_of_memorizing(self, gan: models.GAN, r_v: float, step: int, r_t: float) -> None:
        if self.held_out is None:
            memorized, verb = r_t >= _SUSPECT, "may have"
            reason = f"it takes nearly all of them for real (r_t {r_t:.2f})"
        else:
            memorized, verb = r_v >= _MEMORIZED, "has"
            reason = f"it takes held-out images for generated ones (r_v {r_v:.2f})"
        memorized &= step >= self.start
        if memorized and not self.memorized:
            _LOGGER.warning(
                "The discriminator %s memorised the training images at step %d: %s. Try %smore "
                "images or fewer steps.",
                *(verb, step, reason),
                "" if gan.augmentation.operations else "model.augment=default, ",
            )
        self.memorized = memorized


def collapse(sampler: models.Sampler, real: np.ndarray) -> dict[str, float]:
    """Measures how far apart the components are, in the latent space and in their samples.

    Args:
        sampler: What is trained.
        real: A few training data, [N, ...] on the sampler's scale.

    Returns:
        "component_distance": mean distance from a component's location to the nearest other one,
        for mixtures of locations and scales. Their "within_share", where z has a variance.
        "sample_spread": mean distance between samples, one of each component, divided by that
        between real data: 1 is as varied as the data, 0 means that all samples are the same. It is
        left out where real data have no distance.
    """
    prior, found = sampler.prior, {}
    is_mixture = isinstance(prior, LocationScaleMixture) and prior.num_components > 1
    if is_mixture and (share := prior.within_share) is not None:
        found["within_share"] = share
    if is_mixture:
        apart = distance.squareform(distance.pdist(prior.loc.numpy()))
        np.fill_diagonal(apart, np.inf)
        found["component_distance"] = float(apart.min(axis=1).mean())
    given, few = {}, _NUM_SAMPLES
    if prior.num_components > 1:
        few = min(prior.num_components, few)
        given["component"] = np.linspace(0, prior.num_components - 1, few).astype(np.int32)
    samples = sampler.sample(few, seed=0, **given)
    if apart := _mean_distance(real):
        found["sample_spread"] = _mean_distance(samples) / apart
    return found


def within_spread(
    sampler: models.Sampler, real: np.ndarray | None = None, labels: np.ndarray | None = None
) -> float | None:
    """Measures how far apart two draws of one component are, and of one class where it has classes.

    Components and classes are drawn by their weights.

    Args:
        sampler: What draws images.
        real: A few real images, [N, H, W, C] on the sampler's scale; None: samples of all
            components stand in for them.
        labels: The classes of the real images, ints [N]; None where they have none.

    Returns:
        The mean distance over 64 pairs, divided by that between two real images, which are of one
        class where the sampler has classes and some class has two: 1 is as varied as the data, 0
        means that each component is one image. None where real images have no distance.
    """
    first, second = _PAIR_SEEDS
    drawn = sampler.draw(_NUM_SAMPLES, seed=first)
    again = {each: drawn[each] for each in ("component", "label") if each in drawn}
    pairs = np.concatenate([drawn["images"], sampler.sample(_NUM_SAMPLES, seed=second, **again)])
    if real is None:
        real, labels = drawn["images"], drawn.get("label")
    apart = metrics.pair_distance(real, labels if "label" in drawn else None)
    apart = metrics.pair_distance(real) if apart is None else apart
    within = metrics.pair_distance(pairs, np.tile(np.arange(_NUM_SAMPLES), 2))
    return within / apart if apart else None


def memorizing(gan: models.GAN, train: data.ImageSet, held_out: data.ImageSet) -> dict[str, float]:
    """Compares a discriminator's logits of training images, held-out and generated ones.

    Args:
        gan: What is trained; nothing of it changes.
        train: A few of its training images.
        held_out: A few images that it is not trained on.

    Returns:
        Mean logits "train_logit", "held_out_logit" and, of samples, "sampled_logit"; and "r_v", how
        far held-out images lie on the way from training to generated ones (Karras et al., ADA,
        NeurIPS 2020, equation 1): at 0 they are as training images, and nothing is overfitted; at 1
        they are as generated ones. It is left out where the logits of training and generated images
        do not differ significantly. All are left out where there are too few images for a pack.
    """
    if min(len(train.images), len(held_out.images), _NUM_IMAGES) < gan.critic.packing:
        return {}
    drawn = gan.sampled.draw(min(len(train.images), _NUM_IMAGES), seed=_SEED)
    of_train, of_held_out = (
        gan.logits(data.from_uint8(each.images).numpy(), each.labels) for each in (train, held_out)
    )
    of_samples = gan.logits(drawn["images"], drawn.get("label"))
    means = [float(each.mean()) for each in (of_train, of_held_out, of_samples)]
    found = dict(zip(("train_logit", "held_out_logit", "sampled_logit"), means, strict=True))
    error = math.sqrt(sum(each.var() / len(each) for each in (of_train, of_samples)))
    if of_train.mean() - of_samples.mean() > _STANDARD_ERRORS * error:
        found["r_v"] = (means[0] - means[1]) / (means[0] - means[2])
    return found


def _mean_distance(rows: np.ndarray) -> float:
    apart = distance.pdist(rows.reshape(len(rows), -1))
    return float(apart.mean()) if apart.size else 0.0
