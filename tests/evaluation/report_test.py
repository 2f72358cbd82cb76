"""Reports from Python; tests/programs/evaluate_test.py has those of models by the program."""

import dataclasses
import functools
import json
import types

import keras
import numpy as np
import pytest

import tfmix
from tests.evaluation.conftest import Replay, refuses
from tfmix.evaluation import comparison, evaluate, features, scores
from tfmix.evaluation.reference import Reference

OF_BALLS = {"precision", "recall", "density", "coverage", "clipped_density", "clipped_coverage"}
NEED_NO_CLASSES = {"fid", "kid", "copies", "fld_gap", "vendi"} | OF_BALLS
NEED_NO_CLASSES |= {f"{name}_pca" for name in OF_BALLS}
OF_EXTRACTOR = {"is", "mis", "ms_ssim"}  # need the extractor's classes, not those of the data

pytestmark = pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")


class Blend:
    """Real images, drawn to their class's mean by `scale`; one component per class."""

    sampling_parameters = types.MappingProxyType({"component": 10, "scale": None})

    def __init__(self, images):
        self.pixels, self.labels = tfmix.data.from_uint8(images.images).numpy(), images.labels
        self.means = np.stack([self.pixels[self.labels == c].mean(axis=0) for c in range(10)])

    def draw(self, num_samples, *, seed, scale=1.0):
        rows = np.asarray(seed).astype(np.int64) % len(self.pixels)
        means, component = self.means[self.labels[rows]], self.labels[rows]
        return {"images": means + scale * (self.pixels[rows] - means), "component": component}

    def sample(self, num_samples, *, seed, scale=1.0):
        return self.draw(num_samples, seed=seed, scale=scale)["images"]


class Pixels(tfmix.evaluation.Extractor):
    """An extractor whose features are a few pixels, so that quality needs few images a class."""

    def __init__(self, classifier):
        self.name, self.sha256, self.image_shape = "pixels", "00", (8, 8, 1)
        self.num_classes, self.class_names, self.feature_width = 10, None, 16
        self.classifier = classifier

    def probs_and_features(self, images, *, resize=False):
        some = np.float64(tfmix.evaluation.extractors.quantize(images))[:, 1::2, 2:6, 0]
        return self.classifier.probs(images), some.reshape(-1, 16)


def report(sampler, extractor, digits, num_samples=200, sampling_seeds=(0,), **options):
    options |= {"num_samples": num_samples, "sampling_seeds": sampling_seeds}
    return evaluate(sampler, digits["test"], train=digits["train"], extractor=extractor, **options)


@pytest.fixture(scope="module")
def made(replay, extractor, digits):
    """The report of training images, of two seeds."""
    return report(replay, extractor, digits, 500, (0, 1))


def test_real_images_score_as_the_reference_and_noise_far_below(made, extractor, digits):
    noise = np.random.default_rng(0).integers(0, 256, digits["train"].images.shape, np.uint8)
    far = report(Replay(noise), extractor, digits, num_samples=500)["scores"]
    reference = made["reference"]["fid500_digits"]["value"]
    near = made["scores"]["fid500_digits"]["value"]
    assert near < 2 * reference < 10 * reference < far["fid500_digits"]["value"]
    assert far["is500_digits"]["value"] < 5 < 9.5 < made["scores"]["is500_digits"]["value"]


def test_a_report_is_json_and_says_what_was_measured(made, extractor):
    made = json.loads(json.dumps(made))
    protocol = made["protocol"]
    assert protocol["extractor_sha256"] == extractor.sha256
    assert (protocol["num_real"], protocol["num_train"], protocol["num_fake"]) == (500, 1297, 500)
    assert made["model"] == {"model": "Replay", "image_shape": [8, 8, 1]}
    assert {"command", "versions", "hardware", "seconds", "hash"} <= made.keys()
    names = {f"{name}500_digits" for name in OF_EXTRACTOR | NEED_NO_CLASSES}
    assert set(made["scores"]) == set(made["reference"]) == names
    assert made["scores"]["precision500_digits"]["settings"] == {"k": 3}
    assert made["scores"]["copies500_digits"]["settings"] == {"num_train": 1297}
    fid = made["scores"]["fid500_digits"]
    assert len({run["value"] for run in fid["runs"]}) == 2  # one of each seed
    assert fid["interval"][0] < fid["value"] < fid["interval"][1]


def test_another_score_changes_the_hash_of_none(made, extractor, digits, replay, monkeypatch):
    more = dataclasses.replace(scores.QUALITY, names=("new",), lacks=lambda *given: None)
    more = dataclasses.replace(more, compute=lambda *given, seed: {"new": {"value": 1.0}})
    monkeypatch.setattr(scores, "SCORES", (more, scores.SCORES[2]))
    again = report(replay, extractor, digits, 500, (3,), curve=tfmix.evaluation.Curve((1.0,)))
    assert set(again["scores"]) == {"new500_digits", "fid500_digits"}
    assert again["scores"]["fid500_digits"]["hash"] == made["scores"]["fid500_digits"]["hash"]
    shown, left_out = comparison.comparable({"before": [made], "after": [again]})
    assert ("fid500_digits" in shown, left_out) == (True, {})
    assert len({score["hash"] for score in made["scores"].values()}) == len(made["scores"])


def test_a_cache_changes_no_score_and_progress_reaches_its_end_once(
    made, replay, extractor, digits, tmp_path
):
    for _ in range(2):
        steps = []
        options = {"cache": tmp_path, "progress": lambda *each, steps=steps: steps.append(each)}
        again = report(replay, extractor, digits, 500, (0, 1), **options)
        assert (again["scores"], again["hash"]) == (made["scores"], made["hash"])
        assert [done for done, _ in steps] == sorted({done for done, _ in steps})
        assert steps[-1][0] == steps[-1][1]
    assert len(list(tmp_path.glob("*.npz"))) == 3  # test, train, and the part for the reference


def test_copies_of_training_images_are_seen(made, extractor, digits, replay):
    fresh = report(Replay(digits["test"].images), extractor, digits)
    assert made["scores"]["copies500_digits"]["value"] == 1
    assert fresh["scores"]["copies200_digits"]["value"] == pytest.approx(0.05, abs=0.04)
    gap, of_real = (made[of]["fld_gap500_digits"]["value"] for of in ("scores", "reference"))
    assert gap < 100 * of_real < 0
    assert fresh["scores"]["fld_gap200_digits"]["value"] > of_real
    for each in made["nearest"]:
        assert each["distance"] < 1e-4
        drawn = replay.sample(1, seed=[each["seed"]])[0]
        same = tfmix.data.from_uint8(digits["train"].images[each["train_row"]])
        np.testing.assert_array_equal(drawn, same)


@pytest.mark.parametrize("choice", ["random", "last"])
def test_copies_and_the_likelihood_gap_are_of_the_images_that_a_model_was_trained_on(
    digits, choice, tmp_path
):
    """Which its provenance says, whatever else is in the training split."""
    train, found = digits["train"], []
    own = train.last(60) if choice == "last" else train.subset(60, seed=3)
    others = train.images[~(train.images[:, None] == own.images).all(axis=(2, 3, 4)).any(axis=1)]
    said = {"dataset": "digits", "train_size": 60, "train_choice": choice, "seed": 3}
    for images, config in ((own.images, {}), (own.images, said), (others, said)):
        drawn = Replay(images)
        described = {"image_shape": [8, 8, 1], "provenance": {"config": config}}
        drawn.describe = lambda described=described: described
        out = {"sampling_seeds": (0,), "out": tmp_path / "report.json"}
        made = evaluate(drawn, "digits", num_samples=100, **out)
        found.append([made["scores"][f"{name}100_digits"] for name in ("copies", "fld_gap")])
        noted = (tmp_path / "report.md").read_text()
        assert ("It is not known which images" in noted) == (not config)
        assert ("are of the 60 images that the model was trained on" in noted) == bool(config)
    copies, gaps = zip(*found, strict=True)
    assert [each["settings"] for each in copies] == [{"num_train": n} for n in (1297, 60, 60)]
    assert [each["settings"]["num_fitted"] for each in gaps] == [1297, 60, 60]
    assert copies[0]["value"] == copies[1]["value"] == 1
    assert copies[2]["value"] < 0.2
    assert gaps[1]["value"] < min(0, 5 * gaps[0]["value"])


def test_what_cannot_be_scored_is_left_out_and_the_report_says_why(extractor, digits, replay):
    fewer = {**digits, "train": digits["train"].subset(90, seed=0)}
    made = report(replay, extractor, fewer, 100)
    unscored = {"fid", "quality", "diversity", "accuracy", "icfid", "within_spread"}
    assert set(made["skipped"]) == unscored
    few = "it takes 128 images on each side; there are 500 real, 100 generated"
    assert made["skipped"]["fid"] == few
    assert made["skipped"]["quality"].startswith("it takes 256 real images of each class")
    assert "fid100_digits" not in made["scores"]
    assert "curve" not in made
    # Fewer training images than a score needs leave it without a reference.
    made = report(replay, extractor, fewer, 130)
    assert made["protocol"]["num_reference"] == 90
    assert "fid130_digits" in made["scores"]
    assert "fid130_digits" not in made["reference"]


def test_without_classes_that_the_extractor_knows_the_other_scores_are_taken(
    extractor, digits, replay
):
    for changes, reason in (
        ({"labels": None, "class_names": None}, "the data have no labels"),
        # As many classes in a folder of one's own are no reason to take them for the extractor's.
        ({"class_names": tuple("abcdefghij")}, "the classes of extractor digits are not those of"),
    ):
        changed = {split: dataclasses.replace(each, **changes) for split, each in digits.items()}
        made = report(replay, extractor, changed, 130)
        assert made["skipped"]["quality"].startswith(reason)
        taken = {name.removesuffix("130_digits") for name in made["scores"]}
        assert taken == OF_EXTRACTOR | NEED_NO_CLASSES


def test_a_network_that_knows_no_classes_scores_what_needs_none(digits, replay, tmp_path):
    pooled = [keras.Input((8, 8, 1)), keras.layers.AveragePooling2D(4), keras.layers.Flatten()]
    keras.Sequential(pooled).save(tmp_path / "pooled.keras")
    made = report(replay, tmp_path / "pooled.keras", digits)
    assert set(made["scores"]) == {f"{name}200_pooled" for name in NEED_NO_CLASSES}
    assert made["skipped"]["is"] == made["skipped"]["mis"] == "the extractor knows no classes"
    assert made["skipped"]["quality"] == "the extractor knows no classes, the data have 10"
    assert "components" not in made


def test_a_set_of_generated_images_is_scored_whole(extractor, digits):
    half = digits["train"].subset(400, seed=1)
    made = report(half, extractor, digits, num_samples=None, sampling_seeds=None)
    assert made["protocol"]["sampling_seeds"] == ()
    assert made["scores"]["fid400_digits"]["interval"] is None
    assert made["scores"]["accuracy400_digits"]["value"] > 0.99  # its labels: the classes asked for
    assert made["reference"]["accuracy400_digits"]["value"] > 0.99
    assert [set(each) for each in made["nearest"]] == 12 * [{"row", "train_row", "distance"}]
    refuses(report, half, extractor, digits, 100, (), said="scored whole")


def test_sorted_files_are_worth_as_many_different_images_as_shuffled_ones(extractor, digits):
    """Vendi looks at 1,000 rows, and files may lie class by class."""
    train = features.of_images(extractor, digits["train"])
    reference, vendi = Reference(train, train, None), []
    by_class = np.argsort(train.labels, kind="stable")
    for order in (by_class, np.random.default_rng(0).permutation(len(by_class))):
        files = dataclasses.replace(train, features=train.features[order])
        vendi.append(scores.compute(files, reference, only=("vendi",))["vendi"]["value"])
    assert vendi[0] == pytest.approx(vendi[1], rel=0.05)


def test_quality_and_diversity_are_traced_along_scale(extractor, digits):
    """A sampler that mixes real images with their class's mean trades one for the other."""
    many = {"test": digits["train"], "train": digits["train"]}
    curve = tfmix.evaluation.Curve((0.25, 0.5, 1.0), 400, (0, 1, 2))
    made = report(Blend(digits["train"]), Pixels(extractor), many, 400, curve=curve)
    quality, diversity = (
        [each["value"] for each in made["curve"][name]] for name in ("quality", "diversity")
    )
    assert quality == sorted(quality, reverse=True)
    assert diversity == sorted(diversity)
    assert made["curve"]["finding"].endswith("Quality falls and diversity rises at every step.")
    ranks = made["curve"]["rank_correlation"]
    assert (ranks["quality"]["value"], ranks["diversity"]["value"]) == (-1, 1)
    assert all(each["interval"] is not None for each in made["curve"]["quality"])
    (of_seed,) = made["scores"]["quality400_pixels"]["runs"]  # seed 0, as the curve's first
    assert made["curve"]["quality"][-1]["runs"][0] == of_seed
    assert np.sum(made["components"]) == 400
    of_class = made["scores"]["within_spread400_pixels"]["value"]  # of components that are classes
    assert 0.6 < of_class < 0.95
    assert made["reference"]["within_spread400_pixels"] == {"value": 1.0}
    apart, of_real = (made[of]["icfid400_pixels"] for of in ("scores", "reference"))
    assert apart["value"] < 3 * of_real["value"]  # and so are those of real images
    assert (len(of_real["per_class"]), of_real["missing"]) == (10, [])


def test_one_component_makes_no_table_of_components(extractor, digits):
    class OneComponent(Replay):
        def draw(self, num_samples, *, seed):
            component = np.zeros(num_samples, np.int32)
            return {"images": self.sample(num_samples, seed=seed), "component": component}

    assert "components" not in report(OneComponent(digits["train"].images), extractor, digits)


def test_without_a_training_set_half_of_the_images_stand_in(digits, replay):
    protocol = evaluate(replay, digits["test"], num_samples=20, sampling_seeds=(0,))["protocol"]
    found = protocol["split"], protocol["num_real"], protocol["num_train"]
    assert found == ("half of train", 250, 250)


def test_a_gan_of_points_is_scored_by_the_modes_that_it_finds():
    gan = tfmix.GAN(
        tfmix.priors.StandardNormal(2),
        tfmix.networks.MLPGenerator(2, 2, widths=(4,)),
        tfmix.networks.MLPDiscriminator(2, widths=(4,)),
    )
    made = evaluate(gan, "ring", num_samples=50, sampling_seeds=(0, 1))
    assert made["model"]["prior"] == "StandardNormal"
    assert len(made["scores"]["modes50"]["runs"]) == 2
    assert made["reference"]["modes50"] == {"value": 8.0}
    refuses(evaluate, gan, "digits", said="The model draws points, and digits")
    twice = functools.partial(evaluate, sampling_seeds=(3, 3))
    refuses(twice, gan, "ring", said="one or more, all different")


def test_refusals_come_before_any_work(digits, replay):
    wide = dataclasses.replace(digits["test"], images=np.zeros([500, 9, 9, 1], np.uint8))
    for dataset, options, said in (
        (None, {}, "does not say what it was trained on"),
        ("ring", {}, "ring is a set of points"),
        (tfmix.data.load("ring"), {}, "the data a set of points"),
        ("digits", {"train": digits["train"]}, "a name brings its own"),
        (wide, {}, r"Images are \[8, 8, 1\], and those of digits \[9, 9, 1\]"),
        ("digits", {"sampling_seeds": ()}, "one or more, all different"),
        ("digits", {"sampling_seeds": (2**40,)}, "A seed lies in"),
        ("digits", {"num_samples": 1}, "At least 2 images"),
    ):
        call = functools.partial(evaluate, **options, progress=pytest.fail)
        refuses(call, replay, dataset, said=said)
