"""The record of an evaluation: its images, their number and its extractor."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

# What must be equal in two protocols for their scores to compare. The sampling seeds need not be,
# nor what only one score depends on: that is among the settings of the score.
COMMON = (
    *("dataset", "split", "real_sha256", "num_real", "num_fake"),
    *("extractor", "extractor_sha256", "preprocessing"),
)


@dataclasses.dataclass(frozen=True)
class Curve:
    """Where quality and diversity are measured along the sampling parameter `scale`.

    Attributes:
        scales: Of `sample`.
        num_fake: Generated images for each scale and seed.
        sampling_seeds: Seeds of `sample`.
    """

    scales: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
    num_fake: int = 2_000
    sampling_seeds: tuple[int, ...] = (0, 1, 2)

    @property
    def num_images(self) -> int:
        """Generated images in all."""
        return self.num_fake * len(self.scales) * len(self.sampling_seeds)


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The record of an evaluation; what one score depends on besides stands with the score.

    Attributes:
        dataset: Name and version of the data, as of `ImageSet.source`.
        split: The split that generated images are compared with.
        real_sha256: Of its pixels, the first 16 hexadecimal digits.
        num_real: Real images.
        num_train: Images of the training split.
        num_reference: Training images that are scored as if they were generated.
        num_fake: Generated images for each sampling seed.
        extractor: Name of the extractor.
        extractor_sha256: Of its file.
        sampling_seeds: Seeds of `sample`; none where the images were given.
        components: By what rule components are drawn.
        preprocessing: What real and generated images go through before the extractor.
        curve: Where quality and diversity are measured along `scale`.
    """

    dataset: str
    split: str
    real_sha256: str
    num_real: int
    num_train: int
    num_reference: int
    num_fake: int
    extractor: str
    extractor_sha256: str
    sampling_seeds: tuple[int, ...]
    components: str = "by the prior's weights"
    preprocessing: str = "clipped to [-1, 1], rounded to uint8, back to float32"
    curve: Curve = dataclasses.field(default_factory=Curve)

    @property
    def hash(self) -> str:
        """Of what all scores depend on, the entries of `COMMON`."""
        return _sha256({key: getattr(self, key) for key in COMMON})

    def score_hash(self, metric: str, settings: Mapping[str, Any]) -> str:
        """Of what one score depends on: two values of it compare where this is equal.

        `metric` is its name without count and extractor. What other scores there are, and by which
        settings they are computed, changes nothing.
        """
        return _sha256({"common": self.hash, "metric": metric, "settings": dict(settings)})

    def score_name(self, metric: str) -> str:
        """Names a score with its count and its extractor: fid10k_mnist."""
        return metric + suffix(self.num_fake, self.extractor)


def suffix(num_fake: int, extractor: str) -> str:
    """What the name of a score ends in: its count of images and its extractor."""
    count = f"{num_fake // 1000}k" if num_fake % 1000 == 0 else str(num_fake)
    return f"{count}_{extractor}"


def _sha256(record: Mapping[str, Any]) -> str:
    """The first 16 hexadecimal digits of a record's SHA-256."""
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:16]
