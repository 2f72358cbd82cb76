import dataclasses
import json

import keras
import numpy as np
import pytest

import tfmix

NEED_NO_CLASSES = (
    *("fid", "kid", "precision", "recall", "density", "coverage", "copies", "vendi"),
)
TAKEN = ("is", "mis", "ms_ssim", *NEED_NO_CLASSES)

pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")


class Replay:
    """Samples that are real images: row seed s gives image s mod N."""

    def __init__(self, images):
        self.pixels = tfmix.data.from_uint8(images).numpy()

    def sample(self, num_samples, *, seed):
        assert len(seed) == num_samples
        return self.pixels[np.asarray(seed).astype(np.int64) % len(self.pixels)]


class Blend:
    """Real images, drawn to their class's mean by a knob called scale; a component a class."""

    knobs = ("component", "scale")

    def __init__(self, images):
        self.pixels, self.labels = tfmix.data.from_uint8(images.images).numpy(), images.labels
        self.means = np.stack([self.pixels[self.labels == c].mean(axis=0) for c in range(10)])

    def draw(self, num_samples, *, seed, scale=1.0):
        rows = np.asarray(seed).astype(np.int64) % len(self.pixels)
        means = self.means[self.labels[rows]]
        images = means + scale * (self.pixels[rows] - means)
        return {"images": images, "component": self.labels[rows]}


class Pixels:
    """An extractor whose features are a few pixels, so that quality needs few images a class."""

    name, sha256, image_shape = "pixels", "00", (8, 8, 1)
    num_classes, feature_width = 10, 16

    def __init__(self, classifier):
        self.classifier = classifier

    def probs_and_features(self, images, *, resize=False):
        features = np.float64(tfmix.evaluation.extractors.quantize(images))[:, 1::2, 2:6, 0]
        return self.classifier.probs(images), features.reshape(-1, 16)


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
    assert made["protocol"]["settings"]["precision_recall_k"] == 3
    assert set(made["scores"]) == set(made["floor"])
    assert set(made["scores"]) == {f"{name}500_digits" for name in TAKEN}
    fid = made["scores"]["fid500_digits"]
    values = [run["value"] for run in fid["runs"]]
    assert fid["value"] == pytest.approx(np.mean(values))
    assert fid["std_over_seeds"] == pytest.approx(np.std(values, ddof=1))
    assert fid["interval"][0] < fid["value"] < fid["interval"][1]


def test_what_cannot_be_scored_is_left_out_and_the_report_says_why(extractor, digits):
    made = report(Replay(digits["train"].images), extractor, digits, num_samples=100)
    assert set(made["skipped"]) == {"fid", "quality", "diversity", "accuracy"}
    assert made["skipped"]["fid"] == (
        "it takes 128 images on each side; there are 500 real, 100 generated"
    )
    assert made["skipped"]["quality"].startswith("it takes 256 real images of each class")
    assert "fid100_digits" not in made["scores"]
    assert "curve" not in made


def test_fewer_training_images_than_a_score_needs_leave_it_without_a_floor(extractor, digits):
    few = {**digits, "train": digits["train"].subset(100, seed=0)}
    made = report(Replay(digits["train"].images), extractor, few, sampling_seeds=(0,))
    assert made["protocol"]["num_floor"] == 100
    assert "fid500_digits" in made["scores"]
    assert "fid500_digits" not in made["floor"]


def test_images_without_labels_are_scored(extractor, digits):
    bare = {
        split: dataclasses.replace(images, labels=None, class_names=None)
        for split, images in digits.items()
    }
    made = report(Replay(digits["train"].images), extractor, bare, sampling_seeds=(0,))
    assert made["skipped"]["quality"] == "the data have no labels"
    assert set(made["scores"]) == {f"{name}500_digits" for name in TAKEN}


def test_a_network_that_knows_no_classes_scores_what_needs_none(digits, tmp_path):
    images = keras.Input((8, 8, 1))
    features = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(images))
    keras.Model(images, features).save(tmp_path / "pooled.keras")
    pooled = tfmix.evaluation.load_extractor(tmp_path / "pooled.keras")
    made = report(Replay(digits["train"].images), pooled, digits, sampling_seeds=(0,))
    assert set(made["scores"]) == {f"{name}500_pooled" for name in NEED_NO_CLASSES}
    assert made["skipped"]["is"] == made["skipped"]["mis"] == "the extractor knows no classes"
    assert "components" not in made


def test_copies_of_training_images_are_seen(extractor, digits):
    copied = report(Replay(digits["train"].images), extractor, digits, sampling_seeds=(0,))
    fresh = report(Replay(digits["test"].images), extractor, digits, sampling_seeds=(0,))
    assert copied["scores"]["copies500_digits"]["value"] == 1
    assert fresh["scores"]["copies500_digits"]["value"] == pytest.approx(0.05, abs=0.03)
    nearest = copied["nearest"]
    assert all(each["distance"] < 1e-4 for each in nearest)
    for each in nearest:
        drawn = Replay(digits["train"].images).pixels[each["seed"] % 1297]
        same = tfmix.data.from_uint8(digits["train"].images[each["train_row"]])
        np.testing.assert_array_equal(drawn, same)


def test_a_set_of_generated_images_is_scored_whole(extractor, digits):
    half = digits["train"].subset(400, seed=1)
    made = report(half, extractor, digits, num_samples=400, sampling_seeds=())
    assert made["protocol"]["sampling_seeds"] == ()
    assert made["scores"]["fid400_digits"]["interval"] is None
    assert made["scores"]["accuracy400_digits"]["value"] > 0.99  # its labels: the classes asked for
    assert [set(each) for each in made["nearest"]] == 12 * [{"row", "train_row", "distance"}]
    with pytest.raises(ValueError, match="scored whole"):
        report(half, extractor, digits, num_samples=100, sampling_seeds=())


def test_a_cache_changes_no_score_and_a_damaged_one_is_made_again(
    extractor, digits, tmp_path, caplog
):
    plain = report(Replay(digits["train"].images), extractor, digits, sampling_seeds=(0,))
    for _ in range(2):
        cached = report(
            Replay(digits["train"].images), extractor, digits, sampling_seeds=(0,), cache=tmp_path
        )
        assert cached["scores"] == plain["scores"]
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 3  # test, train, and the part of train for the floor
    whole = kept[0].read_bytes()
    kept[0].write_bytes(whole[: len(whole) // 2])
    caplog.clear()
    again = report(
        Replay(digits["train"].images), extractor, digits, sampling_seeds=(0,), cache=tmp_path
    )
    assert again["scores"] == plain["scores"]
    assert [kept[0].name in record.message for record in caplog.records] == [True]
    assert kept[0].read_bytes() == whole


def test_quality_and_diversity_are_traced_along_scale(extractor, digits):
    """A knob that mixes real images with their class's mean trades one for the other."""
    many = digits["train"]
    sampler = Blend(many)
    made = tfmix.evaluation.evaluate(
        sampler,
        Pixels(extractor),
        many,
        many,
        num_samples=400,
        sampling_seeds=(0,),
        curve=tfmix.evaluation.Curve((0.25, 0.5, 1.0), 400, (0, 1, 2)),
    )
    quality, diversity = (
        [each["value"] for each in made["curve"][name]] for name in ("quality", "diversity")
    )
    assert quality == sorted(quality, reverse=True)
    assert diversity == sorted(diversity)
    assert made["curve"]["finding"] == "Quality falls and diversity rises at every step."
    assert all(each["interval"] is not None for each in made["curve"]["quality"])
    assert np.sum(made["components"]) == 400


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
        ({"num_samples": 1}, "At least 2 images"),
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


def test_sorted_files_are_worth_as_many_different_images_as_shuffled_ones(extractor, digits):
    """Vendi looks at 1,000 rows, and files may lie class by class."""
    by_class = np.argsort(digits["train"].labels, kind="stable")
    bare = dataclasses.replace(digits["train"], labels=None, class_names=None)
    vendi = []
    for order in (by_class, np.random.default_rng(0).permutation(len(by_class))):
        made = dataclasses.replace(bare, images=bare.images[order])
        found = report(made, extractor, digits, num_samples=1297, sampling_seeds=())
        vendi.append(found["scores"]["vendi1297_digits"]["value"])
    assert vendi[0] == pytest.approx(vendi[1], rel=0.05)


def test_a_cache_that_cannot_be_written_is_done_without(extractor, digits, tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    made = report(
        Replay(digits["train"].images),
        extractor,
        digits,
        sampling_seeds=(0,),
        cache=tmp_path / "file",
    )
    assert made["scores"]
    assert all("are not kept" in record.message for record in caplog.records)
    assert len(caplog.records) == 3


def test_a_model_with_classes_has_a_floor_of_accuracy(extractor, digits):
    made = report(
        digits["train"].subset(400, seed=1), extractor, digits, num_samples=400, sampling_seeds=()
    )
    assert made["floor"]["accuracy400_digits"]["value"] > 0.99
