"""What is measured against what: everything that must be equal for two numbers to be compared."""

import dataclasses
import hashlib
import json


@dataclasses.dataclass(frozen=True)
class Protocol:
    """The frozen record of an evaluation; its hash stands in each report.

    Attributes:
        dataset: Name and version of the data, as of `ImageSet.source`.
        split: The split that generated images are held against.
        num_real: Real images.
        num_fake: Generated images for each sampling seed.
        extractor: Name of the extractor.
        extractor_sha256: Of its file.
        sampling_seeds: Seeds of `sample`.
        components: How components are drawn.
        preprocessing: What real and generated images go through before the extractor.
    """

    dataset: str
    split: str
    num_real: int
    num_fake: int
    extractor: str
    extractor_sha256: str
    sampling_seeds: tuple[int, ...]
    components: str = "by the prior's weights"
    preprocessing: str = "clipped to [-1, 1], rounded to uint8, back to float32"

    @property
    def hash(self) -> str:
        """The first 16 hexadecimal digits of the record's SHA-256."""
        record = json.dumps(dataclasses.asdict(self), sort_keys=True)
        return hashlib.sha256(record.encode()).hexdigest()[:16]

    def score_name(self, metric: str) -> str:
        """Names a score with its count and its extractor: fid10k_mnist."""
        count = self.num_fake
        short = f"{count // 1000}k" if count % 1000 == 0 else str(count)
        return f"{metric}{short}_{self.extractor}"
