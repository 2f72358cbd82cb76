"""The study of few images: its grid, its table and findings, and a run of it."""

import json
import shutil

import pytest
import tensorflow as tf
from PIL import Image

from zoo.benchmarks import runs, score_cells, small_data_page
from zoo.benchmarks.runs import Run

pytestmark = pytest.mark.slow

SCORES = ("kid", "coverage", "diversity", "copies")


def result(prior, augment, seed, kid, size="500"):
    return {
        "title": f"mnist, {size}, {prior}, {augment}",
        "config": "deligan_mnist",
        "seed": seed,
        "changes": {"num_steps": 7, "train_size": int(size)},
        "seconds": 60.0 + seed,
        "scores": {**dict.fromkeys(SCORES, 0.5 + 0.01 * seed), "kid": kid},
    }


RESULTS = [
    result(prior, augment, seed, kid + seed)
    for prior, augment, kid in (
        ("StandardNormal", "none", 60.0),
        ("StandardNormal", "DiffAugment", 40.0),
        ("DeLiGAN", "none", 60.0),
    )
    for seed in range(3)
]


def test_a_line_gives_means_with_intervals():
    line = score_cells.row("plain", RESULTS[:3])
    name, seeds, kid, coverage, *_, seconds = line
    assert (name, seeds, seconds) == ("plain", "3", "61")
    assert kid == "61 (58.5 to 63.5)"  # Student's t of 60, 61, 62
    assert coverage == "0.51 (0.485 to 0.535)"
    assert "(" not in "".join(score_cells.row("alone", RESULTS[:1]))


def test_a_verdict_says_what_differs_and_what_does_not():
    plain, augmented, mixture = (RESULTS[i : i + 3] for i in (0, 3, 6))
    said = score_cells.verdict("A against B", augmented, plain)
    assert said.startswith("- A against B: **KID -20 (-20 to -20), better**; coverage: no diff")
    assert "**KID +20 (20 to 20), worse**" in score_cells.verdict("B against A", plain, augmented)
    assert "**" not in score_cells.verdict("A against C", plain, mixture)
    assert score_cells.verdict("few", plain[:2], augmented) == "- few: too few seeds to tell."


def test_the_page_has_a_table_and_findings_for_each_size():
    more = [result("DeLiGAN", "none", seed, 30.0, size="2000") for seed in range(3)]
    record = {"runs": [*RESULTS, *more], "hardware": "a machine", "command": "python -m this"}
    page = small_data_page.page(record)
    assert page.index("## mnist, 500 images") < page.index("## mnist, 2,000 images")
    assert "`num_steps=7`" in page
    assert "- DiffAugment against none, StandardNormal: **KID" in page
    assert "- DeLiGAN against StandardNormal, augmentation: none: KID: no difference" in page
    assert "DiffAugment against none, DeLiGAN" not in page  # was not run
    figure = small_data_page.plot(record["runs"], "mnist")
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


def test_a_part_of_the_grid_runs(programs, tmp_path, few_of_mnist):
    arguments = [
        *("zoo.benchmarks.small_data", "--datasets=mnist", "--priors=Student-t", "--sizes=50"),
        *("--augment=DiffAugment", "--seeds=1", "--steps=2", f"--out={tmp_path / 'out'}"),
        *(f"--runs={tmp_path / 'runs'}", f"--data_dir={few_of_mnist}"),
    ]
    first = programs.run(*arguments)
    assert first.code == 0, first.err
    (kept,) = (tmp_path / "runs").glob("*/result.json")
    run = json.loads(kept.read_text())
    assert run["changes"]["model"] == {"name": "GAN", "augment": "default"}
    assert run["scores"].keys() >= set(SCORES)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "small_data.json",
        "small_data.md",
        "small_data_mnist.png",
    ]
    with Image.open(tmp_path / "out" / "small_data_mnist.png") as picture:
        assert picture.size[0] > 400


def test_a_result_of_another_budget_is_not_taken_for_this_one(tmp_path):
    path, run = tmp_path / "result.json", Run("gan_mnist", 0, {"num_steps": 7}, "some")
    assert not runs._holds(path, run)
    path.write_text(json.dumps(result("DeLiGAN", "none", 0, 1.0)))
    assert not runs._holds(path, run)
    path.write_text(json.dumps({"config": "gan_mnist", "seed": 0, "changes": {"num_steps": 7}}))
    assert runs._holds(path, run)
    assert not runs._holds(path, run._replace(changes={"num_steps": 8}))
