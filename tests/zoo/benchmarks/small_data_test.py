"""The study of few images: its grid, its table and findings, and a run of it."""

import json
import shutil

import pytest
import tensorflow as tf

from tfmix.programs import presets
from zoo.benchmarks import image_scores, small_data

pytestmark = pytest.mark.slow

SCORES = ("kid", "quality", "diversity", "recall", "coverage", "copies")


def results(prior, augment, kid, size="500"):
    """Results of three seeds."""
    return [
        {
            "title": f"mnist, {size}, {prior}, {augment}",
            "config": "deligan_mnist",
            "seed": seed,
            "changes": {"num_steps": 7, "train_size": int(size)},
            "seconds": 60.0 + seed,
            "scores": {**dict.fromkeys(SCORES, 0.5 + 0.01 * seed), "kid": kid + seed},
        }
        for seed in range(3)
    ]


PLAIN = results("StandardNormal", "none", 60.0)
AUGMENTED = results("StandardNormal", "augmented", 40.0)
MIXTURE = results("DeLiGAN", "none", 60.0)


def test_a_line_gives_means_with_intervals():
    name, seeds, kid, quality, *_, seconds = image_scores.row("plain", PLAIN)
    assert (name, seeds, seconds) == ("plain", "3", "61")
    assert kid == "61 (58.5 to 63.5)"  # Student's t of 60, 61, 62
    assert quality == "0.51 (0.485 to 0.535)"
    assert "(" not in "".join(image_scores.row("alone", PLAIN[:1]))


def test_a_verdict_says_what_differs_and_what_does_not():
    said = image_scores.verdict("A against B", AUGMENTED, PLAIN)
    assert said.startswith("- A against B: **KID -20 (-20 to -20), better**; quality: no diff")
    assert "**KID +20 (20 to 20), worse**" in image_scores.verdict("B to A", PLAIN, AUGMENTED)
    assert "**" not in image_scores.verdict("A against C", PLAIN, MIXTURE)
    assert image_scores.verdict("few", PLAIN[:2], AUGMENTED) == "- few: too few seeds to tell."


def test_the_page_has_a_table_and_findings_for_each_size():
    runs = [*PLAIN, *AUGMENTED, *MIXTURE, *results("DeLiGAN", "none", 30.0, size="2000")]
    record = {"runs": runs, "hardware": "a machine", "command": "python -m this"}
    page = small_data.page(record)
    assert page.index("## mnist, 500 images") < page.index("## mnist, 2,000 images")
    assert "`num_steps=7`" in page
    assert "- augmented against none, StandardNormal: **KID" in page
    assert "- DeLiGAN against StandardNormal, augmentation: none: KID: no difference" in page
    assert "augmented against none, DeLiGAN" not in page  # was not run
    figure = small_data.figures(record)["small_data_mnist"]
    assert [axes.get_title() for axes in figure.axes] == ["KID", *SCORES[1:]]


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--datasets=mnist,moon", "Received: moon"),
        ("--priors=Cauchy", "takes some of StandardNormal, DeLiGAN"),
        ("--sizes=5", "at least 10"),
        ("--sizes=many", "at least 10"),
    ],
)
def test_what_is_not_in_the_grid_is_refused(programs, tmp_path, flag, said):
    result = programs.run("zoo.benchmarks.small_data", flag, f"--out={tmp_path / 'out'}")
    assert result.code == 2
    assert said in result.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def few_of_mnist(tfds_dir, tmp_path):
    """TFDS's folder with the first images of MNIST alone, enough of each class for every score."""
    shutil.copytree(tfds_dir / "mnist", tmp_path / "tfds" / "mnist")
    (about,) = tmp_path.glob("tfds/mnist/*/dataset_info.json")
    told = json.loads(about.read_text())
    for split in told["splits"]:
        (path,) = about.parent.glob(f"mnist-{split['name']}.tfrecord*")
        number = {"train": 300, "test": 6_500}[split["name"]]
        records = [*tf.data.TFRecordDataset(str(path)).take(number).as_numpy_iterator()]
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
        split["shardLengths"] = [f"{number}"]
    about.write_text(json.dumps(told))
    return tmp_path / "tfds"


def test_a_part_of_the_grid_runs(benchmark, tmp_path, few_of_mnist):
    flags = ["--datasets=mnist", "--priors=Student-t", "--augment=augmented", "--sizes=50"]
    folders = [f"--runs={tmp_path / 'runs'}", f"--data_dir={few_of_mnist}"]
    measured, _, plots = benchmark("small_data", "--seeds=1", "--steps=2", *flags, *folders)
    [run] = measured["runs"]
    assert run["changes"]["model"] == presets.get("deligan_mnist").model.to_dict()
    assert run["changes"]["prior"]["name"] == "StudentTMixture"
    assert run["scores"].keys() >= set(SCORES)
    assert plots == ["small_data_mnist"]
