import numpy as np
import pytest

import tfmix


class Replay:
    """Samples that are real images: row seed s gives image s mod N."""

    def __init__(self, images):
        self.pixels = tfmix.data.from_uint8(images).numpy()

    def sample(self, num_samples, *, seed):
        assert len(seed) == num_samples
        return self.pixels[np.asarray(seed).astype(np.int64) % len(self.pixels)]


@pytest.fixture(scope="session")
def digits():
    return {split: tfmix.data.load("digits", split) for split in ("train", "test")}


@pytest.fixture(scope="session")
def extractor():
    return tfmix.evaluation.load_extractor("digits")


@pytest.fixture(scope="session")
def replay(digits):
    return Replay(digits["train"].images)


def refuses(call, *given, said, error=ValueError):
    """Holds that a call ends in an error of one line that says this."""
    with pytest.raises(error, match=said) as raised:
        call(*given)
    assert "\n" not in str(raised.value)
