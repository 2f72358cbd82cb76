import json

import numpy as np
import pytest

import tfmix

pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")


class Replay:
    """Samples that are real images: row seed s gives image s mod N."""

    def __init__(self, images):
        self.pixels = tfmix.data.from_uint8(images).numpy()

    def sample(self, num_samples, *, seed):
        assert len(seed) == num_samples
        return self.pixels[np.asarray(seed).astype(np.int64) % len(self.pixels)]


@pytest.fixture(scope="module")
def digits():
    return {split: tfmix.data.load("digits", split) for split in ("train", "test")}


@pytest.fixture(scope="module")
def extractor():
    return tfmix.evaluation.load_extractor("digits")


def report(sampler, extractor, digits, **arguments):
    return tfmix.evaluation.evaluate(
        sampler,
        extractor,
        digits["test"],
        digits["train"],
        **{"num_samples": 500, "sampling_seeds": (0, 1), **arguments},
    )


def test_real_images_score_at_the_floor_and_noise_far_below(extractor, digits):
    noise = np.random.default_rng(0).integers(0, 256, digits["train"].images.shape, np.uint8)
    real = report(Replay(digits["train"].images), extractor, digits)
    far = report(Replay(noise), extractor, digits)
    floor = real["floor"]["fid500_digits"]["value"]
    assert real["scores"]["fid500_digits"]["value"] < 2 * floor
    assert far["scores"]["fid500_digits"]["value"] > 10 * floor
    assert real["scores"]["is500_digits"]["value"] > 9.5
    assert far["scores"]["is500_digits"]["value"] < 5


def test_a_report_is_json_and_says_what_was_measured(extractor, digits):
    made = json.loads(json.dumps(report(Replay(digits["train"].images), extractor, digits)))
    assert made["protocol"]["extractor_sha256"] == extractor.sha256
    assert made["protocol"]["num_real"] == 500
    assert set(made["scores"]) == set(made["floor"])
    assert set(made["scores"]) == {f"{name}500_digits" for name in ("is", "mis", "fid", "kid")}
    values = [run["value"] for run in made["scores"]["fid500_digits"]["runs"]]
    assert made["scores"]["fid500_digits"]["value"] == pytest.approx(np.mean(values))
    assert made["scores"]["fid500_digits"]["std_over_seeds"] == pytest.approx(
        np.std(values, ddof=1)
    )


def test_the_same_seeds_give_the_same_scores(extractor, digits):
    sampler = Replay(digits["train"].images)
    first, second = (report(sampler, extractor, digits) for _ in range(2))
    assert first["scores"] == second["scores"]
    assert first["hash"] == second["hash"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sampling_seeds": ()}, "one or more, all different"),
        ({"sampling_seeds": (3, 3)}, "one or more, all different"),
        ({"sampling_seeds": (2**40,)}, "A seed lies in"),
        ({"num_samples": 100}, "at least 128 images"),
    ],
)
def test_refusals_come_before_any_work(extractor, digits, arguments, said):
    with pytest.raises(ValueError, match=said):
        report(None, extractor, digits, **arguments)


def test_progress_reaches_the_end_once(extractor, digits):
    seen = []
    report(
        Replay(digits["train"].images),
        extractor,
        digits,
        sampling_seeds=(0,),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1][0] == seen[-1][1]
