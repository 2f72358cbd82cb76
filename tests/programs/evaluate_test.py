"""Scores of models, of images that other generators made and of a user's own, and comparisons."""

import json

import numpy as np
import pytest
from PIL import Image

import tfmix
from tfmix.evaluation import evaluate


def refused(result, said):
    assert result.code == 2, result
    assert result.err.splitlines() == [result.err.strip()]
    assert said in result.err


@pytest.fixture(scope="module")
def digits():
    return tfmix.data.load("digits").subset(200, seed=1)


@pytest.fixture(scope="module")
def folder(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "pictures"
    folder.mkdir()
    for i, image in enumerate(digits.images):
        Image.fromarray(image[..., 0]).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture(scope="module")
def npz(digits, folder):
    path = folder.parent / "made.npz"
    np.savez(path, images=digits.images)
    return path


def scored(programs, out, *flags):
    result = programs.run("zoo.evaluate", *flags, "--cache=", f"--out={out}")
    assert result.code == 0, result.err
    return json.loads(out.read_text())


def alike(one, other):
    """Whether two reports are equal but for when, by what and of which file they were made."""
    differ = ("command", "seconds", "model")
    reports = [
        {k: v for k, v in json.loads(json.dumps(report)).items() if k not in differ}
        for report in (one, other)
    ]
    return reports[0] == reports[1]


@pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")
def test_the_program_writes_the_report_that_python_gives(programs, tmp_path):
    flags = ["--model=deligan_digits", "--num=130", "--seeds=3,4"]
    made = scored(programs, tmp_path / "r.json", *flags)
    sampler = tfmix.load("deligan_digits")
    again = evaluate(sampler, "digits", num_samples=130, sampling_seeds=(3, 4))
    assert alike(made, again)
    assert made["model"] == again["model"]
    assert made["command"].startswith("python -m zoo.evaluate --model=deligan_digits")
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md", ".png"}


@pytest.mark.filterwarnings("ignore:FID of .* images is biased:UserWarning")
def test_a_folder_and_an_npz_of_the_same_images_score_alike(programs, folder, npz, tmp_path):
    made = scored(programs, tmp_path / "r.json", f"--model={folder}", "--dataset=digits")
    assert made["model"] == {"images": f"folder:{folder}"}
    assert made["scores"]["copies200_digits"]["value"] == 1  # they are training images
    assert alike(made, evaluate(tfmix.data.load(f"npz:{npz}"), "digits"))


def test_a_users_own_pictures_are_scored_by_features_of_another_data_set(
    programs, folder, tmp_path
):
    """Against themselves: the other half stands in for training images."""
    made = scored(programs, tmp_path / "r.json", f"--model={folder}", f"--dataset=folder:{folder}")
    protocol = made["protocol"]
    assert (protocol["split"], protocol["extractor"]) == ("half of train", "mnist")
    assert (protocol["num_real"], protocol["num_train"]) == (100, 100)
    assert "resized with antialiasing" in protocol["preprocessing"]
    assert made["skipped"]["fid"].startswith("it takes 256 images on each side; there are 100 real")
    assert made["skipped"]["is"] == "the extractor knows no classes"
    taken = {name.removesuffix("200_mnist") for name in made["scores"]}
    assert taken == {"kid", "precision", "recall", "density", "coverage", "vendi", "copies"}
    assert "half of train" in (tmp_path / "r.md").read_text()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "name --dataset"),
        (["--dataset=digits", "--num=10"], "--num and --seeds are for models"),
        (["--dataset=ring"], "a set of points"),
        (["--dataset=nosuch"], "nosuch"),
    ],
)
def test_refusals_of_images(programs, npz, tmp_path, flags, said):
    out = tmp_path / "r.json"
    refused(programs.run("zoo.evaluate", f"--model={npz}", f"--out={out}", *flags), said)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--model=deligan_digits", "--image_size=9"], "size of its own"),
        (["--model=deligan_digits", "--seeds=1,x"], "--seeds takes integers"),
        (["--model=nowhere.npz", "--dataset=digits"], "nowhere"),
        (["--model=nowhere/pictures", "--dataset=digits"], "nowhere"),
        (["--compare", "deligan_mnist"], "two models or more"),
        (["--compare", "deligan_mnist", "deligan_digits"], "differ in dataset"),
        (["--compare", "deligan_mnist", "nosuch"], "There is no model at"),
        (["--compare", "deligan_mnist", "nosuch.json"], "There is no report at nosuch.json"),
    ],
)
def test_refusals(programs, flags, said):
    refused(programs.run("zoo.evaluate", *flags), said)


def test_photos_of_several_sizes_are_brought_to_one(programs, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(24):
        noise = np.random.default_rng(i).integers(0, 256, [20, 16 + i, 3], np.uint8)
        Image.fromarray(noise).save(photos / f"{i}.png")
    flags = [f"--model={photos}", f"--dataset=folder:{photos}"]
    refused(programs.run("zoo.evaluate", *flags), "image_size is needed")
    made = scored(programs, tmp_path / "r.json", *flags, "--image_size=24")
    assert made["scores"]["kid24_cifar10"]["value"] is not None


def test_images_that_are_not_square_are_scored_where_they_are_of_one_shape(programs, tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, [24, 8, 12, 3], np.uint8)
    np.savez(tmp_path / "wide.npz", images=wide)
    np.savez(tmp_path / "square.npz", images=wide[:, :, :8])
    for data in ("wide", "square"):  # brought to the data's square
        flags = [f"--model={tmp_path / 'wide.npz'}", f"--dataset=npz:{tmp_path / data}.npz"]
        assert scored(programs, tmp_path / f"{data}.json", *flags)["scores"]


def test_models_are_compared_by_their_stored_reports(programs):
    names = "acgan_mnist", "gmgan_mnist", "supervised_gmgan_mnist"
    result = programs.run("zoo.evaluate", "--compare", *names)
    assert result.code == 0, result.err
    assert "fid10k_mnist" in result.out
    assert "acgan_mnist - gmgan_mnist" in result.out
    assert "gmgan_mnist - supervised_gmgan_mnist" in result.out
    assert "what another training would give is not measured" in result.out
    results = "zoo/results/deligan_mnist", "zoo/results/gan_mnist"
    result = programs.run("zoo.evaluate", "--compare", *results)
    assert "paired bootstrap over the training seeds that both models share" in result.out


def test_what_has_no_report_is_evaluated_for_the_comparison(programs, folder, npz):
    flags = ["--dataset=digits", "--num=200", "--seeds=0", "--cache="]
    result = programs.run("zoo.evaluate", "--compare", "deligan_digits", npz, folder, *flags)
    assert result.code == 0, result.err
    assert "kid200_digits" in result.out
    assert "deligan_digits - made" in result.out
    assert "made - pictures" in result.out
