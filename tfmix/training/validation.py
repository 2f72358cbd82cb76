"""Validation within a run: curves on images that are held out of training, and the best model."""

import logging
import math
from collections.abc import Mapping
from typing import Any

from tfmix import data, metrics, models, seeds
from tfmix.evaluation import default_extractor, features, load_extractor
from tfmix.evaluation.scores import kernel_distance
from tfmix.training.callbacks import Record, check_finite, sampled

_LOGGER = logging.getLogger(__name__)
_MOST = 1_000  # images drawn for one evaluation
_MOST_TRAIN = 5_000  # training images that copies are sought among
_CHUNK = 250  # images drawn and passed through the extractor at a time, which bounds the memory
_SEED = -1  # shares no row with the small seeds that a finished model is scored by


class Validation:
    """Scores a model against images of the training split that it is not trained on.

    As many images are drawn as are held out, at most 1,000, of the same seeds each time. KID is
    unbiased at so few images, so that it is the one to choose by.

    Args:
        images: The images that are held out.
        train: The training images, of which at most 5,000 are looked at for copies.
        config: Of the run; `extractor` names the extractor. Where it is empty,
            `tfmix.evaluation.default_extractor` of `dataset`.

    Attributes:
        images: The images that are held out.
        protocol: What must be equal for two scores to be compared, ready for JSON.

    Raises:
        ValueError: There is no such extractor, or it takes images of another shape.
        OSError: The extractor's file cannot be read.
    """

    def __init__(self, images: data.ImageSet, train: data.ImageSet, config: Mapping[str, Any]):
        self.images = images
        self.extractor = (
            load_extractor(config["extractor"])
            if config["extractor"]
            else default_extractor(config["dataset"], images.images.shape[-1])
        )
        train = train.subset(min(len(train.images), _MOST_TRAIN), 0)
        sets = (images, train)
        found = (features.of_images(self.extractor, each, chunk=_CHUNK) for each in sets)
        self.real, self.train = (each.features for each in found)
        self.copy_distance = metrics.copy_distance(self.real, self.train)
        self.num_fake = min(len(self.real), _MOST)
        self.protocol = {
            "dataset": config["dataset"],
            "split": f"{images.source['split']}, held out",
            "split_seed": config["seed"],
            "extractor": self.extractor.name,
            "extractor_sha256": self.extractor.sha256,
            "num_real": len(self.real),
            "num_fake": self.num_fake,
            "sampling_seed": _SEED,
            "kid_of_scaled_features": True,
        }

    def scores(self, model: models.GAN | models.PixelCNN) -> dict[str, float]:
        """Draws images and scores them; no weight and no metric of the model changes.

        Args:
            model: A GAN, which is sampled by its averaged weights where it keeps them, or a
                PixelCNN, which is slow to sample.

        Returns:
            "val_kid", "val_kid_std_error", "val_precision", "val_recall", "val_coverage" and
            "val_copies", the share of samples nearer to a training image than 95 % of held-out
            images are.
        """
        row_seeds = seeds.row_seeds(_SEED, self.num_fake).numpy()
        fake = features.of_samples(self.extractor, sampled(model), row_seeds, chunk=_CHUNK).features
        kid = kernel_distance(self.real, fake)
        overlap = metrics.precision_recall(self.real, fake)
        return {
            "val_kid": kid.value,
            "val_kid_std_error": kid.std_error,
            "val_precision": overlap.precision,
            "val_recall": overlap.recall,
            "val_coverage": metrics.density_coverage(self.real, fake).coverage,
            "val_copies": metrics.copy_share(
                self.real, fake, self.train, distance=self.copy_distance
            ),
        }

    def check(self, best: Mapping[str, Any] | None) -> None:
        """Checks that a resumed run's best model was chosen by this protocol.

        Raises:
            ValueError: It was chosen by another one: an extractor's file or KID has changed.
        """
        if best is not None and best["protocol"] != self.protocol:
            raise ValueError(
                "The run's best model was chosen by another protocol, whose KID is another number. "
                "Bring back the extractor's file or the version of tfmix, or delete best.json and "
                "best.keras. "
                f"Received: {best['protocol']}, now {self.protocol}."
            )


class ValidationCallback(Record):
    """Scores the model on held-out images, and keeps the best model.

    The scores go to evaluations.jsonl and TensorBoard. A model with a smaller KID than all before
    becomes best.keras, and its scores and protocol best.json. This callback has to come before the
    one that saves checkpoints: then a checkpoint is never newer than the evaluation of its step.

    Args:
        *record: The arguments of `Record`.
        validation: What scores.
    """

    every_key = "evaluate_every"

    def __init__(self, *record: Any, validation: Validation):
        super().__init__(*record)
        self.validation = validation

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Reads the KID to beat."""
        super().on_train_begin(logs)
        best = self.workdir.read_best()
        self.least = math.inf if best is None else best["val_kid"]

    def record(self, logs: dict) -> None:
        """Scores the model; raises TrainingDiverged where a loss or a weight is NaN or Inf."""
        check_finite(self.model, logs, self.step, self.workdir)
        scores = self.validation.scores(self.model)
        self.write_line(self.workdir.evaluations, scores)
        kid, better = scores["val_kid"], scores["val_kid"] < self.least
        best = ", the best so far" if better else ""
        said = (self.step, kid, scores["val_kid_std_error"], best)
        _LOGGER.info("Step %d: val_kid %.4g +- %.2g%s.", *said)
        if better:
            self.least = kid
            record = {"step": self.step, **scores, "protocol": self.validation.protocol}
            self.workdir.save_best(self.model, record)
